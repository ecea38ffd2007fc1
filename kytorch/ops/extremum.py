"""The greatest and the least, and where they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import overload

import numpy as np

from kytorch.kernels import along
from kytorch.kernels import reduce as kernels
from kytorch.ops.broadcast import expand
from kytorch.ops.maximum import maximum, minimum
from kytorch.ops.reduce import kept
from kytorch.ops.where import where
from kytorch.tensor.core import CONSTANT, A, Tensor, UnaryGradFn, View, make
from kytorch.tensor.dims import many_dims, one_dim
from kytorch.tensor.methods.answers import ValuesAndIndices
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of, check_operands
from kytorch.tensor.rules import InputOutputGradFn
from kytorch.tensor.values import Array, lock

# From this size on, looking the values up is quicker than reducing a second time.
_FEW = 1024


class SharedExtremumGradFn(InputOutputGradFn):
    """y = the greatest or least of x; those elements that are it share the gradient evenly"""

    __slots__ = ("_dims",)
    _nan_is_one: bool = False  # whether NaN is given by the elements that are NaN; if not, all get NaN

    def __init__(self, dims: tuple[int, ...]) -> None:
        self._dims = dims

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        shape = self._shapes[0]
        y = self._y.reshape(kept(shape, self._dims))
        mask = self._x == y
        share = g.reshape(y.shape)
        count = np.count_nonzero(mask)
        if (lost := y != y).any():
            mask = mask | (self._x != self._x if self._nan_is_one else lost)
            if not self._nan_is_one:
                share = where(lost, math.nan, share)
            count = np.count_nonzero(mask)
        if count != y.size:
            ties = kernels.sum(mask, self._dims, True)
            share = share / ties.astype(y.dtype)
        if isinstance(share, Tensor):
            return (where(mask, expand(share, shape), 0.0),)
        return (kernels.placed(mask, share),)


class ExtremumOfAllGradFn(SharedExtremumGradFn):
    """y = the greatest or least of all x; those elements that are it share the gradient evenly"""

    __slots__ = ()
    _nan_is_one = True


class FirstExtremumGradFn(UnaryGradFn):
    """y = the greatest or least of x along a dimension; the first element that is it takes the gradient"""

    __slots__ = ("_dim", "_first")

    def __init__(self, dim: int, first: Array) -> None:
        self._dim = dim
        lock(first)
        self._first = first

    def vjp(self, g: A) -> A:
        shape, dim = self._shapes[0], self._dim
        if not shape:
            return g
        g = g.reshape(self._first.shape)
        if isinstance(g, Tensor):
            places = np.arange(shape[dim]).reshape([-1 if i == dim else 1 for i in range(len(shape))])
            return where(places == self._first, expand(g, shape), 0.0)
        return along.put(g, self._first, dim, shape, True)


@overload
def max(x: A) -> A: ...
@overload
def max(x: A, dim: None, keepdim: bool = False) -> A: ...
@overload
def max(x: A, dim: int, keepdim: bool = False) -> ValuesAndIndices[A]: ...
@overload
def max(x: A, dim: A | Array) -> A: ...
@overload
def max(x: A, *, other: A | Array) -> A: ...
@method
def max(
    x: A, dim: int | A | Array | None = None, keepdim: bool = False, *, other: A | Array | None = None
) -> A | ValuesAndIndices[A]:
    """The greatest element of `x`; along `dim`, the greatest ones and the first places where they are.

    max(a, b) of two Tensors is `maximum`, and b may be called `other`. Equal greatest elements share the gradient;
    along `dim` the first takes it. Raises ValueError if there are none.
    """
    if other is not None:
        if dim is not None:
            raise TypeError("max: give dim or other, one of them")
        dim = other
    if dim is None:
        return _of_all("max", np.maximum, x, keepdim)
    if _is_operand(dim):
        _no_keepdim("max", keepdim)
        check_operands("max", x, dim)
        return maximum(x, dim)
    return _along("max", np.maximum, x, dim, keepdim)  # type: ignore[arg-type]  # an int, or refused there


@overload
def min(x: A) -> A: ...
@overload
def min(x: A, dim: None, keepdim: bool = False) -> A: ...
@overload
def min(x: A, dim: int, keepdim: bool = False) -> ValuesAndIndices[A]: ...
@overload
def min(x: A, dim: A | Array) -> A: ...
@overload
def min(x: A, *, other: A | Array) -> A: ...
@method
def min(
    x: A, dim: int | A | Array | None = None, keepdim: bool = False, *, other: A | Array | None = None
) -> A | ValuesAndIndices[A]:
    """The least element of `x`; along `dim`, the least ones and the first places where they are.

    min(a, b) of two Tensors is `minimum`, and b may be called `other`. Equal least elements share the gradient;
    along `dim` the first takes it. Raises ValueError if there are none.
    """
    if other is not None:
        if dim is not None:
            raise TypeError("min: give dim or other, one of them")
        dim = other
    if dim is None:
        return _of_all("min", np.minimum, x, keepdim)
    if _is_operand(dim):
        _no_keepdim("min", keepdim)
        check_operands("min", x, dim)
        return minimum(x, dim)
    return _along("min", np.minimum, x, dim, keepdim)  # type: ignore[arg-type]  # an int, or refused there


@method
def amax(x: A, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> A:
    """The greatest elements of `x` over `dim`, or over all; equal ones share the gradient evenly."""
    return _over("amax", np.maximum, x, dim, keepdim)


@method
def amin(x: A, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> A:
    """The least elements of `x` over `dim`, or over all; equal ones share the gradient evenly."""
    return _over("amin", np.minimum, x, dim, keepdim)


@method
def argmax(x: A, dim: int | None = None, keepdim: bool = False) -> A:
    """Where along `dim` the first greatest element is, or in the flattened `x`: a constant of dtype int64."""
    return _place("argmax", x, dim, keepdim)


@method
def argmin(x: A, dim: int | None = None, keepdim: bool = False) -> A:
    """Where along `dim` the first least element is, or in the flattened `x`: a constant of dtype int64."""
    return _place("argmin", x, dim, keepdim)


def _is_operand(dim: object) -> bool:
    """Whether what stands where a dim may be is the second operand."""
    return isinstance(dim, Tensor) or (hasattr(dim, "shape") and not isinstance(dim, np.generic))


def _no_keepdim(name: str, keepdim: bool) -> None:
    if keepdim:
        raise TypeError(f"{name}: of two Tensors takes no keepdim, since it reduces no dimension")


def _check_some(name: str, array: Array, dims: tuple[int, ...], kind: type[Exception] = IndexError) -> None:
    """Raises if there is nothing to choose from: IndexError along dims, as PyTorch, or another `kind`."""
    if not array.size and (len(dims) == array.ndim or 0 in [array.shape[i] for i in dims]):
        raise kind(f"{name}: no elements to choose from, in shape {array.shape}")


def _of_all(name: str, function: np.ufunc, x: A, keepdim: bool) -> A:
    array = array_of(name, x)
    dims = tuple(range(array.ndim))
    _check_some(name, array, dims, ValueError)
    y = kernels.extreme(function, array, dims, keepdim)
    if isinstance(x, Tensor):
        return ExtremumOfAllGradFn(dims).record(y, x)
    return y


def _over(name: str, function: np.ufunc, x: A, dim: int | Sequence[int] | None, keepdim: bool) -> A:
    array = array_of(name, x)
    dims = many_dims(name, dim, array.ndim)
    _check_some(name, array, dims, ValueError if dim is None else IndexError)
    y = kernels.extreme(function, array, dims, keepdim)
    if isinstance(x, Tensor):
        return SharedExtremumGradFn(dims).record(y, x)
    return y


def _along(name: str, function: np.ufunc, x: A, dim: int, keepdim: bool) -> ValuesAndIndices[A]:
    array = array_of(name, x)
    at = one_dim(name, dim, array.ndim)
    if not array.ndim:
        if isinstance(x, Tensor):
            node = FirstExtremumGradFn(0, np.zeros((), np.int64))
            return ValuesAndIndices(node.record(array.view(), x), make(np.zeros((), np.int64), CONSTANT))
        return ValuesAndIndices(array.copy(), np.zeros((), np.int64))
    _check_some(name, array, (at,))
    first = (array.argmax if function is np.maximum else array.argmin)(at, keepdims=True)
    values = kernels.extreme(function, array, (at,), True) if array.size <= _FEW else along.take(array, first, at)
    shape = array.shape[:at] + (1,) * keepdim + array.shape[at + 1 :]
    values, indices = values.reshape(shape), first.reshape(shape)
    if isinstance(x, Tensor):
        return ValuesAndIndices(FirstExtremumGradFn(at, first).record(values, x), make(indices, CONSTANT))
    return ValuesAndIndices(values, indices)


def _place(name: str, x: A, dim: int | None, keepdim: bool) -> A:
    array = array_of(name, x)
    at = None if dim is None else one_dim(name, dim, array.ndim)
    _check_some(name, array, tuple(range(array.ndim)) if at is None else (at,)[: array.ndim])
    choose = array.argmax if name == "argmax" else array.argmin
    y: Array = choose(at, keepdims=keepdim) if array.ndim else np.zeros_like(array, np.int64)  # type: ignore[arg-type]  # None is all
    if isinstance(x, Tensor):
        return make(y, CONSTANT)
    return y
