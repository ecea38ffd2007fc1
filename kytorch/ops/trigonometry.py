"""Trigonometric and hyperbolic functions."""

from __future__ import annotations

import numpy as np

from kytorch.tensor.core import (
    A,
    InputGradFn,
    OutputGradFn,
    Tensor,
)
from kytorch.tensor.methods.registry import method


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
