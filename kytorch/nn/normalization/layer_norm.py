"""Layer norm (Ba et al. 2016, "Layer Normalization")."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kytorch.nn.normalization.affine import read
from kytorch.nn.normalization.rows import RowNorm, normalized_rows
from kytorch.tensor.core import Tensor, TrainableWeight


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(var + eps) weight + bias, with mean and variance over the last dimensions of each example.

    These, and weight and bias, have the shape `normalized_shape`. Raises ValueError for other shapes, TypeError for
    what is no Tensor of floats and for dtypes that differ.
    """
    return normalized_rows("layer_norm", input, normalized_shape, weight, bias, eps, True)


class LayerNorm(RowNorm):
    """`layer_norm` with a weight, at first 1, and a bias, at first 0, unless left out."""

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        RowNorm.__init__(self, normalized_shape, eps, elementwise_affine, dtype)
        self.eps = eps
        self.bias = TrainableWeight(np.zeros_like(self.weight.data)) if self.weight is not None and bias else None

    def forward(self, input: Tensor) -> Tensor:
        return layer_norm(input, self.normalized_shape, read(self.weight), read(self.bias), self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )
