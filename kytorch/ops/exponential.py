"""Exponentials and logarithms."""

from __future__ import annotations

import numpy as np

from kytorch.tensor.core import (
    A,
    InputGradFn,
    OutputGradFn,
    Tensor,
)
from kytorch.tensor.methods.registry import method


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
