"""The affine map."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kytorch.kernels.matmul import ALONE_WITH_VECTOR, dot
from kytorch.nn import init
from kytorch.nn.checks import check_positive
from kytorch.nn.module import Module
from kytorch.ops.products import product
from kytorch.tensor.core import CONSTANT, A, GradFn, Tensor, View, make
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Array, Shape


class LinearGradFn(GradFn):
    """y = x w^T + b,  dy = dx w^T + x dw^T + db"""

    __slots__ = ("_w", "_x")

    def __init__(self, inputs: tuple[GradFn, ...], shapes: tuple[Shape, ...], x: Array | None, w: Array | None) -> None:
        self._inputs = inputs
        self._shapes = shapes
        self._x = x  # None if w is a constant
        self._w = w  # None if x is

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        x, w = self._x, self._w
        return affine_vjp(
            g, None if x is None else view(x, self._inputs[0]), None if w is None else view(w, self._inputs[1])
        )


def affine_vjp(g: A, x: A | None, w: A | None) -> tuple[A | None, A | None, A]:
    """The gradients with respect to x, if `w` is given, to w, if `x` is given, and, not summed, to b."""
    rows = g if g.ndim == 2 else g.reshape(math.prod(g.shape[:-1]), g.shape[-1])
    g_x: A | None = None
    g_w: A | None = None
    if w is not None:
        g_x = product(rows, w)
        if g.ndim != 2:
            g_x = g_x.reshape(*g.shape[:-1], w.shape[1])
    if x is not None:
        # Transposed, so that it is laid out in memory as the weight is.
        g_w = product((x if x.ndim == 2 else x.reshape(rows.shape[0], x.shape[-1])).T, rows).T
    return g_x, g_w, rows


def affine(x: Array, w: Array, b: Array | None) -> Array:
    """`linear` on arrays."""
    shape, expected = x.shape, w.shape
    if len(expected) != 2 or shape[-1:] != expected[1:]:
        raise ValueError(
            f"linear: an input of shape {shape} has {shape[-1] if shape else 'no'} features, and a weight of shape "
            f"{expected} expects {expected[-1] if expected else 'two dimensions'}"
        )
    rows = x if len(shape) == 2 else x.reshape(math.prod(shape[:-1]), shape[-1])
    y: Array = rows.dot(w.T) if rows.size * expected[0] <= ALONE_WITH_VECTOR else dot(rows, w.T)
    if b is not None:
        if b.shape != expected[:1]:
            raise ValueError(f"linear: a bias of shape {b.shape} for a weight of shape {expected}")
        if len(y) == 1:
            b = b.reshape(1, -1)  # NumPy adds equal shapes in a third of the time
        if b.dtype is y.dtype:
            y += b
        else:
            y = y + b
    if len(shape) != 2:
        y = y.reshape(*shape[:-1], expected[0])
    return y


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x weight^T + bias, for `x` of shape (..., in), `weight` of (out, in) and `bias` of (out,): shape (..., out).

    Raises ValueError for other shapes.
    """
    if type(x) is not Tensor or type(weight) is not Tensor or (bias is not None and type(bias) is not Tensor):
        raise not_tensors("linear", x, weight, *(() if bias is None else (bias,)))
    y = affine(x._data, weight._data, None if bias is None else bias._data)
    x_fn, w_fn, b_fn = x._grad_fn, weight._grad_fn, CONSTANT if bias is None else bias._grad_fn
    if x_fn is CONSTANT and w_fn is CONSTANT and b_fn is CONSTANT:
        return make(y, CONSTANT)
    shapes = x._data.shape, weight._data.shape, weight._data.shape[:1]
    x_read, w_read = None if w_fn is CONSTANT else x._data, None if x_fn is CONSTANT else weight._data
    return make(y, LinearGradFn((x_fn, w_fn, b_fn), shapes, x_read, w_read))


class Linear(Module):
    """y = x weight^T + bias, with `weight` of shape (out_features, in_features) and `bias` of (out_features,).

    Both are drawn as in PyTorch, from U(-k, k) with k = 1 / sqrt(in_features).
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        dtype: npt.DTypeLike = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        check_positive("Linear", in_features=in_features, out_features=out_features)
        self.in_features = in_features
        self.out_features = out_features
        bound = 1 / math.sqrt(in_features)
        # Column by column in memory: BLAS multiplies x by a transposed matrix a third faster then.
        self.weight = init.uniform_weight((out_features, in_features), bound, dtype, generator, order="F")
        self.bias = init.uniform_weight((out_features,), bound, dtype, generator) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight.tensor(), None if self.bias is None else self.bias.tensor())

    def multiply_adds(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> int:
        return outputs[0].size * self.in_features

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
