"""The bilinear map of two inputs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kytorch.kernels.matmul import dot
from kytorch.nn import init
from kytorch.nn.checks import check_positive
from kytorch.nn.module import Module
from kytorch.ops.products import product
from kytorch.tensor.core import CONSTANT, A, GradFn, Tensor, View, make
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Array


class BilinearMapGradFn(GradFn):
    """y_o = a^T W_o b + c_o,  dy_o = da^T W_o b + a^T dW_o b + a^T W_o db + dc_o, for each row of a and b"""

    __slots__ = ("_a", "_b", "_w")
    _a: Array
    _b: Array
    _w: Array

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        a_fn, b_fn, w_fn, _ = self._inputs
        a, b, w = view(self._a, a_fn), view(self._b, b_fn), view(self._w, w_fn)
        outputs, left, right = w.shape
        n = math.prod(g.shape[:-1])
        rows = g.reshape(n, outputs)
        g_a: A | None = None
        g_b: A | None = None
        g_w: A | None = None
        if a_fn is not CONSTANT or b_fn is not CONSTANT:
            g_pairs = product(rows, w.reshape(outputs, left * right)).reshape(n, left, right)
            if a_fn is not CONSTANT:
                g_a = (g_pairs @ b.reshape(n, right, 1)).reshape(self._shapes[0])
            if b_fn is not CONSTANT:
                g_b = (a.reshape(n, 1, left) @ g_pairs).reshape(self._shapes[1])
        if w_fn is not CONSTANT:
            g_w = product(rows.T, _pairs(a.reshape(n, left), b.reshape(n, right))).reshape(w.shape)
        return g_a, g_b, g_w, rows

    def record(self, y: Array, a: Tensor, b: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The Tensor of `y`, a fresh array, as made from the others by this operation."""
        self._inputs = (a._grad_fn, b._grad_fn, weight._grad_fn, CONSTANT if bias is None else bias._grad_fn)
        if self._inputs.count(CONSTANT) == 4:
            return make(y, CONSTANT)
        self._shapes = (a._data.shape, b._data.shape, weight._data.shape, weight._data.shape[:1])
        self._a, self._b, self._w = a._data, b._data, weight._data
        return make(y, self)


def _pairs(a: A, b: A) -> A:
    """The products of each row's elements, (n, left right) of (n, left) and (n, right)."""
    (n, left), right = a.shape, b.shape[1]
    pairs: A = (a.reshape(n, left, 1) * b.reshape(n, 1, right)).reshape(n, left * right)
    return pairs


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y_o = input1^T weight_o input2 + bias_o.

    The inputs have shapes (..., in1) and (..., in2), alike but for their last sizes, `weight` (out, in1, in2) and
    `bias` (out,): shape (..., out). Raises ValueError for other shapes.
    """
    tensors = (input1, input2, weight) if bias is None else (input1, input2, weight, bias)
    for x in tensors:
        if type(x) is not Tensor:
            raise not_tensors("bilinear", *tensors)
    a, b, w = input1._data, input2._data, weight._data
    if w.ndim != 3 or not a.ndim or a.shape[:-1] != b.shape[:-1] or (*a.shape[-1:], *b.shape[-1:]) != w.shape[1:]:
        raise ValueError(
            f"bilinear: inputs of shapes {a.shape} and {b.shape} for a weight of shape {w.shape}; expected (..., in1), "
            "(..., in2) and (out, in1, in2)"
        )
    outputs, left, right = w.shape
    n = math.prod(a.shape[:-1])
    y = dot(_pairs(a.reshape(n, left), b.reshape(n, right)), w.reshape(outputs, left * right).T)
    if bias is not None:
        if bias._data.shape != (outputs,):
            raise ValueError(f"bilinear: a bias of shape {bias.shape} for a weight of shape {w.shape}")
        y = y + bias._data
    return BilinearMapGradFn().record(y.reshape(*a.shape[:-1], outputs), input1, input2, weight, bias)


class Bilinear(Module):
    """y_o = input1^T weight_o input2 + bias_o, with `weight` of (out_features, in1_features, in2_features).

    Weight and bias are drawn from U(-k, k) with k = 1 / sqrt(in1_features), as in PyTorch.
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        dtype: npt.DTypeLike = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        check_positive("Bilinear", in1_features=in1_features, in2_features=in2_features, out_features=out_features)
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        bound = 1 / math.sqrt(in1_features)
        self.weight = init.uniform_weight((out_features, in1_features, in2_features), bound, dtype, generator)
        self.bias = init.uniform_weight((out_features,), bound, dtype, generator) if bias else None

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return bilinear(input1, input2, self.weight.tensor(), None if self.bias is None else self.bias.tensor())

    def multiply_adds(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> int:
        return outputs[0].size * self.in1_features * self.in2_features

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
