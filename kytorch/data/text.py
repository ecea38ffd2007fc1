"""Text as numbers: a vocabulary of characters, and a sequence in windows to predict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from kytorch.data.datasets import TensorDataset
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.dims import count_of
from kytorch.tensor.values import Array


class Characters:
    """A vocabulary: the characters of `text`, each once, in the order of their code points.

    `characters` has them as one string, from which the same vocabulary is made again: a checkpoint's metadata can
    keep it.
    """

    __slots__ = ("_codes", "characters")

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"Characters: expected a str, not {type(text).__name__}")
        if not text:
            raise ValueError("Characters: the text has no characters")
        self.characters: Final = "".join(sorted(set(text)))
        self._codes = _codes(self.characters)

    def __len__(self) -> int:
        return len(self.characters)

    def __repr__(self) -> str:
        return f"Characters({self.characters!r})"

    def encode(self, text: str) -> Tensor:
        """The number of each character, int64. Raises ValueError, which names them, for those that are unknown."""
        if not isinstance(text, str):
            raise TypeError(f"encode: expected a str, not {type(text).__name__}")
        codes = _codes(text)
        numbers = np.searchsorted(self._codes, codes)
        numbers[numbers == len(self)] = 0
        if (unknown := codes[self._codes[numbers] != codes]).size:
            named = ", ".join([repr(chr(code)) for code in np.unique(unknown)[:20].tolist()])
            raise ValueError(f"encode: not among the {len(self)} characters of the vocabulary: {named}")
        return make(numbers.astype(np.int64, copy=False), CONSTANT)

    def decode(self, numbers: Tensor | Array | Sequence[int]) -> str:
        """The text of these numbers. Raises IndexError for one that is no character's."""
        given = np.asarray(numbers)
        if given.ndim != 1:
            raise ValueError(f"decode: expected one dimension, not shape {given.shape}")
        if given.dtype.kind not in "iu" and given.size:
            raise TypeError(f"decode: expected ints, not {given.dtype}")
        wrong = given[(given < 0) | (given >= len(self))]
        if wrong.size:
            raise IndexError(f"decode: {wrong[0]} is not the number of one of {len(self)} characters")
        return "".join([self.characters[i] for i in given.tolist()])


def _codes(text: str) -> Array:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def windows(sequence: Tensor, context: int, stride: int | None = None) -> TensorDataset:
    """Parts of `sequence` to predict: item i is the `context` elements from i * `stride` on, and those one further on.

    A model learns from the first to predict the second. Without `stride` the parts follow one another, so that each
    element is predicted once; what is left at the end is left out. Nothing is copied.
    """
    if type(sequence) is not Tensor:
        raise TypeError(f"windows: expected a Tensor, as Characters.encode gives, not {type(sequence).__name__}")
    length = count_of("windows", "context", context)
    step = length if stride is None else count_of("windows", "stride", stride)
    if not length or not step or not sequence.ndim or len(sequence) <= length:
        raise ValueError(
            f"windows: a context of {length} and a stride of {step} in a sequence of shape {sequence.shape}; expected "
            "both to be 1 or more, and the sequence to be longer than the context"
        )
    both = sequence.unfold(0, length + 1, step).movedim(-1, 1)
    return TensorDataset(both[:, :-1], both[:, 1:])
