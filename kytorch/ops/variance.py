"""Variance and standard deviation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from kytorch.kernels import reduce as kernels
from kytorch.ops.reduce import MeanGradFn, as_floats, kept, mean
from kytorch.ops.where import where
from kytorch.tensor.core import A, Tensor, View
from kytorch.tensor.dims import many_dims
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of
from kytorch.tensor.rules import InputGradFn
from kytorch.tensor.values import Array, lock


class VarGradFn(InputGradFn):
    """y = sum (x - mean x)^2 / f,  dy = 2 (x - mean x) dx / f,  with f = n - correction"""

    __slots__ = ("_dims", "_freedom", "_mean")

    def __init__(self, dims: tuple[int, ...], freedom: float, average: Array) -> None:
        lock(average)
        self._dims = dims
        self._freedom = freedom
        self._mean = average

    def vjp(self, g: A, x: A) -> A:
        scale = 2.0 / self._freedom if self._freedom > 0 else math.inf
        g = g.reshape(kept(x.shape, self._dims)) * scale
        if isinstance(g, Tensor):
            return g * (x - mean(x, self._dims, True))
        d = np.subtract(x, self._mean)
        return np.multiply(g, d, out=d if d.ndim else None)


class StdGradFn(VarGradFn):
    """y = sqrt v,  dy = dv / 2y, and 0 where y is 0"""

    __slots__ = ("_y",)
    _y: Array

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        y = view(self._y, self)
        g = g / (2.0 * where(y == 0, math.inf, y))
        return (self.vjp(g, view(self._x, self._inputs[0])),)

    def record(self, y: Array, x: Tensor) -> Tensor:
        tensor = InputGradFn.record(self, y, x)
        self._y = tensor._data
        return tensor


@method
def var(x: A, dim: int | Sequence[int] | None = None, *, correction: float = 1, keepdim: bool = False) -> A:
    """The variance of `x` over `dim`, or over all: the sum of squared deviations, over n - correction."""
    return _spread("var", VarGradFn, x, dim, correction, keepdim)[0]


@method
def std(x: A, dim: int | Sequence[int] | None = None, *, correction: float = 1, keepdim: bool = False) -> A:
    """The standard deviation, the root of the variance; its derivative where all are equal is 0."""
    return _spread("std", StdGradFn, x, dim, correction, keepdim)[0]


def var_mean(
    x: A, dim: int | Sequence[int] | None = None, *, correction: float = 1, keepdim: bool = False
) -> tuple[A, A]:
    """The variance of `x` over `dim`, or over all, and the mean."""
    y, average = _spread("var_mean", VarGradFn, x, dim, correction, keepdim)
    return y, _recorded_mean(average, x, dim, keepdim)


def std_mean(
    x: A, dim: int | Sequence[int] | None = None, *, correction: float = 1, keepdim: bool = False
) -> tuple[A, A]:
    """The standard deviation of `x` over `dim`, or over all, and the mean."""
    y, average = _spread("std_mean", StdGradFn, x, dim, correction, keepdim)
    return y, _recorded_mean(average, x, dim, keepdim)


def _spread(
    name: str, rule: type[VarGradFn], x: A, dim: int | Sequence[int] | None, correction: float, keepdim: bool
) -> tuple[A, Array]:
    """The variance, or by its rule the standard deviation, and the mean's array with its dimensions kept."""
    array = array_of(name, x)
    dims = many_dims(name, dim, array.ndim)
    if array.dtype.kind != "f":
        x = as_floats(x)
        array = array_of(name, x)
    y, average = kernels.variance(array, dims, correction, keepdim, rule is StdGradFn)
    if isinstance(x, Tensor):
        freedom = math.prod([array.shape[i] for i in dims]) - correction
        return rule(dims, freedom, average).record(y, x), average
    return y, average


def _recorded_mean(average: Array, x: A, dim: int | Sequence[int] | None, keepdim: bool) -> A:
    dims = many_dims("mean", dim, x.ndim)
    y = average if keepdim else average.reshape([n for i, n in enumerate(x.shape) if i not in dims])
    if isinstance(x, Tensor):
        return MeanGradFn(dims).record(y, x)
    return y
