"""What layer norm and RMS norm share: the last dimensions are normalised together, each place with a weight."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kytorch.kernels import row_norm as kernels
from kytorch.nn.checks import check_numbers, weight_dtype
from kytorch.nn.fused import FusedGradFn
from kytorch.nn.module import Module
from kytorch.nn.normalization.affine import affine_of
from kytorch.ops.power import rsqrt
from kytorch.ops.reduce import mean
from kytorch.tensor.core import A, Tensor, TrainableWeight
from kytorch.tensor.dims import positive_sizes
from kytorch.tensor.values import Array, Shape, lock


class RowNormGradFn(FusedGradFn):
    """y = (x - mean) / sqrt(var + eps) weight + bias over the last dimensions, with a mean of 0 if not centred"""

    __slots__ = ("_average", "_centred", "_dims", "_eps", "_has_bias", "_has_weight", "_scale")
    _average: Array
    _scale: Array

    def __init__(self, dims: int, eps: float, centred: bool, has_weight: bool, has_bias: bool) -> None:
        self._dims = dims
        self._eps = eps
        self._centred = centred
        self._has_weight = has_weight
        self._has_bias = has_bias

    def forward(self, input: Tensor, *affine: Tensor) -> Tensor:
        """The normalised Tensor, recorded."""
        x = input._data
        weight, bias = self._apart(*[part._data.reshape(-1) for part in affine])
        y, self._average, self._scale = kernels.row_norm(self._rows(x), weight, bias, self._eps, self._centred)
        lock(self._average)
        lock(self._scale)
        return self.record(y.reshape(x.shape), input, *affine)

    def gradients(self, g: Array, *inputs: Array) -> tuple[Array | None, ...]:
        x, *affine = inputs
        weight, _ = self._apart(*[part.reshape(-1) for part in affine])
        needed = (self.needs(0), self._has_weight and self.needs(1), self._has_bias and self.needs(len(affine)))
        found = kernels.row_norm_vjp(
            self._rows(g), self._rows(x), weight, self._average, self._scale, self._centred, needed
        )
        places = (True, self._has_weight, self._has_bias)
        kept = [part for part, has in zip(found, places) if has]
        return tuple([None if part is None else part.reshape(x.shape) for part, x in zip(kept, inputs)])

    def _rows(self, x: Array) -> Array:
        """What is normalised together as a row, contiguous."""
        columns = math.prod(x.shape[x.ndim - self._dims :])
        return np.ascontiguousarray(x.reshape(x.size // max(columns, 1), columns))

    def composition(self, *inputs: Tensor) -> Tensor:
        x, *affine = inputs
        weight, bias = self._apart(*affine)
        dims = tuple(range(x.ndim - self._dims, x.ndim))
        d = x - mean(x, dims, True) if self._centred else x
        y = d * rsqrt(mean(d * d, dims, True) + self._eps)
        y = y if weight is None else y * weight
        return y if bias is None else y + bias

    def _apart(self, *affine: A) -> tuple[A | None, A | None]:
        """Weight and bias, those of them that there are being given."""
        return affine[0] if self._has_weight else None, affine[-1] if self._has_bias else None


def normalized_rows(
    name: str,
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
    centred: bool,
) -> Tensor:
    """Layer norm, or if not `centred` RMS norm, over the last dimensions, whose sizes are `normalized_shape`.

    Raises ValueError for other shapes, TypeError for what is no Tensor of floats and for dtypes that differ.
    """
    shape = normalized_shape if type(normalized_shape) is tuple else shape_of(name, normalized_shape)
    affine = affine_of(name, input, weight, bias, shape)
    if not shape or input._data.shape[-len(shape) :] != shape:
        raise ValueError(
            f"{name}: an input of shape {input.shape} does not end in the normalized shape {shape}"
            + ("" if shape else ", which is to have a dimension")
        )
    node = RowNormGradFn(len(shape), eps, centred, weight is not None, bias is not None)
    return node.forward(input, *affine)


def shape_of(name: str, normalized_shape: int | Sequence[int]) -> Shape:
    """The normalised shape as a tuple. Raises TypeError for what is no int or ints, ValueError for negative ones."""
    return positive_sizes(name, (normalized_shape,))


class RowNorm(Module):
    """The base of layer norm and RMS norm: a weight of ones over the normalised shape, unless it is left out."""

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float | None, elementwise_affine: bool, dtype: npt.DTypeLike
    ) -> None:
        name = type(self).__name__
        self.normalized_shape = shape_of(name, normalized_shape)
        if not self.normalized_shape:
            raise ValueError(f"{name}: the normalized shape is (); expected a dimension or more")
        check_numbers(name, eps=0.0 if eps is None else eps)
        ones = np.ones(self.normalized_shape, weight_dtype(name, dtype))
        self.elementwise_affine = elementwise_affine
        self.weight = TrainableWeight(ones) if elementwise_affine else None
