"""Softplus, Softsign, and the functions that NumPy has: Tanh and Sin (Sitzmann et al. 2020)."""

from __future__ import annotations

from kytorch.kernels import activation as kernels
from kytorch.nn.activations.elementwise import ActivationGradFn, floats
from kytorch.nn.checks import check_numbers
from kytorch.nn.module import Module
from kytorch.ops import activation, hyperbolic, trigonometry
from kytorch.tensor.core import Tensor
from kytorch.tensor.values import Array


class Sin(Module):
    """sin x for each element."""

    def forward(self, input: Tensor) -> Tensor:
        return trigonometry.sin(input)


class Tanh(Module):
    """tanh x for each element."""

    def forward(self, input: Tensor) -> Tensor:
        return hyperbolic.tanh(input)


class Softplus(Module):
    """log(1 + e^(beta x)) / beta for each element, and x itself where beta x > threshold."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        check_numbers("Softplus", beta=beta, threshold=threshold)
        if not beta:
            raise ValueError("Softplus: the logarithm is divided by beta, which is not to be 0")
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        return activation.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class SoftsignGradFn(ActivationGradFn):
    """y = x / (1 + |x|),  dy = dx / (1 + |x|)^2"""

    __slots__ = ()

    def slope(self, x: Tensor) -> Tensor:
        return (1.0 + abs(x)) ** -2

    def kernel(self, g: Array, x: Array) -> Array:
        return kernels.softsign_vjp(g, x)


def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|) for each element."""
    return SoftsignGradFn().record(kernels.softsign(floats("softsign", input)), input)


class Softsign(Module):
    """x / (1 + |x|) for each element."""

    def forward(self, input: Tensor) -> Tensor:
        return softsign(input)
