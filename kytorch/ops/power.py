"""Powers and roots."""

from __future__ import annotations

import numpy as np

from kytorch.kernels import elementwise as kernels
from kytorch.ops.arithmetic import binary, operands
from kytorch.ops.choice import where
from kytorch.ops.dtype import to
from kytorch.ops.exponential import log
from kytorch.ops.singular import over
from kytorch.tensor.core import (
    A,
    BinaryGradFn,
    InputGradFn,
    Operand,
    OutputGradFn,
    Tensor,
)
from kytorch.tensor.methods.registry import method
from kytorch.tensor.values import Array, Scalar


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
    return np.sqrt(x)
