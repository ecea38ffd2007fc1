"""Hyperbolic functions and their inverses."""

from __future__ import annotations

import numpy as np

from kytorch.ops.power import one_minus_square, sqrt
from kytorch.ops.singular import over, times
from kytorch.tensor.core import A, Tensor
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of
from kytorch.tensor.rules import InputGradFn, OutputGradFn


class SinhGradFn(InputGradFn):
    """y = sinh x,  dy = cosh x dx"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return times(g, cosh(x))


@method
def sinh(x: A) -> A:
    """The hyperbolic sine of each element of `x`."""
    if isinstance(x, Tensor):
        return SinhGradFn().record(np.sinh(x._data), x)
    return np.sinh(array_of("sinh", x))


class CoshGradFn(InputGradFn):
    """y = cosh x,  dy = sinh x dx"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return times(g, sinh(x))


@method
def cosh(x: A) -> A:
    """The hyperbolic cosine of each element of `x`."""
    if isinstance(x, Tensor):
        return CoshGradFn().record(np.cosh(x._data), x)
    return np.cosh(array_of("cosh", x))


class TanhGradFn(OutputGradFn):
    """y = tanh x,  dy = (1 - y^2) dx"""

    __slots__ = ()

    def vjp(self, g: A, y: A) -> A:
        return g * (1.0 - y * y)


@method
def tanh(x: A) -> A:
    """The hyperbolic tangent of each element of `x`."""
    if isinstance(x, Tensor):
        return TanhGradFn().record(np.tanh(x._data), x)
    return np.tanh(array_of("tanh", x))


class AsinhGradFn(InputGradFn):
    """y = asinh x,  dy = dx / sqrt(1 + x^2)"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return g / sqrt(1.0 + x * x)


@method
def asinh(x: A) -> A:
    """The number whose hyperbolic sine is `x`, elementwise."""
    if isinstance(x, Tensor):
        return AsinhGradFn().record(np.arcsinh(x._data), x)
    return np.arcsinh(array_of("asinh", x))


class AcoshGradFn(InputGradFn):
    """y = acosh x,  dy = dx / sqrt(x^2 - 1)"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return over(g, sqrt((x - 1.0) * (x + 1.0)))


@method
def acosh(x: A) -> A:
    """The number from 0 up whose hyperbolic cosine is `x`, elementwise."""
    if isinstance(x, Tensor):
        return AcoshGradFn().record(np.arccosh(x._data), x)
    return np.arccosh(array_of("acosh", x))


class AtanhGradFn(InputGradFn):
    """y = atanh x,  dy = dx / (1 - x^2)"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return over(g, one_minus_square(x))


@method
def atanh(x: A) -> A:
    """The number whose hyperbolic tangent is `x`, elementwise."""
    if isinstance(x, Tensor):
        return AtanhGradFn().record(np.arctanh(x._data), x)
    return np.arctanh(array_of("atanh", x))
