"""Shapes as methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from kytorch.tensor.methods.registry import Registered


class ShapeMethods(Registered):
    """Shapes as methods."""

    __slots__ = ()

    def reshape(self, *shape: int | Sequence[int]) -> Self:
        """The same elements in another shape; one size may be -1."""
        return self._call("reshape", *shape)

    def transpose(self, dim0: int, dim1: int) -> Self:
        """self with two dimensions swapped."""
        return self._call("transpose", dim0, dim1)

    def permute(self, *dims: int | Sequence[int]) -> Self:
        """self with its dimensions in the order `dims`."""
        return self._call("permute", *dims)

    @property
    def T(self) -> Self:
        """self with its dimensions reversed."""
        return self._call("reversed_dims")

    @property
    def mT(self) -> Self:
        """self with its last two dimensions swapped."""
        return self._call("transpose", -2, -1)

    def squeeze(self, dim: int | Sequence[int] | None = None) -> Self:
        """self without its dimensions of size 1, or without those of `dim` that are."""
        return self._call("squeeze", dim)

    def unsqueeze(self, dim: int) -> Self:
        """self with a dimension of size 1 put in at `dim`."""
        return self._call("unsqueeze", dim)

    def expand(self, *shape: int | Sequence[int]) -> Self:
        """self repeated along dimensions of size 1; -1 leaves a size as it is."""
        return self._call("expand", *shape)

    def sum_to_size(self, *shape: int | Sequence[int]) -> Self:
        """self summed over the dimensions along which `shape` broadcasts to self's."""
        return self._call("sum_to_size", *shape)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Self:
        """self with the dimensions from `start_dim` to `end_dim` made one."""
        return self._call("flatten", start_dim, end_dim)
