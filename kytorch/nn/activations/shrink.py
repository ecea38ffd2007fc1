"""Activations that take what is small away: Softshrink, Hardshrink and Tanhshrink."""

from __future__ import annotations

import numpy as np

from kytorch.kernels import activation, kinks
from kytorch.nn.activations.elementwise import ActivationGradFn, StraightGradFn, floats
from kytorch.nn.checks import check_numbers
from kytorch.nn.module import Module
from kytorch.ops.hyperbolic import tanh
from kytorch.tensor.core import Tensor
from kytorch.tensor.values import Array


class ShrinkGradFn(StraightGradFn):
    """y = 0 where -lambda <= x <= lambda, else x, or x less lambda in size,  dy = dx beyond"""

    __slots__ = ("_lambd",)

    def __init__(self, lambd: float) -> None:
        self._lambd = lambd

    def passes(self, x: Array) -> Array:
        return ~(np.abs(x) <= self._lambd)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x - lambd where x > lambd, x + lambd where x < -lambd, else 0, for each element. ValueError for lambd < 0."""
    _check_lambd("softshrink", lambd)
    return ShrinkGradFn(lambd).record(kinks.softshrink(floats("softshrink", input), lambd), input)


def _check_lambd(name: str, lambd: float) -> None:
    check_numbers(name, lambd=lambd)
    if not lambd >= 0:
        raise ValueError(f"{name}: lambd is to be at least 0, not {lambd}")


class Softshrink(Module):
    """x - lambd where x > lambd, x + lambd where x < -lambd, else 0, for each element."""

    def __init__(self, lambd: float = 0.5) -> None:
        _check_lambd("Softshrink", lambd)
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x where x > lambd or x < -lambd, else 0, for each element."""
    check_numbers("hardshrink", lambd=lambd)
    x = floats("hardshrink", input)
    node = ShrinkGradFn(lambd)
    return node.record(kinks.passed(x, x, node.passes), input)


class Hardshrink(Module):
    """x where x > lambd or x < -lambd, else 0, for each element."""

    def __init__(self, lambd: float = 0.5) -> None:
        check_numbers("Hardshrink", lambd=lambd)
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class TanhshrinkGradFn(ActivationGradFn):
    """y = x - tanh x,  dy = tanh(x)^2 dx"""

    __slots__ = ()

    def slope(self, x: Tensor) -> Tensor:
        t = tanh(x)
        return t * t

    def kernel(self, g: Array, x: Array) -> Array:
        return activation.tanhshrink_vjp(g, x)


def tanhshrink(input: Tensor) -> Tensor:
    """x - tanh x for each element."""
    return TanhshrinkGradFn().record(activation.tanhshrink(floats("tanhshrink", input)), input)


class Tanhshrink(Module):
    """x - tanh x for each element."""

    def forward(self, input: Tensor) -> Tensor:
        return tanhshrink(input)
