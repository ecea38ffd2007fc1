"""Sums and means over dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kytorch.kernels import reduce as kernels
from kytorch.ops.broadcast import expand
from kytorch.ops.dtype import to
from kytorch.ops.where import where
from kytorch.tensor.core import CONSTANT, A, Tensor, UnaryGradFn, make
from kytorch.tensor.dims import many_dims
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of
from kytorch.tensor.rules import InputGradFn
from kytorch.tensor.values import Shape


def kept(shape: Shape, dims: tuple[int, ...]) -> Shape:
    """`shape` with size 1 in the reduced dimensions."""
    return tuple([1 if i in dims else n for i, n in enumerate(shape)])


def as_floats(x: A) -> A:
    """`x`, or if it is of integers or bool, `x` in float64."""
    return x if x.dtype.kind == "f" else to(x, np.float64)


class SumGradFn(UnaryGradFn):
    """y = sum x,  dy = sum dx"""

    __slots__ = ("_dims",)

    def __init__(self, dims: tuple[int, ...]) -> None:
        self._dims = dims

    def vjp(self, g: A) -> A:
        shape = self._shapes[0]
        return expand(g.reshape(kept(shape, self._dims)), shape)


@method
def sum(
    x: A, dim: int | Sequence[int] | None = None, keepdim: bool = False, *, dtype: npt.DTypeLike | None = None
) -> A:
    """The sum of `x` over `dim`, or over all; integers and bool are summed as int64. `dtype` converts `x` first."""
    array = array_of("sum", x)
    dims = many_dims("sum", dim, array.ndim)
    if dtype is not None:
        return sum(to(x, dtype), dims, keepdim)
    if isinstance(x, Tensor):
        return SumGradFn(dims).record(kernels.sum(array, dims, keepdim), x)
    return kernels.sum(x, dims, keepdim)


class MeanGradFn(SumGradFn):
    """y = sum x / n,  dy = sum dx / n"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return SumGradFn.vjp(self, g / math.prod([self._shapes[0][i] for i in self._dims]))


@method
def mean(
    x: A, dim: int | Sequence[int] | None = None, keepdim: bool = False, *, dtype: npt.DTypeLike | None = None
) -> A:
    """The mean of `x` over `dim`, or over all; of integers, as float64. `dtype` converts `x` first."""
    array = array_of("mean", x)
    dims = many_dims("mean", dim, array.ndim)
    if dtype is not None:
        return mean(to(x, dtype), dims, keepdim)
    if isinstance(x, Tensor):
        return MeanGradFn(dims).record(kernels.mean(array, dims, keepdim), x)
    return kernels.mean(x, dims, keepdim)


class NansumGradFn(InputGradFn):
    """y = sum of those x that are not NaN; dy = sum of their dx"""

    __slots__ = ("_dims",)

    def __init__(self, dims: tuple[int, ...]) -> None:
        self._dims = dims

    def vjp(self, g: A, x: A) -> A:
        return where(x == x, expand(g.reshape(kept(x.shape, self._dims)), x.shape), 0.0)


@method
def nansum(
    x: A, dim: int | Sequence[int] | None = None, keepdim: bool = False, *, dtype: npt.DTypeLike | None = None
) -> A:
    """The sum of those elements of `x` over `dim`, or over all, that are not NaN. `dtype` converts `x` first."""
    array = array_of("nansum", x)
    dims = many_dims("nansum", dim, array.ndim)
    if dtype is not None:
        return nansum(to(x, dtype), dims, keepdim)
    if array.dtype.kind != "f":
        return sum(x, dims, keepdim)
    y = kernels.sum(array, dims, keepdim)
    if not np.isnan(y).any():
        return SumGradFn(dims).record(y, x) if isinstance(x, Tensor) else y
    y = kernels.sum(np.where(np.isnan(array), np.zeros_like(array), array), dims, keepdim)
    if isinstance(x, Tensor):
        return NansumGradFn(dims).record(y, x)
    return y


@method
def nanmean(
    x: A, dim: int | Sequence[int] | None = None, keepdim: bool = False, *, dtype: npt.DTypeLike | None = None
) -> A:
    """The mean of those elements of `x` over `dim`, or over all, that are not NaN; NaN where there are none."""
    array = array_of("nanmean", x)
    dims = many_dims("nanmean", dim, array.ndim)
    if dtype is not None:
        return nanmean(to(x, dtype), dims, keepdim)
    x = as_floats(x)
    known = kernels.sum(array == array, dims, keepdim)
    divisor = np.where(known > 0, known, np.full(known.shape, math.nan)).astype(x.dtype)
    total = nansum(x, dims, keepdim)
    y: A = total / make(divisor, CONSTANT) if isinstance(total, Tensor) else total / divisor
    return y
