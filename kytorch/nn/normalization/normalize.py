"""Vectors of length 1."""

from __future__ import annotations

from collections.abc import Sequence

from kytorch.nn.checks import check_floats
from kytorch.ops.maximum import maximum
from kytorch.ops.norm import norm
from kytorch.tensor.core import Tensor


def normalize(input: Tensor, p: float = 2.0, dim: int | Sequence[int] = 1, eps: float = 1e-12) -> Tensor:
    """x / max(norm of x, eps), with the p-norm over `dim`. Raises TypeError for what is no Tensor of floats."""
    check_floats("normalize", input)
    return input / maximum(norm(input, p, dim, True), eps)
