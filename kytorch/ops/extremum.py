"""The greatest and the least."""

from __future__ import annotations

from typing import overload

import numpy as np

from kytorch.ops.choice import where
from kytorch.ops.reduce import kept
from kytorch.ops.repeat import expand
from kytorch.tensor.core import CONSTANT, A, Tensor, UnaryGradFn, make
from kytorch.tensor.dims import one_dim
from kytorch.tensor.methods.answers import ValuesAndIndices
from kytorch.tensor.methods.registry import method
from kytorch.tensor.values import Array, lock


class ExtremumGradFn(UnaryGradFn):
    """y = the greatest or least of x; those elements that are it share the gradient"""

    __slots__ = ("_dims", "_mask", "_share")

    def __init__(self, dims: tuple[int, ...], mask: Array, share: Array) -> None:
        self._dims = dims
        lock(mask)
        lock(share)
        self._mask = mask
        self._share = share

    def vjp(self, g: A) -> A:
        shape = self._shapes[0]
        return where(self._mask, expand(g.reshape(kept(shape, self._dims)) * self._share, shape), 0.0)


@overload
def max(x: A) -> A: ...
@overload
def max(x: A, dim: None, keepdim: bool = False) -> A: ...
@overload
def max(x: A, dim: int, keepdim: bool = False) -> ValuesAndIndices[A]: ...
@method
def max(x: A, dim: int | None = None, keepdim: bool = False) -> A | ValuesAndIndices[A]:
    """The greatest element of `x`; along `dim`, the greatest ones and the first places where they are.

    Equal greatest elements share the gradient; along `dim` the first takes it. Raises ValueError if there are none.
    """
    return _extremum("max", np.maximum, x, dim, keepdim)


@overload
def min(x: A) -> A: ...
@overload
def min(x: A, dim: None, keepdim: bool = False) -> A: ...
@overload
def min(x: A, dim: int, keepdim: bool = False) -> ValuesAndIndices[A]: ...
@method
def min(x: A, dim: int | None = None, keepdim: bool = False) -> A | ValuesAndIndices[A]:
    """The least element of `x`; along `dim`, the least ones and the first places where they are.

    Equal least elements share the gradient; along `dim` the first takes it. Raises ValueError if there are none.
    """
    return _extremum("min", np.minimum, x, dim, keepdim)


def _extremum(name: str, function: np.ufunc, x: A, dim: int | None, keepdim: bool) -> A | ValuesAndIndices[A]:
    at = None if dim is None else one_dim(name, dim, x.ndim)
    if not (x.size if at is None or not x.ndim else x.shape[at]):
        raise ValueError(f"{name}: no elements to choose from, in shape {x.shape}")
    array = x._data if isinstance(x, Tensor) else x
    if at is None:
        y: Array = function.reduce(array, None, keepdims=keepdim)
        if not isinstance(x, Tensor):
            return y
        mask = (array == y) if (y == y).all() else array != array  # what is NaN makes a NaN
        share = np.array(1 / np.count_nonzero(mask), y.dtype if y.dtype.kind == "f" else None)
        return ExtremumGradFn(tuple(range(x.ndim)), mask, share).record(y, x)
    choose = np.argmax if function is np.maximum else np.argmin
    first = np.expand_dims(choose(array, at), at) if x.ndim else np.zeros((), np.int64)
    values = np.take_along_axis(array, first, at) if x.ndim else array
    indices = first
    if x.ndim and not keepdim:
        values, indices = values.squeeze(at), indices.squeeze(at)
    if not isinstance(x, Tensor):
        return ValuesAndIndices(values, indices)
    positions = np.arange(x.shape[at] if x.ndim else 1).reshape([-1 if i == at else 1 for i in range(x.ndim)])
    node = ExtremumGradFn((at,), positions == first, np.ones((), values.dtype))
    return ValuesAndIndices(node.record(values, x), make(indices, CONSTANT))
