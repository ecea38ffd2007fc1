"""The error function and other special functions."""

from __future__ import annotations

import math

from kytorch.kernels import elementwise as kernels
from kytorch.kernels import erf as erf_kernels
from kytorch.kernels import sinc as sinc_kernels
from kytorch.ops.exponential import exp, log
from kytorch.ops.singular import over, somewhere, times
from kytorch.ops.where import where
from kytorch.tensor.core import A, Operand, Tensor
from kytorch.tensor.errors import no_broadcast
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of, on_arrays, operands
from kytorch.tensor.rules import BinaryGradFn, InputGradFn
from kytorch.tensor.values import Array, Scalar

_TWO_OVER_ROOT_PI = 2.0 / math.sqrt(math.pi)


class ErfGradFn(InputGradFn):
    """y = erf x,  dy = 2/sqrt(pi) e^(-x^2) dx"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return g * (_TWO_OVER_ROOT_PI * exp(-(x * x)))


@method
def erf(x: A) -> A:
    """The error function of each element of `x`: 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x."""
    if isinstance(x, Tensor):
        return ErfGradFn().record(erf_kernels.erf(x._data), x)
    return erf_kernels.erf(array_of("erf", x))


class ErfcGradFn(InputGradFn):
    """y = 1 - erf x,  dy = -2/sqrt(pi) e^(-x^2) dx"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return g * (-_TWO_OVER_ROOT_PI * exp(-(x * x)))


@method
def erfc(x: A) -> A:
    """1 - erf x for each element of `x`, with its digits where that is small."""
    if isinstance(x, Tensor):
        return ErfcGradFn().record(erf_kernels.erfc(x._data), x)
    return erf_kernels.erfc(array_of("erfc", x))


class LogitGradFn(InputGradFn):
    """y = log(x / (1 - x)),  dy = dx / (x (1 - x)); 0 where `eps` limits x, NaN outside [0, 1]"""

    __slots__ = ("_eps",)

    def __init__(self, eps: float | None) -> None:
        self._eps = eps

    def vjp(self, g: A, x: A) -> A:
        if self._eps is not None:
            g = where((x < self._eps) + (x > 1.0 - self._eps), 0.0, g)
        slope: A = x * (1.0 - x)
        outside: A = slope < 0
        return over(g, where(outside, math.nan, slope) if somewhere(outside) else slope)


@method
def logit(x: A, eps: float | None = None) -> A:
    """log(x / (1 - x)) for each element of `x`, which is first limited to [eps, 1 - eps] if `eps` is given."""
    if eps is not None and not isinstance(eps, (int, float)):
        raise TypeError(f"logit: expected a number as eps, not {type(eps).__name__}")
    if isinstance(x, Tensor):
        return LogitGradFn(eps).record(kernels.logit(x._data, eps), x)
    return on_arrays("logit", lambda x: kernels.logit(x, eps), x)


class XlogyGradFn(BinaryGradFn):
    """y = a log b,  dy = log b da + a / b db; 0 in a where a = 0 >= b"""

    __slots__ = ()

    def vjp_a(self, g: A, a: A, b: A) -> A:
        flat: A = (a == 0) * (b <= 0)
        return times(g, where(flat, 0.0, log(where(flat, 1.0, b))) if somewhere(flat) else log(b))

    def vjp_b(self, g: A, a: A, b: A) -> A:
        return times(g, a / b)


@method
def xlogy(x: A | Scalar, other: A | Array | Scalar) -> A:
    """x log(other), and 0 where x is 0 unless `other` is NaN; one of them may be a number."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return _xlogy(x, other)
    y = on_arrays("xlogy", kernels.xlogy, x, other)
    return y  # type: ignore[return-value]  # without a Tensor, A is Array


def _xlogy(x: Operand, other: Operand) -> Tensor:
    a, b = operands("xlogy", x, other)
    try:
        y = kernels.xlogy(a._data, b._data)
    except ValueError:
        raise no_broadcast("xlogy", a, b) from None
    return XlogyGradFn().record(y, a, b)


class SincGradFn(InputGradFn):
    """y = the n-th derivative of sin(pi x) / (pi x),  dy = the next one dx"""

    __slots__ = ("_order",)

    def __init__(self, order: int) -> None:
        self._order = order

    def vjp(self, g: A, x: A) -> A:
        return g * _sinc(x, self._order + 1)


@method
def sinc(x: A) -> A:
    """sin(pi x) / (pi x) for each element of `x`, and 1 at 0."""
    return _sinc(x, 0)


def _sinc(x: A, order: int) -> A:
    if isinstance(x, Tensor):
        return SincGradFn(order).record(sinc_kernels.sinc(x._data, order), x)
    return on_arrays("sinc", sinc_kernels.sinc, x, order)
