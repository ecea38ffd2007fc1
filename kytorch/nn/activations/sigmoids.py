"""The sigmoid, and activations made of it: SiLU (Elfwing et al. 2018), Mish (Misra 2020), and those of straight lines
for them (Howard et al. 2019).
"""

from __future__ import annotations

import numpy as np

from kytorch.kernels import activation, kinks
from kytorch.nn.activations.elementwise import Activation, ActivationGradFn, StraightGradFn, floats
from kytorch.nn.module import Module
from kytorch.ops import activation as ops
from kytorch.ops.activation import sigmoid, softplus
from kytorch.ops.hyperbolic import tanh
from kytorch.ops.where import where
from kytorch.tensor.core import Tensor
from kytorch.tensor.values import Array


class Sigmoid(Module):
    """1 / (1 + e^-x) for each element."""

    def forward(self, input: Tensor) -> Tensor:
        return ops.sigmoid(input)


class LogSigmoidGradFn(ActivationGradFn):
    """y = -log(1 + e^-x),  dy = sigmoid(-x) dx"""

    __slots__ = ()

    def slope(self, x: Tensor) -> Tensor:
        return sigmoid(-x)

    def kernel(self, g: Array, x: Array) -> Array:
        return activation.sigmoid_times(g, x, -1.0)


def logsigmoid(input: Tensor) -> Tensor:
    """log sigmoid(x) = -log(1 + e^-x) for each element."""
    return LogSigmoidGradFn().record(activation.logsigmoid(floats("logsigmoid", input)), input)


class LogSigmoid(Module):
    """log sigmoid(x) = -log(1 + e^-x) for each element."""

    def forward(self, input: Tensor) -> Tensor:
        return logsigmoid(input)


class SiluGradFn(ActivationGradFn):
    """y = x s, s = sigmoid(x),  dy = s (1 + x (1 - s)) dx"""

    __slots__ = ()

    def slope(self, x: Tensor) -> Tensor:
        s = sigmoid(x)
        return s * (1.0 + x * (1.0 - s))

    def kernel(self, g: Array, x: Array) -> Array:
        return activation.silu_vjp(g, x)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x sigmoid(x) for each element. `inplace` changes nothing: Tensors are immutable."""
    return SiluGradFn().record(activation.silu(floats("silu", input)), input)


class SiLU(Activation):
    """x sigmoid(x) for each element."""

    def forward(self, input: Tensor) -> Tensor:
        return silu(input)


class MishGradFn(ActivationGradFn):
    """y = x t, t = tanh(softplus(x)),  dy = (t + x sigmoid(x) (1 - t^2)) dx"""

    __slots__ = ()

    def slope(self, x: Tensor) -> Tensor:
        t = tanh(softplus(x))
        return t + x * sigmoid(x) * (1.0 - t * t)

    def kernel(self, g: Array, x: Array) -> Array:
        return activation.mish_vjp(g, x)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """x tanh(softplus(x)) for each element. `inplace` changes nothing: Tensors are immutable."""
    return MishGradFn().record(activation.mish(floats("mish", input)), input)


class Mish(Activation):
    """x tanh(softplus(x)) for each element."""

    def forward(self, input: Tensor) -> Tensor:
        return mish(input)


class HardsigmoidGradFn(StraightGradFn):
    """y = x / 6 + 1/2 limited to [0, 1],  dy = [-3 < x < 3] dx / 6"""

    __slots__ = ()
    _steepness = 1 / 6

    def passes(self, x: Array) -> Array:
        return np.abs(x) < 3


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """x / 6 + 1/2, limited to [0, 1], for each element. `inplace` changes nothing: Tensors are immutable."""
    return HardsigmoidGradFn().record(kinks.hardsigmoid(floats("hardsigmoid", input)), input)


class Hardsigmoid(Activation):
    """x / 6 + 1/2, limited to [0, 1], for each element."""

    def forward(self, input: Tensor) -> Tensor:
        return hardsigmoid(input)

    def extra_repr(self) -> str:
        return ""


class HardswishGradFn(ActivationGradFn):
    """y = x hardsigmoid(x),  dy = dx where x >= 3, 0 where x <= -3, (x / 3 + 1/2) dx between"""

    __slots__ = ()

    def slope(self, x: Tensor) -> Tensor:
        return where(x <= -3, 0.0, where(x >= 3, 1.0, x / 3.0 + 0.5))

    def kernel(self, g: Array, x: Array) -> Array:
        return kinks.hardswish_vjp(g, x)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """x hardsigmoid(x) for each element. `inplace` changes nothing: Tensors are immutable."""
    return HardswishGradFn().record(kinks.hardswish(floats("hardswish", input)), input)


class Hardswish(Activation):
    """x hardsigmoid(x) for each element."""

    def forward(self, input: Tensor) -> Tensor:
        return hardswish(input)

    def extra_repr(self) -> str:
        return ""
