"""Vectors of length 1."""

from __future__ import annotations

from collections.abc import Sequence

from kytorch.ops.maximum import maximum
from kytorch.ops.norm import norm
from kytorch.tensor.core import Tensor
from kytorch.tensor.errors import not_tensors


def normalize(input: Tensor, p: float = 2.0, dim: int | Sequence[int] = 1, eps: float = 1e-12) -> Tensor:
    """x / max(norm of x, eps), with the p-norm over `dim`."""
    if type(input) is not Tensor:
        raise not_tensors("normalize", input)
    return input / maximum(norm(input, p, dim, True), eps)
