"""Powers and roots."""

from __future__ import annotations

import math

import numpy as np

from kytorch.kernels import elementwise as kernels
from kytorch.ops.dtype import to
from kytorch.ops.exponential import log
from kytorch.ops.sign import abs
from kytorch.ops.singular import over, somewhere, times
from kytorch.ops.where import where
from kytorch.tensor.core import CONSTANT, A, Operand, Tensor, TwoInputGradFn, View, recorded
from kytorch.tensor.errors import operands_error
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of, on_arrays, operands
from kytorch.tensor.rules import InputGradFn, OutputGradFn
from kytorch.tensor.values import Array, Scalar


class PowGradFn(TwoInputGradFn):
    """y = a^b,  dy = b a^(b-1) da + y log a db; 0 in a where a = b = 0, and in b where a = 0 <= b"""

    __slots__ = ("_a", "_b", "_y")
    _a: Array
    _b: Array
    _y: Array

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        a_fn, b_fn = self._inputs
        a, b = to(view(self._a, a_fn), g.dtype), to(view(self._b, b_fn), g.dtype)
        return (
            None if a_fn is CONSTANT else _in_base(g, a, b),
            None if b_fn is CONSTANT else _in_exponent(g, a, b, view(self._y, self)),
        )

    def record(self, y: Array, a: Tensor, b: Tensor) -> Tensor:
        self._a, self._b = a._data, b._data
        tensor = TwoInputGradFn.record(self, y, a, b)
        if b._grad_fn is not CONSTANT:
            self._y = tensor._data
        return tensor


# Factor by factor, so that at no order 0 meets what is infinite or NaN; then y log a is 0 where y is.
def _in_base(g: A, a: A, b: A) -> A:
    g = g * b
    flat: A = (b == 0) > (abs(a) > 0)  # also where a is NaN
    if somewhere(flat):
        g, a = where(flat, 0.0, g), where(flat, 1.0, a)
    return times(g, pow(a, b - 1))


def _in_exponent(g: A, a: A, b: A, y: A) -> A:
    flat: A = (a == 0) * (b >= 0)
    if somewhere(flat):
        g, a = where(flat, 0.0, g), where(flat, 1.0, a)
    return times(times(g, y), log(a))


class PowNumberGradFn(InputGradFn):
    """y = x^n for a number n,  dy = n x^(n-1) dx"""

    __slots__ = ("_exponent",)

    def __init__(self, exponent: float) -> None:
        self._exponent = exponent

    def vjp(self, g: A, x: A) -> A:
        n = self._exponent
        if n == 2 and not isinstance(x, Tensor):  # a Tensor keeps its link to x through all orders, down to 0
            return times(g, 2.0 * x)
        return times(g, n * pow(x, n - 1)) if n else g * 0.0


class NumberPowGradFn(OutputGradFn):
    """y = c^x for a number c > 0,  dy = y log c dx"""

    __slots__ = ("_slope",)

    def __init__(self, base: float) -> None:
        self._slope = math.log(base)

    def vjp(self, g: A, y: A) -> A:
        return times(g, self._slope * y)


@method
def pow(x: A | Scalar, exponent: A | Array | Scalar) -> A:
    """x to the power of `exponent`; one of them may be a number."""
    if isinstance(x, Tensor) or isinstance(exponent, Tensor):
        return _pow(x, exponent)
    y = on_arrays("pow", kernels.power, x, exponent)
    return y  # type: ignore[return-value]  # without a Tensor, A is Array


def _pow(x: Operand, exponent: Operand) -> Tensor:
    if isinstance(x, Tensor) and (type(exponent) is float or type(exponent) is int):
        try:
            y = kernels.power(x._data, exponent)
        except ValueError:
            raise ValueError(f"pow: {x.dtype} to the power {exponent} is no integer; use {exponent}.0") from None
        return PowNumberGradFn(exponent).record(y, x)
    a, b = operands("pow", x, exponent)
    if (type(x) is float or type(x) is int) and 0 < x < math.inf and b._data.dtype.kind == "f":
        return NumberPowGradFn(x).record(np.power(a._data, b._data), b)
    return recorded(np.power, PowGradFn, a, b)


