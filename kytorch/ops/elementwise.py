"""Elementwise functions. On arrays they are NumPy's; on Tensors they are recorded."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels import elementwise as kernels
from kytorch.tensor.core import (
    CONSTANT,
    A,
    BinaryGradFn,
    InputGradFn,
    Operand,
    OutputGradFn,
    Tensor,
    TwoInputGradFn,
    UnaryGradFn,
    View,
    constant,
    make,
    recorded,
)
from kytorch.tensor.errors import no_broadcast
from kytorch.tensor.methods import method
from kytorch.tensor.values import Array, Scalar, checked_dtype, lock


def binary(function: np.ufunc, rule: type[TwoInputGradFn], x: Tensor, other: object) -> Tensor:
    """`function` of `x` and `other`, recorded with `rule`. Raises TypeError if `other` is no operand."""
    result = recorded(function, rule, x, other)  # type: ignore[arg-type]  # what is no operand is refused here
    if result is NotImplemented:
        raise TypeError(f"{function.__name__}: expected a Tensor, an array or a number, not {type(other).__name__}")
    return result


def operands(name: str, a: object, b: object) -> tuple[Tensor, Tensor]:
    """`a` and `b`, one of which is a Tensor, as Tensors. Raises TypeError if the other is no operand."""
    x = a if isinstance(a, Tensor) else constant(a, b) if isinstance(b, Tensor) else None
    y = b if isinstance(b, Tensor) else constant(b, a) if isinstance(a, Tensor) else None
    if x is None or y is None:
        kinds = f"{type(a).__name__} and {type(b).__name__}"
        raise TypeError(f"{name}: expected Tensors, or a Tensor beside an array or a number, not {kinds}")
    return x, y


# Arithmetic and comparison, as functions


@method
def add(x: A, other: A | Array | Scalar) -> A:
    """x + other."""
    y: A = x + other
    return y


@method
def sub(x: A, other: A | Array | Scalar) -> A:
    """x - other."""
    y: A = x - other
    return y


@method
def mul(x: A, other: A | Array | Scalar) -> A:
    """x * other."""
    y: A = x * other
    return y


@method
def div(x: A, other: A | Array | Scalar) -> A:
    """x / other."""
    y: A = x / other
    return y


@method
def neg(x: A) -> A:
    """-x."""
    return -x


@method
def eq(x: A, other: A | Array | Scalar) -> A:
    """Whether x == other, elementwise: a constant of dtype bool."""
    y: A = x == other
    return y


@method
def ne(x: A, other: A | Array | Scalar) -> A:
    """Whether x != other, elementwise: a constant of dtype bool."""
    y: A = x != other
    return y


@method
def lt(x: A, other: A | Array | Scalar) -> A:
    """Whether x < other, elementwise: a constant of dtype bool."""
    y: A = x < other
    return y


@method
def le(x: A, other: A | Array | Scalar) -> A:
    """Whether x <= other, elementwise: a constant of dtype bool."""
    y: A = x <= other
    return y


@method
def gt(x: A, other: A | Array | Scalar) -> A:
    """Whether x > other, elementwise: a constant of dtype bool."""
    y: A = x > other
    return y


@method
def ge(x: A, other: A | Array | Scalar) -> A:
    """Whether x >= other, elementwise: a constant of dtype bool."""
    y: A = x >= other
    return y


# Powers


class PowGradFn(BinaryGradFn):
    """y = a^b,  dy = b a^(b-1) da + a^b log a db; 0 in a where b = 0, and in b where a = 0 <= b"""

    __slots__ = ()

    def vjp_a(self, g: A, a: A, b: A) -> A:
        a, b = to(a, g.dtype), to(b, g.dtype)
        return g * where(b == 0, 0.0, b * pow(a, b - 1))

    def vjp_b(self, g: A, a: A, b: A) -> A:
        a, b = to(a, g.dtype), to(b, g.dtype)
        flat = (a == 0) * (b >= 0)
        return g * where(flat, 0.0, pow(a, b) * log(where(flat, 1.0, a)))


class PowNumberGradFn(InputGradFn):
    """y = x^n for a number n,  dy = n x^(n-1) dx"""

    __slots__ = ("_exponent",)

    def __init__(self, exponent: float) -> None:
        self._exponent = exponent

    def vjp(self, g: A, x: A) -> A:
        n = self._exponent
        return g * (n * pow(x, n - 1)) if n else g * 0.0


@method
def pow(x: A | Scalar, exponent: A | Array | Scalar) -> A:
    """x to the power of `exponent`; one of them may be a number."""
    if isinstance(x, Tensor) or isinstance(exponent, Tensor):
        return _pow(x, exponent)
    y: Array = kernels.power(x, exponent)
    return y  # type: ignore[return-value]  # without a Tensor, A is Array


def _pow(x: Operand, exponent: Operand) -> Tensor:
    if not isinstance(x, Tensor):
        x = operands("pow", x, exponent)[0]
    if type(exponent) is float or type(exponent) is int:
        return PowNumberGradFn(exponent).record(kernels.power(x._data, exponent), x)
    return binary(np.power, PowGradFn, x, exponent)


class ExpGradFn(OutputGradFn):
    """y = e^x,  dy = y dx"""

    __slots__ = ()

    def vjp(self, g: A, y: A) -> A:
        return g * y


@method
def exp(x: A) -> A:
    """e to the power of each element of `x`."""
    if isinstance(x, Tensor):
        return ExpGradFn().record(np.exp(x._data), x)
    return np.exp(x)


class LogGradFn(InputGradFn):
    """y = log x,  dy = dx / x"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return g / x


