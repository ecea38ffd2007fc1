"""Reductions as methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self, overload

import numpy.typing as npt

from kytorch.tensor.methods.answers import ValuesAndIndices
from kytorch.tensor.methods.registry import METHODS, Registered
from kytorch.tensor.values import Array


class ReductionMethods(Registered):
    """Reductions as methods."""

    __slots__ = ()

    def sum(
        self, dim: int | Sequence[int] | None = None, keepdim: bool = False, *, dtype: npt.DTypeLike | None = None
    ) -> Self:
        """The sum over `dim`, or over all."""
        result: Self = METHODS["sum"](self, dim, keepdim, dtype=dtype)
        return result

    def mean(
        self, dim: int | Sequence[int] | None = None, keepdim: bool = False, *, dtype: npt.DTypeLike | None = None
    ) -> Self:
        """The mean over `dim`, or over all."""
        result: Self = METHODS["mean"](self, dim, keepdim, dtype=dtype)
        return result

    def nansum(
        self, dim: int | Sequence[int] | None = None, keepdim: bool = False, *, dtype: npt.DTypeLike | None = None
    ) -> Self:
        """The sum over `dim`, or over all, of what is not NaN."""
        result: Self = METHODS["nansum"](self, dim, keepdim, dtype=dtype)
        return result

    def nanmean(
        self, dim: int | Sequence[int] | None = None, keepdim: bool = False, *, dtype: npt.DTypeLike | None = None
    ) -> Self:
        """The mean over `dim`, or over all, of what is not NaN."""
        result: Self = METHODS["nanmean"](self, dim, keepdim, dtype=dtype)
        return result

    def prod(self, dim: int | None = None, keepdim: bool = False, *, dtype: npt.DTypeLike | None = None) -> Self:
        """The product along `dim`, or of all."""
        result: Self = METHODS["prod"](self, dim, keepdim, dtype=dtype)
        return result

    def var(self, dim: int | Sequence[int] | None = None, *, correction: float = 1, keepdim: bool = False) -> Self:
        """The variance over `dim`, or over all: squared deviations' sum over n - correction."""
        result: Self = METHODS["var"](self, dim, correction=correction, keepdim=keepdim)
        return result

    def std(self, dim: int | Sequence[int] | None = None, *, correction: float = 1, keepdim: bool = False) -> Self:
        """The standard deviation over `dim`, or over all: the root of the variance."""
        result: Self = METHODS["std"](self, dim, correction=correction, keepdim=keepdim)
        return result

    @overload
    def max(self) -> Self: ...
    @overload
    def max(self, dim: None, keepdim: bool = False) -> Self: ...
    @overload
    def max(self, dim: int, keepdim: bool = False) -> ValuesAndIndices[Self]: ...
    @overload
    def max(self, dim: Self | Array) -> Self: ...
    @overload
    def max(self, *, other: Self | Array) -> Self: ...
    def max(
        self, dim: int | Self | Array | None = None, keepdim: bool = False, *, other: Self | Array | None = None
    ) -> Self | ValuesAndIndices[Self]:
        """The greatest element, or along `dim` the greatest ones and where they are, or of self and another Tensor."""
        result: Self | ValuesAndIndices[Self] = METHODS["max"](self, dim, keepdim, other=other)
        return result

    @overload
    def min(self) -> Self: ...
    @overload
    def min(self, dim: None, keepdim: bool = False) -> Self: ...
    @overload
    def min(self, dim: int, keepdim: bool = False) -> ValuesAndIndices[Self]: ...
    @overload
    def min(self, dim: Self | Array) -> Self: ...
    @overload
    def min(self, *, other: Self | Array) -> Self: ...
    def min(
        self, dim: int | Self | Array | None = None, keepdim: bool = False, *, other: Self | Array | None = None
    ) -> Self | ValuesAndIndices[Self]:
        """The least element, or along `dim` the least ones and where they are, or of self and another Tensor."""
        result: Self | ValuesAndIndices[Self] = METHODS["min"](self, dim, keepdim, other=other)
        return result

    def amax(self, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Self:
        """The greatest elements over `dim`, or over all; equal ones share the gradient."""
        return self._call("amax", dim, keepdim)

    def amin(self, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Self:
        """The least elements over `dim`, or over all; equal ones share the gradient."""
        return self._call("amin", dim, keepdim)

    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Self:
        """Where along `dim`, or in the flattened self, the first greatest element is."""
        return self._call("argmax", dim, keepdim)

    def argmin(self, dim: int | None = None, keepdim: bool = False) -> Self:
        """Where along `dim`, or in the flattened self, the first least element is."""
        return self._call("argmin", dim, keepdim)

    def any(self, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Self:
        """Whether any element over `dim`, or at all, is not 0."""
        return self._call("any", dim, keepdim)

    def all(self, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Self:
        """Whether no element over `dim`, or at all, is 0."""
        return self._call("all", dim, keepdim)

    def count_nonzero(self, dim: int | Sequence[int] | None = None) -> Self:
        """How many elements over `dim`, or of all, are not 0."""
        return self._call("count_nonzero", dim)

    def logsumexp(self, dim: int | Sequence[int], keepdim: bool = False) -> Self:
        """log of the sum of e^self over `dim`."""
        return self._call("logsumexp", dim, keepdim)

    def softmax(self, dim: int, *, dtype: npt.DTypeLike | None = None) -> Self:
        """e^self over its sum along `dim`."""
        result: Self = METHODS["softmax"](self, dim, dtype=dtype)
        return result

    def log_softmax(self, dim: int, *, dtype: npt.DTypeLike | None = None) -> Self:
        """log of softmax along `dim`."""
        result: Self = METHODS["log_softmax"](self, dim, dtype=dtype)
        return result

    def norm(
        self,
        p: float | str = "fro",
        dim: int | Sequence[int] | None = None,
        keepdim: bool = False,
        *,
        dtype: npt.DTypeLike | None = None,
    ) -> Self:
        """The p-norm over `dim`, or over all, as a vector: (sum |self|^p)^(1/p)."""
        result: Self = METHODS["norm"](self, p, dim, keepdim, dtype=dtype)
        return result
