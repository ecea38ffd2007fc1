"""The arrays of a module that are not trained."""

from __future__ import annotations

import numpy.typing as npt

from kytorch.tensor.cell import Cell
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.reading import reading
from kytorch.tensor.values import Nested, to_array


class Buffer(Cell):
    """An array that belongs to a module's state and is not trained, such as a running mean.

    Unless it is `persistent`, it is left out of `state_dict()`.
    """

    __slots__ = ("persistent",)
    _noun = "buffer"

    def __init__(self, data: Tensor | Nested, dtype: npt.DTypeLike | None = None, *, persistent: bool = True) -> None:
        self.persistent = persistent
        self._data = to_array(data._data if isinstance(data, Tensor) else data, dtype)

    def tensor(self) -> Tensor:
        """The buffer's value now, a constant."""
        own = make(self._data, CONSTANT)
        return own if (how := reading.get()) is None else how(self, own)

    def update(self, data: Tensor | Nested) -> None:
        """Replace the value by a copy of `data`, of the same shape, in the buffer's dtype."""
        array = to_array(data._data if isinstance(data, Tensor) else data, self.dtype)
        if array.shape != self.shape:
            raise ValueError(f"update: the buffer has shape {self.shape}, the new value {array.shape}")
        self._replace(array)

    def __repr__(self) -> str:
        return f"Buffer({self.tensor()!r})"
