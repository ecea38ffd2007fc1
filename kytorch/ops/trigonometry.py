"""Trigonometric functions and their inverses."""

from __future__ import annotations

import math

import numpy as np

from kytorch.ops.power import one_minus_square, sqrt
from kytorch.ops.singular import over, somewhere, times
from kytorch.ops.where import where
from kytorch.tensor.core import A, Operand, Tensor, recorded
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of, on_arrays, operands
from kytorch.tensor.rules import BinaryGradFn, InputGradFn, OutputGradFn
from kytorch.tensor.values import Array, Scalar


class SinGradFn(InputGradFn):
    """y = sin x,  dy = cos x dx"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return g * cos(x)


@method
def sin(x: A) -> A:
    """The sine of each element of `x`, in radians."""
    if isinstance(x, Tensor):
        return SinGradFn().record(np.sin(x._data), x)
    return np.sin(array_of("sin", x))


class CosGradFn(InputGradFn):
    """y = cos x,  dy = -sin x dx"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return -g * sin(x)


@method
def cos(x: A) -> A:
    """The cosine of each element of `x`, in radians."""
    if isinstance(x, Tensor):
        return CosGradFn().record(np.cos(x._data), x)
    return np.cos(array_of("cos", x))


class TanGradFn(OutputGradFn):
    """y = tan x,  dy = (1 + y^2) dx"""

    __slots__ = ()

    def vjp(self, g: A, y: A) -> A:
        return times(g, 1.0 + y * y)


@method
def tan(x: A) -> A:
    """The tangent of each element of `x`, in radians."""
    if isinstance(x, Tensor):
        return TanGradFn().record(np.tan(x._data), x)
    return np.tan(array_of("tan", x))


class AsinGradFn(InputGradFn):
    """y = asin x,  dy = dx / sqrt(1 - x^2)"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return over(g, sqrt(one_minus_square(x)))


@method
def asin(x: A) -> A:
    """The angle in [-pi/2, pi/2] whose sine is `x`, elementwise."""
    if isinstance(x, Tensor):
        return AsinGradFn().record(np.arcsin(x._data), x)
    return np.arcsin(array_of("asin", x))


class AcosGradFn(InputGradFn):
    """y = acos x,  dy = -dx / sqrt(1 - x^2)"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return over(-g, sqrt(one_minus_square(x)))


@method
def acos(x: A) -> A:
    """The angle in [0, pi] whose cosine is `x`, elementwise."""
    if isinstance(x, Tensor):
        return AcosGradFn().record(np.arccos(x._data), x)
    return np.arccos(array_of("acos", x))


class AtanGradFn(InputGradFn):
    """y = atan x,  dy = dx / (1 + x^2)"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return g / (1.0 + x * x)


@method
def atan(x: A) -> A:
    """The angle in [-pi/2, pi/2] whose tangent is `x`, elementwise."""
    if isinstance(x, Tensor):
        return AtanGradFn().record(np.arctan(x._data), x)
    return np.arctan(array_of("atan", x))


class Atan2GradFn(BinaryGradFn):
    """y = the angle of (b, a),  dy = (b da - a db) / (a^2 + b^2); 0 at (0, 0)"""

    __slots__ = ()

    def vjp_a(self, g: A, a: A, b: A) -> A:
        return times(g, b / _squares(a, b))

    def vjp_b(self, g: A, a: A, b: A) -> A:
        return times(-g, a / _squares(a, b))


def _squares(a: A, b: A) -> A:
    """a^2 + b^2, and infinity where that is 0."""
    y: A = a * a + b * b
    zero: A = y == 0
    return where(zero, math.inf, y) if somewhere(zero) else y


@method
def atan2(x: A | Scalar, other: A | Array | Scalar) -> A:
    """The angle in [-pi, pi] of the point with ordinate `x` and abscissa `other`; one of them may be a number."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return _atan2(x, other)
    y = on_arrays("atan2", np.arctan2, x, other)
    return y  # type: ignore[return-value]  # without a Tensor, A is Array


def _atan2(x: Operand, other: Operand) -> Tensor:
    a, b = operands("atan2", x, other)
    return recorded(np.arctan2, Atan2GradFn, a, b)
