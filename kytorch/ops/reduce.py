"""Reductions over dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kytorch.kernels import reduce as kernels
from kytorch.ops.repeat import expand
from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.dims import many_dims
from kytorch.tensor.methods.registry import method
from kytorch.tensor.values import Shape


def kept(shape: Shape, dims: tuple[int, ...]) -> Shape:
    """`shape` with size 1 in the reduced dimensions."""
    return tuple([1 if i in dims else n for i, n in enumerate(shape)])


class SumGradFn(UnaryGradFn):
    """y = sum x,  dy = sum dx"""

    __slots__ = ("_dims",)

    def __init__(self, dims: tuple[int, ...]) -> None:
        self._dims = dims

    def vjp(self, g: A) -> A:
        shape = self._shapes[0]
        return expand(g.reshape(kept(shape, self._dims)), shape)


@method
def sum(x: A, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> A:
    """The sum of `x` over `dim`, or over all; integers and bool are summed as int64."""
    dims = many_dims("sum", dim, x.ndim)
    if isinstance(x, Tensor):
        return SumGradFn(dims).record(kernels.sum(x._data, dims, keepdim), x)
    return kernels.sum(x, dims, keepdim)


class MeanGradFn(SumGradFn):
    """y = sum x / n,  dy = sum dx / n"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return SumGradFn.vjp(self, g / math.prod([self._shapes[0][i] for i in self._dims]))


@method
def mean(x: A, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> A:
    """The mean of `x` over `dim`, or over all; of integers, as float64."""
    dims = many_dims("mean", dim, x.ndim)
    if isinstance(x, Tensor):
        return MeanGradFn(dims).record(kernels.mean(x._data, dims, keepdim), x)
    return kernels.mean(x, dims, keepdim)


@method
def var(x: A, dim: int | Sequence[int] | None = None, *, correction: float = 1, keepdim: bool = False) -> A:
    """The variance of `x` over `dim`, or over all: the sum of squared deviations, over n - correction."""
    dims = many_dims("var", dim, x.ndim)
    n = math.prod([x.shape[i] for i in dims])
    deviation = x - mean(x, dims, True)
    total = sum(deviation * deviation, dims, keepdim)
    variance: A = total / (n - correction) if n > correction else total * math.nan
    return variance
