"""How far vectors are from each other, and how alike their directions are."""

from __future__ import annotations

import numpy as np

from kytorch.nn.losses.reduction import as_float
from kytorch.nn.module import Module
from kytorch.ops.index import getitem
from kytorch.ops.maximum import maximum
from kytorch.ops.norm import norm
from kytorch.ops.reduce import sum
from kytorch.tensor.core import Tensor
from kytorch.tensor.errors import no_broadcast, not_tensors


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between the vectors of `x1` and `x2`, which broadcast, along `dim`.

    Each vector's norm counts as at least `eps`. Raises ValueError for shapes that do not broadcast.
    """
    a, b = _pair("cosine_similarity", x1, x2)
    shape = np.broadcast_shapes(a.shape, b.shape)
    if not -len(shape) <= dim < len(shape):
        raise IndexError(f"cosine_similarity: dim {dim} is out of range for shape {shape}")
    dim = dim - len(shape) if dim >= 0 else dim
    a, b = (x if x.ndim >= -dim else x.reshape(*[1] * (-dim - x.ndim), *x.shape) for x in (a, b))
    a, b = (x / maximum(norm(x, 2, dim, True), eps) for x in (a, b))
    return sum(a * b, dim)


class CosineSimilarity(Module):
    """The cosine of the angle between two Tensors' vectors along `dim`."""

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return cosine_similarity(x1, x2, self.dim, self.eps)


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The p-norm of x1 - x2 + eps along the last dimension: of shapes (n, d) or (d,), or others that broadcast."""
    a, b = _pair("pairwise_distance", x1, x2)
    return norm(a - b + eps, p, -1, keepdim)


class PairwiseDistance(Module):
    """The p-norm of the difference of two Tensors' vectors."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


def _pair(name: str, x1: Tensor, x2: Tensor) -> tuple[Tensor, Tensor]:
    if type(x1) is not Tensor or type(x2) is not Tensor:
        raise not_tensors(name, x1, x2)
    try:
        shape = np.broadcast_shapes(x1.shape, x2.shape)
    except ValueError:
        raise no_broadcast(name, x1, x2) from None
    if not shape:
        raise ValueError(f"{name}: the inputs have shape (); expected vectors")
    return as_float(x1), as_float(x2)


def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The p-norms of the differences of all pairs of n rows, (0, 1), (0, 2) and so on: n (n - 1) / 2 of them."""
    if type(input) is not Tensor:
        raise not_tensors("pdist", input)
    if input.ndim != 2:
        raise ValueError(f"pdist: the input has shape {input.shape}; expected (n, d)")
    if not p >= 0:
        raise ValueError(f"pdist: p is to be at least 0, not {p}")
    x = as_float(input)
    first, second = np.triu_indices(len(x), 1)
    return norm(getitem(x, first) - getitem(x, second), p, -1)
