"""Rounding, and the sign: functions with steps, whose derivative is 0."""

from __future__ import annotations

import numpy as np

from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of
from kytorch.tensor.values import Array


class StepGradFn(UnaryGradFn):
    """y = a function with steps,  dy = 0"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return nothing(g)


def nothing(x: A) -> A:
    """0 for each element of `x`, whatever it is; recorded, so that its derivative can be asked for."""
    if isinstance(x, Tensor):
        return StepGradFn().record(np.zeros_like(x._data), x)
    return np.zeros_like(x)


class FloorGradFn(StepGradFn):
    """y = the integer at or below x,  dy = 0"""

    __slots__ = ()


@method
def floor(x: A) -> A:
    """Each element of `x` rounded down."""
    if isinstance(x, Tensor):
        return FloorGradFn().record(np.floor(x._data), x)
    return np.floor(array_of("floor", x))


class CeilGradFn(StepGradFn):
    """y = the integer at or above x,  dy = 0"""

    __slots__ = ()


@method
def ceil(x: A) -> A:
    """Each element of `x` rounded up."""
    if isinstance(x, Tensor):
        return CeilGradFn().record(np.ceil(x._data), x)
    return np.ceil(array_of("ceil", x))


class TruncGradFn(StepGradFn):
    """y = the integer at x or next to it toward 0,  dy = 0"""

    __slots__ = ()


@method
def trunc(x: A) -> A:
    """Each element of `x` rounded toward 0."""
    if isinstance(x, Tensor):
        return TruncGradFn().record(np.trunc(x._data), x)
    return np.trunc(array_of("trunc", x))


class RoundGradFn(StepGradFn):
    """y = the integer nearest to x,  dy = 0"""

    __slots__ = ()


@method
def round(x: A, *, decimals: int = 0) -> A:
    """Each element of `x` rounded to `decimals` digits after the point, a half to the even neighbour."""
    if isinstance(x, Tensor):
        return RoundGradFn().record(_round(x._data, decimals), x)
    return _round(array_of("round", x), decimals)


def _round(x: Array, decimals: int) -> Array:
    y: Array = np.rint(x) if not decimals and x.dtype.kind == "f" else np.round(x, decimals)
    return y


class FracGradFn(UnaryGradFn):
    """y = x - trunc x,  dy = dx"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return g


@method
def frac(x: A) -> A:
    """What rounding each element of `x` toward 0 leaves, with its sign."""
    if isinstance(x, Tensor):
        return FracGradFn().record(_frac(x._data), x)
    return _frac(array_of("frac", x))


def _frac(x: Array) -> Array:
    y: Array = np.trunc(x)
    return np.subtract(x, y, out=y if y.ndim else None)
