"""Powers of matrices, and products of many."""

from __future__ import annotations

import operator
from itertools import pairwise

import numpy as np

from kytorch.linalg.checks import floats, square
from kytorch.linalg.systems import inv
from kytorch.ops.shape import squeeze, unsqueeze
from kytorch.tensor.core import CONSTANT, A, Tensor, make
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.methods.registry import method


@method
def matrix_power(x: A, n: int) -> A:
    """The product of `n` times a square matrix; of its inverse if n < 0; the identity if n = 0."""
    data = square("linalg.matrix_power", x)
    try:
        n = operator.index(n)
    except TypeError:
        raise TypeError(f"linalg.matrix_power: n is an int, not {type(n).__name__}") from None
    if n == 0:
        eye = np.broadcast_to(np.eye(data.shape[-1], dtype=data.dtype), data.shape).copy()
        one: A = x * 0.0 + (make(eye, CONSTANT) if isinstance(x, Tensor) else eye)
        return one
    base = inv(x) if n < 0 else x * 1.0
    return _power(base, abs(n))


def _power(x: A, n: int) -> A:
    """x^n for n > 0, by squaring."""
    if n == 1:
        return x
    half = _power(x, n // 2)
    y: A = half @ half
    if n % 2:
        y = y @ x
    return y


def multi_dot(tensors: list[A] | tuple[A, ...]) -> A:
    """The product of two matrices or more, in the order that takes the fewest multiplications.

    The first and the last may be vectors. The order is found by dynamic programming (Cormen, Leiserson, Rivest and
    Stein, "Introduction to algorithms", section "Matrix-chain multiplication").
    """
    chain: list[A] = list(tensors)
    if len(chain) < 2:
        raise ValueError(f"linalg.multi_dot: expected two matrices or more, not {len(chain)}")
    if len({isinstance(x, Tensor) for x in chain}) > 1:
        raise not_tensors("linalg.multi_dot", *chain)
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


def _chained(chain: list[A], split: dict[tuple[int, int], int], i: int, j: int) -> A:
    """The product of those from i to j."""
    if i == j:
        return chain[i]
    k = split[i, j]
    y: A = _chained(chain, split, i, k) @ _chained(chain, split, k + 1, j)
    return y


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
