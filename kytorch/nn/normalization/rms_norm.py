"""RMS norm (Zhang and Sennrich 2019, "Root Mean Square Layer Normalization")."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kytorch.nn.normalization.affine import read
from kytorch.nn.normalization.rows import RowNorm, normalized_rows
from kytorch.tensor.core import Tensor
from kytorch.tensor.errors import not_tensors


def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """x / sqrt(mean of x^2 + eps) weight, with the mean over the last dimensions, of shape `normalized_shape`.

    `eps` is that of the dtype if None. Raises ValueError for other shapes, TypeError for what is no Tensor of floats
    and for dtypes that differ.
    """
    if type(input) is not Tensor:
        raise not_tensors("rms_norm", input)
    if eps is None:
        eps = float(np.finfo(input.dtype).eps) if input.dtype.kind == "f" else 0.0
    return normalized_rows("rms_norm", input, normalized_shape, weight, None, eps, False)


class RMSNorm(RowNorm):
    """`rms_norm` with a weight, at first 1, unless left out."""

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        RowNorm.__init__(self, normalized_shape, eps, elementwise_affine, dtype)
        self.eps = eps

    def forward(self, input: Tensor) -> Tensor:
        return rms_norm(input, self.normalized_shape, read(self.weight), self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
