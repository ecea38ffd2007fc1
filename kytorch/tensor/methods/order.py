"""Running sums, order and counts as methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self, overload

import numpy.typing as npt

from kytorch.tensor.methods.answers import ValuesAndIndices
from kytorch.tensor.methods.registry import METHODS, Registered
from kytorch.tensor.values import Array

Yes = Literal[True]
No = Literal[False]


class OrderMethods(Registered):
    """Running sums, order and counts as methods."""

    __slots__ = ()

    def cumsum(self, dim: int, *, dtype: npt.DTypeLike | None = None) -> Self:
        """The running sum along `dim`."""
        result: Self = METHODS["cumsum"](self, dim, dtype=dtype)
        return result

    def cumprod(self, dim: int, *, dtype: npt.DTypeLike | None = None) -> Self:
        """The running product along `dim`."""
        result: Self = METHODS["cumprod"](self, dim, dtype=dtype)
        return result

    def logcumsumexp(self, dim: int) -> Self:
        """log of the running sum of e^x along `dim`, without overflow."""
        return self._call("logcumsumexp", dim)

    def cummax(self, dim: int) -> ValuesAndIndices[Self]:
        """The greatest element so far along `dim`, and the last place so far where it is."""
        result: ValuesAndIndices[Self] = METHODS["cummax"](self, dim)
        return result

    def cummin(self, dim: int) -> ValuesAndIndices[Self]:
        """The least element so far along `dim`, and the last place so far where it is."""
        result: ValuesAndIndices[Self] = METHODS["cummin"](self, dim)
        return result

    def diff(
        self, n: int = 1, dim: int = -1, prepend: Self | Array | None = None, append: Self | Array | None = None
    ) -> Self:
        """x[1:] - x[:-1] along `dim`, `n` times, after `prepend` and `append` are joined to x."""
        return self._call("diff", n, dim, prepend, append)

    def sort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> ValuesAndIndices[Self]:
        """The elements along `dim` in order, and where they were."""
        result: ValuesAndIndices[Self] = METHODS["sort"](self, dim, descending, stable)
        return result

    def argsort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> Self:
        """The indices that put self in order along `dim`: a constant."""
        return self._call("argsort", dim, descending, stable)

    def topk(self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> ValuesAndIndices[Self]:
        """The `k` greatest elements along `dim`, or the least, and where they are."""
        result: ValuesAndIndices[Self] = METHODS["topk"](self, k, dim, largest, sorted)
        return result

    def kthvalue(self, k: int, dim: int = -1, keepdim: bool = False) -> ValuesAndIndices[Self]:
        """The `k`-th least element along `dim`, counted from 1, and the first place where it is."""
        result: ValuesAndIndices[Self] = METHODS["kthvalue"](self, k, dim, keepdim)
        return result

    @overload
    def median(self, dim: None = None) -> Self: ...
    @overload
    def median(self, dim: int, keepdim: bool = False) -> ValuesAndIndices[Self]: ...
    def median(self, dim: int | None = None, keepdim: bool = False) -> Self | ValuesAndIndices[Self]:
        """The middle element, of two the lesser, or along `dim` the middle ones and where they are."""
        result: Self | ValuesAndIndices[Self] = METHODS["median"](self, dim, keepdim)
        return result

    @overload
    def nanmedian(self, dim: None = None) -> Self: ...
    @overload
    def nanmedian(self, dim: int, keepdim: bool = False) -> ValuesAndIndices[Self]: ...
    def nanmedian(self, dim: int | None = None, keepdim: bool = False) -> Self | ValuesAndIndices[Self]:
        """As `median`, of those elements that are not NaN."""
        result: Self | ValuesAndIndices[Self] = METHODS["nanmedian"](self, dim, keepdim)
        return result

    def quantile(
        self,
        q: Self | float | Sequence[float],
        dim: int | None = None,
        keepdim: bool = False,
        *,
        interpolation: str = "linear",
    ) -> Self:
        """The value at the place q (n - 1) in the order of the n elements along `dim`, or of all."""
        result: Self = METHODS["quantile"](self, q, dim, keepdim, interpolation=interpolation)
        return result

    def nanquantile(
        self,
        q: Self | float | Sequence[float],
        dim: int | None = None,
        keepdim: bool = False,
        *,
        interpolation: str = "linear",
    ) -> Self:
        """As `quantile`, of those elements that are not NaN."""
        result: Self = METHODS["nanquantile"](self, q, dim, keepdim, interpolation=interpolation)
        return result

    @overload
    def unique(
        self, sorted: bool = True, return_inverse: No = False, return_counts: No = False, dim: int | None = None
    ) -> Self: ...
    @overload
    def unique(
        self, sorted: bool = True, *, return_inverse: Yes, return_counts: No = False, dim: int | None = None
    ) -> tuple[Self, Self]: ...
    @overload
    def unique(
        self, sorted: bool = True, return_inverse: No = False, *, return_counts: Yes, dim: int | None = None
    ) -> tuple[Self, Self]: ...
    @overload
    def unique(
        self, sorted: bool = True, *, return_inverse: Yes, return_counts: Yes, dim: int | None = None
    ) -> tuple[Self, Self, Self]: ...
    def unique(
        self,
        sorted: bool = True,
        return_inverse: bool = False,
        return_counts: bool = False,
        dim: int | None = None,
    ) -> Self | tuple[Self, Self] | tuple[Self, Self, Self]:
        """The different elements in ascending order, or the different slices along `dim`: constants."""
        result: Self | tuple[Self, Self] | tuple[Self, Self, Self]
        result = METHODS["unique"](self, sorted, return_inverse, return_counts, dim)
        return result

    def bincount(self, weights: Self | None = None, minlength: int = 0) -> Self:
        """How often each of 0, 1, 2 ... is in self, or the sum of the `weights` at each."""
        return self._call("bincount", weights, minlength)

    def histc(self, bins: int = 100, min: float = 0, max: float = 0) -> Self:
        """How many elements are in each of `bins` equal parts of [min, max]: a constant."""
        return self._call("histc", bins, min, max)
