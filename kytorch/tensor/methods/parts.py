"""Parts, diagonals and moved elements as methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from kytorch.tensor.methods.registry import METHODS, Registered


class PartMethods(Registered):
    """Parts, diagonals and moved elements as methods."""

    __slots__ = ()

    def split(self, split_size: int | Sequence[int], dim: int = 0) -> tuple[Self, ...]:
        """Parts along `dim`: each of `split_size`, the last maybe smaller, or of the sizes in a list."""
        parts: tuple[Self, ...] = METHODS["split"](self, split_size, dim)
        return parts

    def chunk(self, chunks: int, dim: int = 0) -> tuple[Self, ...]:
        """At most `chunks` parts along `dim`, of equal sizes but for the last."""
        parts: tuple[Self, ...] = METHODS["chunk"](self, chunks, dim)
        return parts

    def tensor_split(self, indices_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Self, ...]:
        """Parts along `dim`: so many, or cut before each index of a list."""
        parts: tuple[Self, ...] = METHODS["tensor_split"](self, indices_or_sections, dim)
        return parts

    def unbind(self, dim: int = 0) -> tuple[Self, ...]:
        """The parts along `dim`, without that dimension."""
        parts: tuple[Self, ...] = METHODS["unbind"](self, dim)
        return parts

    def narrow(self, dim: int, start: int, length: int) -> Self:
        """`length` elements along `dim`, from `start` on."""
        return self._call("narrow", dim, start, length)

    def select(self, dim: int, index: int) -> Self:
        """self at `index` along `dim`, without that dimension."""
        return self._call("select", dim, index)

    def unfold(self, dimension: int, size: int, step: int) -> Self:
        """The windows of `size` elements along `dimension`, `step` apart, each as a new last dimension."""
        return self._call("unfold", dimension, size, step)

    def flip(self, dims: int | Sequence[int] = (), *more: int) -> Self:
        """self backwards along `dims`."""
        return self._call("flip", dims, *more)

    def fliplr(self) -> Self:
        """self backwards along its second dimension."""
        return self._call("fliplr")

    def flipud(self) -> Self:
        """self backwards along its first dimension."""
        return self._call("flipud")

    def roll(self, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Self:
        """self moved by `shifts` along `dims`, what leaves at one end coming in at the other."""
        return self._call("roll", shifts, dims)

    def rot90(self, k: int = 1, dims: Sequence[int] = (0, 1)) -> Self:
        """self turned `k` times by 90 degrees in the plane of two `dims`."""
        return self._call("rot90", k, dims)

    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Self:
        """The elements whose index in `dim2` is `offset` greater than that in `dim1`, as the last dimension."""
        return self._call("diagonal", offset, dim1, dim2)

    def diag(self, diagonal: int = 0) -> Self:
        """The matrix that has a vector as a diagonal, or a diagonal of a matrix."""
        return self._call("diag", diagonal)

    def diag_embed(self, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Self:
        """Matrices with self's last dimension as their diagonal."""
        return self._call("diag_embed", offset, dim1, dim2)

    def trace(self) -> Self:
        """The sum of the diagonal of a matrix."""
        return self._call("trace")

    def tril(self, diagonal: int = 0) -> Self:
        """The matrices up to and with a diagonal; 0 above it."""
        return self._call("tril", diagonal)

    def triu(self, diagonal: int = 0) -> Self:
        """The matrices from a diagonal on; 0 below it."""
        return self._call("triu", diagonal)
