"""Sorting, and what stands at a place in the order. NaN counts as the greatest element, as in PyTorch."""

from __future__ import annotations

from typing import overload

import numpy as np

from kytorch.kernels import along
from kytorch.kernels import order as kernels
from kytorch.ops.take_along import TakeAlongGradFn, put_along
from kytorch.tensor.core import CONSTANT, A, Tensor, View, make
from kytorch.tensor.dims import one_dim, whole
from kytorch.tensor.methods.answers import ValuesAndIndices
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of
from kytorch.tensor.rules import InputOutputGradFn
from kytorch.tensor.values import Array


class SortGradFn(TakeAlongGradFn):
    """y = elements of x, each taken once, in their order"""

    __slots__ = ()


class KthGradFn(TakeAlongGradFn):
    """y = in each line the element of x at one place"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        line: A = g.reshape(self._indices.shape)
        return put_along(line, self._indices, self._dim, self._shapes[0], True)


@method
def sort(x: A, dim: int = -1, descending: bool = False, stable: bool = False) -> ValuesAndIndices[A]:
    """The elements along `dim` in ascending or descending order, and where they were.

    NaN is the greatest. Equal elements keep their order if `stable`, which takes longer.
    """
    array = array_of("sort", x)
    at = one_dim("sort", dim, array.ndim)
    if not array.ndim:
        return _taken(x, array, np.zeros((), np.int64), at)
    return _taken(x, array, kernels.argsort(array, at, descending, stable), at)


@method
def argsort(x: A, dim: int = -1, descending: bool = False, stable: bool = False) -> A:
    """The indices that put `x` in order along `dim`: a constant."""
    array = array_of("argsort", x)
    at = one_dim("argsort", dim, array.ndim)
    y = kernels.argsort(array, at, descending, stable) if array.ndim else np.zeros((), np.int64)
    if isinstance(x, Tensor):
        return make(y, CONSTANT)
    return y


@method
def topk(x: A, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> ValuesAndIndices[A]:
    """The `k` greatest elements along `dim`, or the least, and where they are; NaN is the greatest.

    In order if `sorted`; of equal elements any. Raises ValueError unless 0 <= k <= their number.
    """
    array = array_of("topk", x)
    at = one_dim("topk", dim, array.ndim)
    n = array.shape[at] if array.ndim else 1
    if not 0 <= whole("topk", "k", k) <= n:
        raise ValueError(f"topk: k is {k}, and dim {at} of shape {array.shape} has {n} elements; expected 0 to {n}")
    if not array.ndim:
        return _taken(x, array, np.zeros((), np.int64), at)
    return _taken(x, array, kernels.top(array, k, at, largest, sorted), at)


def _taken(x: A, array: Array, indices: Array, dim: int) -> ValuesAndIndices[A]:
    y = along.take(array, indices, dim)
    if isinstance(x, Tensor):
        return ValuesAndIndices(SortGradFn(indices, dim, True).record(y, x), make(indices, CONSTANT))
    return ValuesAndIndices(y, indices)


@method
def kthvalue(x: A, k: int, dim: int = -1, keepdim: bool = False) -> ValuesAndIndices[A]:
    """The `k`-th least element along `dim`, counted from 1, and the first place where it is.

    Raises ValueError unless 1 <= k <= their number.
    """
    array = array_of("kthvalue", x)
    at = one_dim("kthvalue", dim, array.ndim)
    n = array.shape[at] if array.ndim else 1
    if not 1 <= whole("kthvalue", "k", k) <= n:
        raise ValueError(f"kthvalue: k is {k}, and dim {at} of shape {array.shape} has {n} elements; expected 1 to {n}")
    if not array.ndim:
        return _picked(x, array, array, at, keepdim)
    return _picked(x, array, kernels.kth(array, k - 1, at), at, keepdim)


def _picked(x: A, array: Array, y: Array, dim: int, keepdim: bool) -> ValuesAndIndices[A]:
    """`y`, with size 1 in `dim`, and the first place where it is in `array`, the data of `x`."""
    if not array.ndim:
        y = np.array(y)
        indices = np.zeros((), np.int64)
    elif not y.size:
        indices = np.zeros(y.shape, np.int64)
    else:
        indices = kernels.first(array, y, dim)
    node = KthGradFn(indices, dim, True)
    if array.ndim and not keepdim:
        y, indices = y.squeeze(dim), indices.squeeze(dim)
    if isinstance(x, Tensor):
        return ValuesAndIndices(node.record(y, x), make(indices, CONSTANT))
    return ValuesAndIndices(y, indices)


class MedianGradFn(InputOutputGradFn):
    """y = the middle element of x; those elements that are it share the gradient"""

    __slots__ = ()

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        x, y = self._x, self._y
        chosen = x == y if y == y else x != x
        share = chosen.astype(x.dtype)
        share /= np.count_nonzero(chosen)
        return (g * view(share, CONSTANT),)


@overload
def median(x: A, dim: None = None) -> A: ...
@overload
def median(x: A, dim: int, keepdim: bool = False) -> ValuesAndIndices[A]: ...
@method
def median(x: A, dim: int | None = None, keepdim: bool = False) -> A | ValuesAndIndices[A]:
    """The middle element of `x`, of two the lesser; along `dim` the middle ones and the first places where they are.

    NaN if one is; NaN also of no elements. Equal middle elements share the gradient; along `dim` the first takes
    it. Raises IndexError for a `dim` of size 0.
    """
    return _median("median", x, dim, keepdim, False)


@overload
def nanmedian(x: A, dim: None = None) -> A: ...
@overload
def nanmedian(x: A, dim: int, keepdim: bool = False) -> ValuesAndIndices[A]: ...
@method
def nanmedian(x: A, dim: int | None = None, keepdim: bool = False) -> A | ValuesAndIndices[A]:
    """As `median`, of those elements that are not NaN; NaN where there are no others."""
    return _median("nanmedian", x, dim, keepdim, True)


def _median(name: str, x: A, dim: int | None, keepdim: bool, skip: bool) -> A | ValuesAndIndices[A]:
    array = array_of(name, x)
    if dim is None:
        if keepdim:
            raise ValueError(f"{name}: keepdim is of use with a dim only; give one")
        if not array.size:
            if array.dtype.kind != "f":
                raise ValueError(f"{name}: no elements to choose from, in shape {array.shape}")
            y = np.full_like(array, np.nan, shape=())
        else:
            y = _middle(array.reshape(-1), 0, skip).reshape(())
        if isinstance(x, Tensor):
            return MedianGradFn().record(y, x)
        return y
    at = one_dim(name, dim, array.ndim)
    if not array.ndim:
        return _picked(x, array, array, at, keepdim)
    if not array.shape[at]:
        raise IndexError(f"{name}: no elements to choose from along dim {at}, in shape {array.shape}")
    return _picked(x, array, _middle(array, at, skip), at, keepdim)


def _middle(array: Array, dim: int, skip: bool) -> Array:
    """The lower median with size 1 in `dim`."""
    if not array.size:
        return np.empty_like(array, shape=tuple([1 if i == dim else n for i, n in enumerate(array.shape)]))
    lost = kernels.missing(array, dim)
    if lost is not None and skip:
        return kernels.nanmedian(array, dim)
    y = kernels.kth(array, (array.shape[dim] - 1) // 2, dim)
    if lost is not None:
        y[lost] = np.nan
    return y