@method
def log(x: A) -> A:
    """The natural logarithm of each element of `x`."""
    if isinstance(x, Tensor):
        return LogGradFn().record(np.log(x._data), x)
    return np.log(x)


class SqrtGradFn(OutputGradFn):
    """y = sqrt x,  dy = dx / 2y"""

    __slots__ = ()

    def vjp(self, g: A, y: A) -> A:
        return g / (2.0 * y)


@method
def sqrt(x: A) -> A:
    """The square root of each element of `x`."""
    if isinstance(x, Tensor):
        return SqrtGradFn().record(np.sqrt(x._data), x)
    return np.sqrt(x)


# Trigonometric and hyperbolic functions


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
    return np.sin(x)


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
    return np.cos(x)


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
    return np.tanh(x)


# Activations


class SigmoidGradFn(OutputGradFn):
    """y = 1 / (1 + e^-x),  dy = y (1 - y) dx"""

    __slots__ = ()

    def vjp(self, g: A, y: A) -> A:
        return g * (y * (1.0 - y))


@method
def sigmoid(x: A) -> A:
    """1 / (1 + e^-x) for each element of `x`."""
    if isinstance(x, Tensor):
        return SigmoidGradFn().record(kernels.sigmoid(x._data), x)
    return kernels.sigmoid(x)


class ReluGradFn(OutputGradFn):
    """y = max(x, 0),  dy = [y > 0] dx"""

    __slots__ = ()

    def vjp(self, g: A, y: A) -> A:
        return g * (y > 0)


@method
def relu(x: A) -> A:
    """max(x, 0) for each element of `x`."""
    if isinstance(x, Tensor):
        return ReluGradFn().record(np.maximum(x._data, 0), x)
    return np.maximum(x, 0)


class SoftplusGradFn(InputGradFn):
    """y = log(1 + e^(beta x)) / beta,  dy = sigmoid(beta x) dx"""

    __slots__ = ("_beta", "_threshold")

    def __init__(self, beta: float, threshold: float) -> None:
        self._beta = beta
        self._threshold = threshold

    def vjp(self, g: A, x: A) -> A:
        return where(self._beta * x > self._threshold, g, g * sigmoid(self._beta * x))


@method
def softplus(x: A, beta: float = 1.0, threshold: float = 20.0) -> A:
    """log(1 + e^(beta x)) / beta for each element of `x`, and x itself where beta x > threshold."""
    if isinstance(x, Tensor):
        return SoftplusGradFn(beta, threshold).record(kernels.softplus(x._data, beta, threshold), x)
    return kernels.softplus(x, beta, threshold)


# Choice


def sign(x: A) -> A:
    """-1, 0 or 1 by the sign of each element of `x`: a constant."""
    if isinstance(x, Tensor):
        return make(np.sign(x._data), CONSTANT)
    return np.sign(x)


