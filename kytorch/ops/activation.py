"""Elementwise functions that networks are made of."""

from __future__ import annotations

from kytorch.kernels import elementwise as kernels
from kytorch.ops.singular import somewhere
from kytorch.ops.where import where
from kytorch.tensor.core import A, Tensor
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of, on_arrays
from kytorch.tensor.rules import InputGradFn, OutputGradFn


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
    return kernels.sigmoid(array_of("sigmoid", x))


class ReluGradFn(OutputGradFn):
    """y = max(x, 0),  dy = [y != 0] dx, also where y is NaN"""

    __slots__ = ()

    def vjp(self, g: A, y: A) -> A:
        gradient: A = g * (y != 0)
        return gradient


@method
def relu(x: A) -> A:
    """max(x, 0) for each element of `x`."""
    if isinstance(x, Tensor):
        return ReluGradFn().record(kernels.relu(x._data), x)
    return kernels.relu(array_of("relu", x))


class SoftplusGradFn(InputGradFn):
    """y = log(1 + e^(beta x)) / beta,  dy = sigmoid(beta x) dx"""

    __slots__ = ("_beta", "_threshold")

    def __init__(self, beta: float, threshold: float) -> None:
        self._beta = beta
        self._threshold = threshold

    def vjp(self, g: A, x: A) -> A:
        z: A = x if self._beta == 1 else self._beta * x
        steep: A = z > self._threshold
        y: A = g * sigmoid(z)
        return where(steep, g, y) if somewhere(steep) else y


@method
def softplus(x: A, beta: float = 1.0, threshold: float = 20.0) -> A:
    """log(1 + e^(beta x)) / beta for each element of `x`, and x itself where beta x > threshold."""
    if isinstance(x, Tensor):
        return SoftplusGradFn(beta, threshold).record(kernels.softplus(x._data, beta, threshold), x)
    return on_arrays("softplus", lambda x: kernels.softplus(x, beta, threshold), x)
