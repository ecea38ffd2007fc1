"""Reductions as methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self, overload

from kytorch.tensor.methods.answers import ValuesAndIndices
from kytorch.tensor.methods.registry import METHODS, Registered


class ReductionMethods(Registered):
    """Reductions as methods."""

    __slots__ = ()

    def sum(self, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Self:
        """The sum over `dim`, or over all."""
        return self._call("sum", dim, keepdim)

    def mean(self, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Self:
        """The mean over `dim`, or over all."""
        return self._call("mean", dim, keepdim)

    def var(self, dim: int | Sequence[int] | None = None, *, correction: float = 1, keepdim: bool = False) -> Self:
        """The variance over `dim`, or over all: squared deviations' sum over n - correction."""
        result: Self = METHODS["var"](self, dim, correction=correction, keepdim=keepdim)
        return result

    @overload
    def max(self) -> Self: ...
    @overload
    def max(self, dim: int, keepdim: bool = False) -> ValuesAndIndices[Self]: ...
    def max(self, dim: int | None = None, keepdim: bool = False) -> Self | ValuesAndIndices[Self]:
        """The greatest element, or along `dim` the greatest ones and where they are."""
        result: Self | ValuesAndIndices[Self] = METHODS["max"](self, dim, keepdim)
        return result

    @overload
    def min(self) -> Self: ...
    @overload
    def min(self, dim: int, keepdim: bool = False) -> ValuesAndIndices[Self]: ...
    def min(self, dim: int | None = None, keepdim: bool = False) -> Self | ValuesAndIndices[Self]:
        """The least element, or along `dim` the least ones and where they are."""
        result: Self | ValuesAndIndices[Self] = METHODS["min"](self, dim, keepdim)
        return result
