"""Elementwise functions that networks are made of."""

from __future__ import annotations

import numpy as np

from kytorch.kernels import activation
from kytorch.kernels import elementwise as kernels
from kytorch.kernels.kinks import passed
from kytorch.ops.singular import somewhere
from kytorch.ops.where import masked, where
from kytorch.tensor.core import A, Tensor
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of, on_arrays
from kytorch.tensor.rules import InputGradFn, OutputGradFn
from kytorch.tensor.values import Array

# Up to this number of elements a kernel in blocks takes longer than NumPy's own steps.
_FEW = 1 << 15


class SigmoidGradFn(OutputGradFn):
    """y = 1 / (1 + e^-x),  dy = y (1 - y) dx"""

    __slots__ = ()

    def vjp(self, g: A, y: A) -> A:
        if isinstance(g, Tensor):
            return g * (y * (1.0 - y))
        return kernels.sigmoid_vjp(g, y) if y.size <= _FEW else activation.sigmoid_vjp(g, y)


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
        if isinstance(g, Tensor):
            return masked(g, _nonzero(y._data))
        return masked(g, _nonzero(y)) if y.size <= _FEW else passed(g, y, _nonzero)


def _nonzero(y: Array) -> Array:
    return np.not_equal(y, kernels.ZERO[y.dtype.char])


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
        if not isinstance(g, Tensor) and self._threshold >= 20 and x.dtype.itemsize < 8:
            return activation.sigmoid_times(g, x, self._beta)  # which is 1 beyond
        z: A = x if self._beta == 1 else self._beta * x
        steep: A = z > self._threshold
        y: A = g * sigmoid(z)
        return where(steep, g, y) if somewhere(steep) else y


@method
def softplus(x: A, beta: float = 1.0, threshold: float = 20.0) -> A:
    """log(1 + e^(beta x)) / beta for each element of `x`, and x itself where beta x > threshold."""
    if isinstance(x, Tensor):
        return SoftplusGradFn(beta, threshold).record(activation.softplus(x._data, beta, threshold), x)
    return on_arrays("softplus", lambda x: activation.softplus(x, beta, threshold), x)
