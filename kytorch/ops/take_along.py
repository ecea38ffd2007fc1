"""Taking elements along a dimension, and its transpose: each is the other's rule."""

from __future__ import annotations

from kytorch.kernels import along as kernels
from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.values import Array, Shape, lock


class _AlongGradFn(UnaryGradFn):
    """A GradFn that keeps indices along a dimension; `unique` says that they name no element twice."""

    __slots__ = ("_dim", "_indices", "_unique")

    def __init__(self, indices: Array, dim: int, unique: bool) -> None:
        lock(indices)
        self._indices = indices
        self._dim = dim
        self._unique = unique


class TakeAlongGradFn(_AlongGradFn):
    """y[i, j] = x[i, indices[i, j]]"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return put_along(g, self._indices, self._dim, self._shapes[0], self._unique)


class PutAlongGradFn(_AlongGradFn):
    """y = 0 but y[i, indices[i, j]] += x[i, j], the transpose of taking"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return take_along(g, self._indices, self._dim, self._unique)


def take_along(x: A, indices: Array, dim: int, unique: bool = False) -> A:
    """y[i, j, k] = x[i, indices[i, j, k], k] for `dim` 1, and so on.

    `indices`, an array that nobody writes to, has as many dimensions as `x` and none larger but `dim`. They count
    from 0 and `dim` from the left, and neither is checked.
    """
    if isinstance(x, Tensor):
        return TakeAlongGradFn(indices, dim, unique).record(kernels.take(x._data, indices, dim), x)
    return kernels.take(x, indices, dim)


def put_along(g: A, indices: Array, dim: int, shape: Shape, unique: bool = False) -> A:
    """y = 0, of `shape`, but y[i, indices[i, j, k], k] += g[i, j, k] for `dim` 1: the transpose of `take_along`."""
    if isinstance(g, Tensor):
        return PutAlongGradFn(indices, dim, unique).record(kernels.put(g._data, indices, dim, shape, unique), g)
    return kernels.put(g, indices, dim, shape, unique)
