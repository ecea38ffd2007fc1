"""The affine map."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kytorch.nn import init
from kytorch.nn.checks import check_positive
from kytorch.nn.module import Module
from kytorch.ops.products import product
from kytorch.tensor.core import CONSTANT, A, GradFn, Tensor, View, make
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Array


class LinearGradFn(GradFn):
    """y = x w^T + b,  dy = dx w^T + x dw^T + db"""

    __slots__ = ("_w", "_x")
    _x: Array
    _w: Array

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        x_fn, w_fn = self._inputs[0], self._inputs[1]
        rows = g if g.ndim == 2 else g.reshape(math.prod(g.shape[:-1]), g.shape[-1])
        g_x: A | None = None
        g_w: A | None = None
        if x_fn is not CONSTANT:
            g_x = product(rows, view(self._w, w_fn))
            if g.ndim != 2:
                g_x = g_x.reshape(self._shapes[0])
        if w_fn is not CONSTANT:
            x = view(self._x, x_fn)
            # Transposed, so that it is laid out in memory as the weight is.
            g_w = product((x if x.ndim == 2 else x.reshape(rows.shape[0], x.shape[-1])).T, rows).T
        return g_x, g_w, rows

    def record(self, y: Array, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The Tensor of `y`, a fresh array, as made from the others by this operation."""
        x_fn, w_fn, b_fn = x._grad_fn, weight._grad_fn, CONSTANT if bias is None else bias._grad_fn
        if x_fn is CONSTANT and w_fn is CONSTANT and b_fn is CONSTANT:
            return make(y, CONSTANT)
        self._inputs = (x_fn, w_fn, b_fn)
        self._shapes = (x._data.shape, weight._data.shape, weight._data.shape[:1])
        if w_fn is not CONSTANT:
            self._x = x._data
        if x_fn is not CONSTANT:
            self._w = weight._data
        return make(y, self)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x weight^T + bias, for `x` of shape (..., in), `weight` of (out, in) and `bias` of (out,): shape (..., out).

    Raises ValueError for other shapes.
    """
    if type(x) is not Tensor or type(weight) is not Tensor or (bias is not None and type(bias) is not Tensor):
        raise not_tensors("linear", x, weight, *(() if bias is None else (bias,)))
    a, w = x._data, weight._data
    shape, expected = a.shape, w.shape
    if len(expected) != 2 or shape[-1:] != expected[1:]:
        raise ValueError(
            f"linear: an input of shape {shape} has {shape[-1] if shape else 'no'} features, and a weight of shape "
            f"{expected} expects {expected[-1] if expected else 'two dimensions'}"
        )
    y = (a if len(shape) == 2 else a.reshape(math.prod(shape[:-1]), shape[-1])).dot(w.T)
    if bias is not None:
        b = bias._data
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
    return LinearGradFn().record(y, x, weight, bias)


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
