"""Sequences of different lengths as one padded batch, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from kytorch.nn.recurrent.layers import Lengths
from kytorch.ops.create import full
from kytorch.ops.join import cat, stack, unbind
from kytorch.tensor.core import Tensor
from kytorch.tensor.errors import not_tensors


def pad_sequence(
    sequences: Sequence[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: Literal["right", "left"] = "right",
) -> Tensor:
    """Sequences of shape (length, ...) as one Tensor of (time, batch, ...), or (batch, time, ...) with `batch_first`.

    The time is that of the longest; the others have the `padding_value` behind them, or with "left" before them. Raises
    ValueError where the sequences differ in more than their length.
    """
    if padding_side not in ("right", "left"):
        raise ValueError(f"pad_sequence: padding_side is to be 'right' or 'left', not {padding_side!r}")
    if isinstance(sequences, Tensor):
        sequences = unbind(sequences)
    if not len(sequences):
        raise ValueError("pad_sequence: expected at least one sequence")
    for x in sequences:
        if type(x) is not Tensor:
            raise not_tensors("pad_sequence", x)
        if not x.ndim or x.shape[1:] != sequences[0].shape[1:] or x.dtype != sequences[0].dtype:
            shapes = ", ".join(f"{x.shape} of {x.dtype}" for x in sequences)
            raise ValueError(f"pad_sequence: expected sequences that differ in their first size only, not {shapes}")
    steps = max(len(x) for x in sequences)
    padded: list[Tensor] = []
    for x in sequences:
        if rest := steps - len(x):
            padding = full((rest, *x.shape[1:]), padding_value, dtype=x.dtype)
            x = cat([x, padding] if padding_side == "right" else [padding, x])
        padded.append(x)
    return stack(padded, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Tensor, lengths: Lengths, batch_first: bool = False) -> list[Tensor]:
    """The sequences that `pad_sequence` made a batch of. Raises ValueError unless there is a length for each."""
    if type(padded_sequences) is not Tensor:
        raise not_tensors("unpad_sequence", padded_sequences)
    ends = np.asarray(lengths._data if type(lengths) is Tensor else lengths)
    shape = padded_sequences.shape
    batch, steps = (shape[0], shape[1]) if batch_first else (shape[1], shape[0])
    if ends.shape != (batch,):
        raise ValueError(f"unpad_sequence: expected lengths of shape ({batch},), not {ends.shape}")
    if ends.dtype.kind not in "iu":
        raise TypeError(f"unpad_sequence: lengths are integers, not {ends.dtype}")
    if ends.size and (ends.min() < 0 or ends.max() > steps):
        raise ValueError(f"unpad_sequence: lengths are between 0 and the {steps} steps, not {ends}")
    every = unbind(padded_sequences, 0 if batch_first else 1)
    return [x[: int(n)] for x, n in zip(every, ends)]