class SqrtGradFn(OutputGradFn):
    """y = sqrt x,  dy = dx / 2y"""

    __slots__ = ()

    def vjp(self, g: A, y: A) -> A:
        return over(g, 2.0 * y)


@method
def sqrt(x: A) -> A:
    """The square root of each element of `x`."""
    if isinstance(x, Tensor):
        return SqrtGradFn().record(np.sqrt(x._data), x)
    return np.sqrt(array_of("sqrt", x))


class RsqrtGradFn(OutputGradFn):
    """y = 1 / sqrt x,  dy = -y^3 / 2 dx"""

    __slots__ = ()

    def vjp(self, g: A, y: A) -> A:
        return times(-0.5 * g, pow(y, 3))


@method
def rsqrt(x: A) -> A:
    """1 / sqrt x for each element of `x`."""
    if isinstance(x, Tensor):
        return RsqrtGradFn().record(kernels.rsqrt(x._data), x)
    return kernels.rsqrt(array_of("rsqrt", x))


class SquareGradFn(InputGradFn):
    """y = x^2,  dy = 2x dx"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return g * (2.0 * x)


@method
def square(x: A) -> A:
    """x^2 for each element of `x`."""
    if isinstance(x, Tensor):
        return SquareGradFn().record(np.square(x._data), x)
    return np.square(array_of("square", x))


class OneMinusSquareGradFn(InputGradFn):
    """y = 1 - x^2,  dy = -2x dx: the product's rule would lose the digits of 1 - x + 1 + x"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return g * (-2.0 * x)


def one_minus_square(x: A) -> A:
    """1 - x^2 for each element of `x`, with its digits near -1 and 1."""
    if isinstance(x, Tensor):
        return OneMinusSquareGradFn().record(one_minus_square(x._data), x)
    y: A = (1.0 - x) * (1.0 + x)
    return y


class ReciprocalGradFn(OutputGradFn):
    """y = 1 / x,  dy = -y^2 dx"""

    __slots__ = ()

    def vjp(self, g: A, y: A) -> A:
        return times(-g, pow(y, 2))


@method
def reciprocal(x: A) -> A:
    """1 / x for each element of `x`."""
    if isinstance(x, Tensor):
        return ReciprocalGradFn().record(kernels.reciprocal(x._data), x)
    return kernels.reciprocal(array_of("reciprocal", x))


class HypotGradFn(TwoInputGradFn):
    """y = sqrt(a^2 + b^2),  dy = (a da + b db) / y"""

    __slots__ = ("_a", "_b", "_y")
    _a: Array
    _b: Array
    _y: Array

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        a_fn, b_fn = self._inputs
        y = view(self._y, self)
        return (
            None if a_fn is CONSTANT else times(g, view(self._a, a_fn) / y),
            None if b_fn is CONSTANT else times(g, view(self._b, b_fn) / y),
        )

    def record(self, y: Array, a: Tensor, b: Tensor) -> Tensor:
        if a._grad_fn is not CONSTANT:
            self._a = a._data
        if b._grad_fn is not CONSTANT:
            self._b = b._data
        tensor = TwoInputGradFn.record(self, y, a, b)
        self._y = tensor._data
        return tensor


@method
def hypot(x: A | Scalar, other: A | Array | Scalar) -> A:
    """sqrt(x^2 + other^2), elementwise and without overflow between; one of them may be a number."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return _hypot(x, other)
    y = on_arrays("hypot", kernels.hypot, x, other)
    return y  # type: ignore[return-value]  # without a Tensor, A is Array


def _hypot(x: Operand, other: Operand) -> Tensor:
    a, b = operands("hypot", x, other)
    try:
        y = kernels.hypot(a._data, b._data)
    except (ValueError, TypeError) as error:
        raise operands_error("hypot", error, a, b) from None
    return HypotGradFn().record(y, a, b)
