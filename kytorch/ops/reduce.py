"""Reductions over dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import overload

import numpy as np

from kytorch.kernels import reduce as kernels
from kytorch.ops.elementwise import where
from kytorch.ops.shape import expand
from kytorch.tensor.core import CONSTANT, A, Tensor, UnaryGradFn, make
from kytorch.tensor.dims import many_dims, one_dim
from kytorch.tensor.methods import ValuesAndIndices, method
from kytorch.tensor.values import Array, Shape, lock


def _kept(shape: Shape, dims: tuple[int, ...]) -> Shape:
    """`shape` with size 1 in the reduced dimensions."""
    return tuple([1 if i in dims else n for i, n in enumerate(shape)])


class SumGradFn(UnaryGradFn):
    """y = sum x,  dy = sum dx"""

    __slots__ = ("_dims",)

    def __init__(self, dims: tuple[int, ...]) -> None:
        self._dims = dims

    def vjp(self, g: A) -> A:
        shape = self._shapes[0]
        return expand(g.reshape(_kept(shape, self._dims)), shape)


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


class ExtremumGradFn(UnaryGradFn):
    """y = the greatest or least of x; those elements that are it share the gradient"""

    __slots__ = ("_dims", "_mask", "_share")

    def __init__(self, dims: tuple[int, ...], mask: Array, share: Array) -> None:
        self._dims = dims
        lock(mask)
        lock(share)
        self._mask = mask
        self._share = share

    def vjp(self, g: A) -> A:
        shape = self._shapes[0]
        return where(self._mask, expand(g.reshape(_kept(shape, self._dims)) * self._share, shape), 0.0)


@overload
def max(x: A) -> A: ...
@overload
def max(x: A, dim: None, keepdim: bool = False) -> A: ...
@overload
def max(x: A, dim: int, keepdim: bool = False) -> ValuesAndIndices[A]: ...
@method
def max(x: A, dim: int | None = None, keepdim: bool = False) -> A | ValuesAndIndices[A]:
    """The greatest element of `x`; along `dim`, the greatest ones and the first places where they are.

    Equal greatest elements share the gradient; along `dim` the first takes it. Raises ValueError if there are none.
    """
    return _extremum("max", np.maximum, x, dim, keepdim)


@overload
def min(x: A) -> A: ...
@overload
def min(x: A, dim: None, keepdim: bool = False) -> A: ...
@overload
def min(x: A, dim: int, keepdim: bool = False) -> ValuesAndIndices[A]: ...
@method
def min(x: A, dim: int | None = None, keepdim: bool = False) -> A | ValuesAndIndices[A]:
    """The least element of `x`; along `dim`, the least ones and the first places where they are.

    Equal least elements share the gradient; along `dim` the first takes it. Raises ValueError if there are none.
    """
    return _extremum("min", np.minimum, x, dim, keepdim)


def _extremum(name: str, function: np.ufunc, x: A, dim: int | None, keepdim: bool) -> A | ValuesAndIndices[A]:
    at = None if dim is None else one_dim(name, dim, x.ndim)
    if not (x.size if at is None or not x.ndim else x.shape[at]):
        raise ValueError(f"{name}: no elements to choose from, in shape {x.shape}")
    array = x._data if isinstance(x, Tensor) else x
    if at is None:
        y: Array = function.reduce(array, None, keepdims=keepdim)
        if not isinstance(x, Tensor):
            return y
        mask = (array == y) if (y == y).all() else array != array  # what is NaN makes a NaN
        share = np.array(1 / np.count_nonzero(mask), y.dtype if y.dtype.kind == "f" else None)
        return ExtremumGradFn(tuple(range(x.ndim)), mask, share).record(y, x)
    choose = np.argmax if function is np.maximum else np.argmin
    first = np.expand_dims(choose(array, at), at) if x.ndim else np.zeros((), np.int64)
    values = np.take_along_axis(array, first, at) if x.ndim else array
    indices = first
    if x.ndim and not keepdim:
        values, indices = values.squeeze(at), indices.squeeze(at)
    if not isinstance(x, Tensor):
        return ValuesAndIndices(values, indices)
    positions = np.arange(x.shape[at] if x.ndim else 1).reshape([-1 if i == at else 1 for i in range(x.ndim)])
    node = ExtremumGradFn((at,), positions == first, np.ones((), values.dtype))
    return ValuesAndIndices(node.record(values, x), make(indices, CONSTANT))
