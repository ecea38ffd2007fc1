"""Sliding windows along a dimension."""

from __future__ import annotations

import numpy as np

from kytorch.kernels import windows as kernels
from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.dims import one_of, sizes
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import check_operands
from kytorch.tensor.rules import PartGradFn
from kytorch.tensor.values import Array, Shape


class UnfoldGradFn(PartGradFn):
    """y = the windows of x along a dimension"""

    __slots__ = ("_dim", "_step")

    def __init__(self, dim: int, step: int) -> None:
        self._dim = dim
        self._step = step

    def vjp(self, g: A) -> A:
        return _windows_added(g, self._dim, self._step, self._shapes[0])

    def add_to(self, total: Array, g: Array) -> None:
        kernels.add(total, g, self._dim, self._step)


class AddWindowsGradFn(UnaryGradFn):
    """y = the windows x added where they lie, the transpose of unfold"""

    __slots__ = ("_dim", "_step")

    def __init__(self, dim: int, step: int) -> None:
        self._dim = dim
        self._step = step

    def vjp(self, g: A) -> A:
        return unfold(g, self._dim, self._shapes[0][-1], self._step)


@method
def unfold(x: A, dimension: int, size: int, step: int) -> A:
    """The windows of `size` elements along `dimension`, `step` apart, each as a new last dimension; without copying."""
    check_operands("unfold", x)
    dim = one_of("unfold", dimension, x.ndim)
    length, apart = sizes("unfold", (size, step))
    if not 0 <= length <= x.shape[dim] or apart < 1:
        raise ValueError(
            f"unfold: windows of {size}, {step} apart, along dimension {dimension} of shape {x.shape}; expected a size "
            f"from 0 to {x.shape[dim]} and a step of 1 or more"
        )
    if isinstance(x, Tensor):
        return UnfoldGradFn(dim, apart).record(kernels.windows(x._data, dim, length, apart), x)
    return kernels.windows(x, dim, length, apart)


def _windows_added(g: A, dim: int, step: int, shape: Shape) -> A:
    if isinstance(g, Tensor):
        return AddWindowsGradFn(dim, step).record(_windows_added(g._data, dim, step, shape), g)
    total: Array = np.zeros_like(g, order="C", shape=shape)
    kernels.add(total, g, dim, step)
    return total
