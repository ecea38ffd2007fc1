"""Powers of matrices, and products of many."""

from __future__ import annotations

import operator
from itertools import pairwise

import numpy as np

from kytorch.linalg.checks import floats, square
from kytorch.linalg.systems import inv
from kytorch.ops.products import matmul
from kytorch.ops.shape import squeeze, unsqueeze
from kytorch.ops.where import where
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.core import A as V
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import alike


@method
def matrix_power(A: V, n: int) -> V:
    """The product of `n` times a square matrix; of its inverse if n < 0; the identity if n = 0."""
    data = square("linalg.matrix_power", A)
    try:
        n = operator.index(n)
    except TypeError:
        raise TypeError(f"linalg.matrix_power: n is an int, not {type(n).__name__}") from None
    if n == 0:
        eye = np.broadcast_to(np.eye(data.shape[-1], dtype=data.dtype), data.shape).copy()
        return where(np.zeros(data.shape, bool), A, make(eye, CONSTANT) if isinstance(A, Tensor) else eye)
    base = inv(A) if n < 0 else A * 1.0
    return _power(base, abs(n))


def _power(x: V, n: int) -> V:
    """x^n for n > 0, by squaring."""
    if n == 1:
        return x
    half = _power(x, n // 2)
    y = matmul(half, half)
    return matmul(y, x) if n % 2 else y


def multi_dot(tensors: list[V] | tuple[V, ...]) -> V:
    """The product of two matrices or more, in the order that takes the fewest multiplications.

    The first and the last may be vectors. The order is found by dynamic programming (Cormen, Leiserson, Rivest and
    Stein, "Introduction to algorithms", section "Matrix-chain multiplication").
    """
    chain: list[V] = list(alike("linalg.multi_dot", *tensors))
    if len(chain) < 2:
        raise ValueError(f"linalg.multi_dot: expected two matrices or more, not {len(chain)}")
    shapes = [floats("linalg.multi_dot", x).shape for x in chain]
    ends = [len(shapes[0]) == 1, len(shapes[-1]) == 1]
    if ends[0]:
        chain[0] = unsqueeze(chain[0], 0)
    if ends[1]:
        chain[-1] = unsqueeze(chain[-1], 1)
    if any(x.ndim != 2 for x in chain) or any(a.shape[1] != b.shape[0] for a, b in pairwise(chain)):
        raise ValueError(f"linalg.multi_dot: shapes {', '.join(map(str, shapes))} are no chain of matrices")
    sizes = [chain[0].shape[0], *[x.shape[1] for x in chain]]
    y = _chained(chain, _splits(sizes), 0, len(chain) - 1)
    dims = [d for d, is_vector in enumerate(ends) if is_vector]
    return squeeze(y, dims) if dims else y


def _chained(chain: list[V], split: dict[tuple[int, int], int], i: int, j: int) -> V:
    """The product of those from i to j."""
    if i == j:
        return chain[i]
    k = split[i, j]
    return matmul(_chained(chain, split, i, k), _chained(chain, split, k + 1, j))


def _splits(sizes: list[int]) -> dict[tuple[int, int], int]:
    """After which matrix the product of those from i to j is best parted."""
    cost = {(i, i): 0 for i in range(len(sizes) - 1)}
    split: dict[tuple[int, int], int] = {}
    for length in range(1, len(sizes) - 1):
        for i in range(len(sizes) - 1 - length):
            j = i + length
            costs = [(cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)]
            cost[i, j], split[i, j] = min(costs)
    return split
