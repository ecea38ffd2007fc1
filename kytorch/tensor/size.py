"""The number of elements, as NumPy has it, and the sizes of the dimensions, as PyTorch has them, under one name."""

from __future__ import annotations

from typing import Self, overload

from kytorch.tensor.dims import one_dim
from kytorch.tensor.values import Shape


class Size(int):
    """The number of elements; called, the shape, or the size of one dimension: `x.size`, `x.size()`, `x.size(0)`."""

    _shape: Shape

    def __new__(cls, n: int, shape: Shape) -> Self:
        size = int.__new__(cls, n)
        size._shape = shape
        return size

    @overload
    def __call__(self) -> Shape: ...
    @overload
    def __call__(self, dim: int) -> int: ...
    def __call__(self, dim: int | None = None) -> Shape | int:
        return self._shape if dim is None else self._shape[one_dim("size", dim, len(self._shape))]

    def __reduce__(self) -> tuple[type[int], tuple[int]]:
        return int, (int(self),)
