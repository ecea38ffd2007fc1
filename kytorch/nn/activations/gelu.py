"""The Gaussian error linear unit (Hendrycks and Gimpel 2016)."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

from kytorch.kernels import activation as kernels
from kytorch.nn.activations.elementwise import ActivationGradFn, floats
from kytorch.nn.module import Module
from kytorch.ops.exponential import exp
from kytorch.ops.hyperbolic import tanh
from kytorch.ops.special import erf
from kytorch.tensor.core import A, Tensor
from kytorch.tensor.rules import InputOutputGradFn

Approximate: TypeAlias = Literal["none", "tanh"]

_ROOT_HALF = math.sqrt(0.5)
_ROOT_TWO_OVER_PI = math.sqrt(2 / math.pi)


class GeluGradFn(InputOutputGradFn):
    """y = x Phi(x), of the normal distribution function Phi,  dy = (Phi(x) + x e^(-x^2 / 2) / sqrt(2 pi)) dx"""

    __slots__ = ()

    def vjp(self, g: A, x: A, y: A) -> A:
        if isinstance(g, Tensor):
            below = erf(x * _ROOT_HALF) * 0.5 + 0.5
            return g * (below + x * exp(x * x * -0.5) * (0.5 * _ROOT_TWO_OVER_PI))
        return kernels.gelu_vjp(g, x, y)


class GeluTanhGradFn(ActivationGradFn):
    """y = x (1 + tanh u) / 2, u = sqrt(2/pi) (x + 0.044715 x^3),  dy = (1 + tanh u + x (1 - tanh(u)^2) u') dx / 2"""

    __slots__ = ()

    def slope(self, x: Tensor) -> Tensor:
        square = x * x * 0.044715
        t = tanh((square + 1.0) * x * _ROOT_TWO_OVER_PI)
        return (t + 1.0 + x * (1.0 - t * t) * (square * 3.0 + 1.0) * _ROOT_TWO_OVER_PI) * 0.5

    kernel = staticmethod(kernels.gelu_tanh_vjp)


def gelu(input: Tensor, approximate: Approximate = "none") -> Tensor:
    """x times the normal distribution function of x, which with "tanh" is approximated by that, for each element.

    Raises ValueError for another `approximate`.
    """
    x = floats("gelu", input)
    if approximate == "tanh":
        return GeluTanhGradFn().record(kernels.gelu_tanh(x), input)
    _check_approximate("gelu", approximate)
    return GeluGradFn().record(kernels.gelu(x), input)


def _check_approximate(name: str, approximate: Approximate) -> None:
    if approximate not in ("none", "tanh"):
        raise ValueError(f"{name}: approximate is to be 'none' or 'tanh', not {approximate!r}")


class GELU(Module):
    """x times the normal distribution function of x, which with "tanh" is approximated by that, for each element."""

    def __init__(self, approximate: Approximate = "none") -> None:
        _check_approximate("GELU", approximate)
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        return gelu(input, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"
