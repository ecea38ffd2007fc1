"""Shapes, the order of dimensions and repetition as methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from kytorch.tensor.methods.registry import Registered
from kytorch.tensor.values import Array


class ShapeMethods(Registered):
    """Shapes, the order of dimensions and repetition as methods."""

    __slots__ = ()

    def clone(self) -> Self:
        """self: what cannot change needs no copy."""
        return self

    def contiguous(self) -> Self:
        """self: operations take every layout in memory."""
        return self

    def reshape(self, shape: int | Sequence[int] = (), *more: int) -> Self:
        """The same elements in another shape; one size may be -1."""
        return self._call("reshape", shape, *more)

    def view(self, size: int | Sequence[int] = (), *more: int) -> Self:
        """The same elements in another shape, as reshape."""
        return self._call("view", size, *more)

    def reshape_as(self, other: Self) -> Self:
        """self in the shape of `other`."""
        return self._call("reshape_as", other)

    def view_as(self, other: Self) -> Self:
        """self in the shape of `other`."""
        return self._call("view_as", other)

    def ravel(self) -> Self:
        """The elements along one dimension."""
        return self._call("ravel")

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Self:
        """self with the dimensions from `start_dim` to `end_dim` made one."""
        return self._call("flatten", start_dim, end_dim)

    def unflatten(self, dim: int, sizes: Sequence[int]) -> Self:
        """self with the dimension `dim` made several, of `sizes`; one may be -1."""
        return self._call("unflatten", dim, sizes)

    def squeeze(self, dim: int | Sequence[int] | None = None) -> Self:
        """self without its dimensions of size 1, or without those of `dim` that are."""
        return self._call("squeeze", dim)

    def unsqueeze(self, dim: int) -> Self:
        """self with a dimension of size 1 put in at `dim`."""
        return self._call("unsqueeze", dim)

    def transpose(self, dim0: int, dim1: int) -> Self:
        """self with two dimensions swapped."""
        return self._call("transpose", dim0, dim1)

    def swapaxes(self, axis0: int, axis1: int) -> Self:
        """self with two dimensions swapped."""
        return self._call("swapaxes", axis0, axis1)

    def t(self) -> Self:
        """A matrix transposed; what has fewer dimensions as it is."""
        return self._call("t")

    @property
    def T(self) -> Self:
        """self with its dimensions reversed."""
        return self._call("reversed_dims")

    @property
    def mT(self) -> Self:
        """self with its last two dimensions swapped."""
        return self._call("transpose", -2, -1)

    def permute(self, dims: int | Sequence[int] = (), *more: int) -> Self:
        """self with its dimensions in the order `dims`."""
        return self._call("permute", dims, *more)

    def movedim(self, source: int | Sequence[int], destination: int | Sequence[int]) -> Self:
        """self with the dimensions `source` moved to `destination`."""
        return self._call("movedim", source, destination)

    def moveaxis(self, source: int | Sequence[int], destination: int | Sequence[int]) -> Self:
        """self with the dimensions `source` moved to `destination`."""
        return self._call("moveaxis", source, destination)

    def expand(self, size: int | Sequence[int] = (), *more: int) -> Self:
        """self repeated along dimensions of size 1; -1 leaves a size as it is."""
        return self._call("expand", size, *more)

    def expand_as(self, other: Self) -> Self:
        """self repeated to the shape of `other`."""
        return self._call("expand_as", other)

    def broadcast_to(self, size: Sequence[int]) -> Self:
        """self repeated to `size`."""
        return self._call("broadcast_to", size)

    def sum_to_size(self, size: int | Sequence[int] = (), *more: int) -> Self:
        """self summed over the dimensions along which `size` broadcasts to self's shape."""
        return self._call("sum_to_size", size, *more)

    def repeat(self, repeats: int | Sequence[int] = (), *more: int) -> Self:
        """self repeated as a whole so many times along each dimension."""
        return self._call("repeat", repeats, *more)

    def tile(self, dims: int | Sequence[int] = (), *more: int) -> Self:
        """self repeated as a whole so many times along its last dimensions."""
        return self._call("tile", dims, *more)

    def repeat_interleave(self, repeats: int | Self | Array | Sequence[int], dim: int | None = None) -> Self:
        """Each element along `dim` repeated so many times; without `dim`, self flattened."""
        return self._call("repeat_interleave", repeats, dim)