class AbsGradFn(InputGradFn):
    """y = |x|,  dy = sign x dx"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return g * sign(x)


@method
def abs(x: A) -> A:
    """The absolute value of each element of `x`."""
    if isinstance(x, Tensor):
        return AbsGradFn().record(np.abs(x._data), x)
    return np.abs(x)


class MaximumGradFn(BinaryGradFn):
    """y = max(a, b),  dy = [a > b] da + [b > a] db, and half of each where a = b"""

    __slots__ = ()

    def vjp_a(self, g: A, a: A, b: A) -> A:
        return _share_of_greater(g, a, b)

    def vjp_b(self, g: A, a: A, b: A) -> A:
        return _share_of_greater(g, b, a)


class MinimumGradFn(BinaryGradFn):
    """y = min(a, b),  dy = [a < b] da + [b < a] db, and half of each where a = b"""

    __slots__ = ()

    def vjp_a(self, g: A, a: A, b: A) -> A:
        return _share_of_greater(g, b, a)

    def vjp_b(self, g: A, a: A, b: A) -> A:
        return _share_of_greater(g, a, b)


def _share_of_greater(g: A, a: A, b: A) -> A:
    """g where a > b, half of it where a = b, 0 elsewhere."""
    return where(a == b, 0.5 * g, where(a > b, g, 0.0))


@method
def maximum(x: A, other: A | Array | Scalar) -> A:
    """The greater of `x` and `other`, elementwise."""
    if isinstance(x, Tensor):
        return binary(np.maximum, MaximumGradFn, x, other)
    return np.maximum(x, other)


@method
def minimum(x: A, other: A | Array | Scalar) -> A:
    """The lesser of `x` and `other`, elementwise."""
    if isinstance(x, Tensor):
        return binary(np.minimum, MinimumGradFn, x, other)
    return np.minimum(x, other)


class WhereGradFn(TwoInputGradFn):
    """y = a where c, else b,  dy = [c] da + [not c] db"""

    __slots__ = ("_condition",)

    def __init__(self, condition: Array) -> None:
        lock(condition)
        self._condition = condition

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        a_fn, b_fn = self._inputs
        return (
            None if a_fn is CONSTANT else where(self._condition, g, 0.0),
            None if b_fn is CONSTANT else where(self._condition, 0.0, g),
        )


@method
def where(condition: Tensor | Array, x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """`x` where `condition` is true, else `other`; all three broadcast, and one of the last two may be a number."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return _where(condition, x, other)
    if isinstance(condition, Tensor):
        raise TypeError("where: a Tensor chooses between Tensors, or a Tensor and a number; Tensor(number) makes one")
    return np.where(condition, x, other)  # type: ignore[return-value]  # without a Tensor, A is Array


def _where(condition: Tensor | Array, x: Operand, other: Operand) -> Tensor:
    a, b = operands("where", x, other)
    chosen = condition._data if isinstance(condition, Tensor) else np.array(condition)
    if chosen.dtype.kind != "b":
        raise TypeError(f"where: the condition has dtype {chosen.dtype}; compare it to something, for a bool")
    try:
        y = np.where(chosen, a._data, b._data)
    except ValueError:
        raise no_broadcast("where", chosen, a, b) from None
    return WhereGradFn(chosen).record(y, a, b)


@method
def clamp(x: A, min: A | Scalar | None = None, max: A | Scalar | None = None) -> A:
    """`x` limited to [min, max], elementwise; the gradient at a limit is `x`'s. Raises ValueError without limits."""
    if min is None and max is None:
        raise ValueError("clamp: give min, max or both")
    if min is not None:
        x = where(lt(x, min), min, x)
    if max is not None:
        x = where(gt(x, max), max, x)
    return x


class ToGradFn(UnaryGradFn):
    """y = x in another dtype,  dy = dx in x's"""

    __slots__ = ("_dtype",)

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._dtype = dtype

    def vjp(self, g: A) -> A:
        return to(g, self._dtype)


@method
def to(x: A, dtype: npt.DTypeLike) -> A:
    """`x` with another dtype, itself if it has it already. Integers and bool are constants."""
    target = checked_dtype("to", dtype)
    if not isinstance(x, Tensor):
        return x.astype(target, copy=False)
    if x.dtype == target:
        return x
    y = x._data.astype(target)
    return ToGradFn(x.dtype).record(y, x) if target.kind == "f" else make(y, CONSTANT)
