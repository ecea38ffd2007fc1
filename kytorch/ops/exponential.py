"""Exponentials and logarithms."""

from __future__ import annotations

import math

import numpy as np

from kytorch.ops.singular import over, times
from kytorch.tensor.core import A, Tensor
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of
from kytorch.tensor.rules import InputGradFn, OutputGradFn

_LN2 = math.log(2.0)
_LN10 = math.log(10.0)


class ExpGradFn(OutputGradFn):
    """y = e^x,  dy = y dx"""

    __slots__ = ()

    def vjp(self, g: A, y: A) -> A:
        return times(g, y)


@method
def exp(x: A) -> A:
    """e to the power of each element of `x`."""
    if isinstance(x, Tensor):
        return ExpGradFn().record(np.exp(x._data), x)
    return np.exp(array_of("exp", x))


class Exp2GradFn(OutputGradFn):
    """y = 2^x,  dy = y log 2 dx"""

    __slots__ = ()

    def vjp(self, g: A, y: A) -> A:
        return times(g, _LN2 * y)


@method
def exp2(x: A) -> A:
    """2 to the power of each element of `x`."""
    if isinstance(x, Tensor):
        return Exp2GradFn().record(np.exp2(x._data), x)
    return np.exp2(array_of("exp2", x))


class Expm1GradFn(OutputGradFn):
    """y = e^x - 1,  dy = (y + 1) dx"""

    __slots__ = ()

    def vjp(self, g: A, y: A) -> A:
        return times(g, y + 1.0)


@method
def expm1(x: A) -> A:
    """e^x - 1 for each element of `x`, with its digits where that is small."""
    if isinstance(x, Tensor):
        return Expm1GradFn().record(np.expm1(x._data), x)
    return np.expm1(array_of("expm1", x))


class LogGradFn(InputGradFn):
    """y = log x,  dy = dx / x"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return over(g, x)


@method
def log(x: A) -> A:
    """The natural logarithm of each element of `x`."""
    if isinstance(x, Tensor):
        return LogGradFn().record(np.log(x._data), x)
    return np.log(array_of("log", x))


class Log2GradFn(InputGradFn):
    """y = log x / log 2,  dy = dx / (x log 2)"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return over(g, _LN2 * x)


@method
def log2(x: A) -> A:
    """The logarithm to base 2 of each element of `x`."""
    if isinstance(x, Tensor):
        return Log2GradFn().record(np.log2(x._data), x)
    return np.log2(array_of("log2", x))


class Log10GradFn(InputGradFn):
    """y = log x / log 10,  dy = dx / (x log 10)"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return over(g, _LN10 * x)


@method
def log10(x: A) -> A:
    """The logarithm to base 10 of each element of `x`."""
    if isinstance(x, Tensor):
        return Log10GradFn().record(np.log10(x._data), x)
    return np.log10(array_of("log10", x))


class Log1pGradFn(InputGradFn):
    """y = log(1 + x),  dy = dx / (1 + x)"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return over(g, 1.0 + x)


@method
def log1p(x: A) -> A:
    """log(1 + x) for each element of `x`, with its digits where x is small."""
    if isinstance(x, Tensor):
        return Log1pGradFn().record(np.log1p(x._data), x)
    return np.log1p(array_of("log1p", x))
