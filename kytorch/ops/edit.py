"""Edits that make copies: what `x.at[index]` does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kytorch.kernels import scatter as kernels
from kytorch.kernels.scatter import Places
from kytorch.ops.broadcast import expand
from kytorch.ops.index import frozen, index_error, part
from kytorch.ops.where import where
from kytorch.tensor.core import CONSTANT, A, BilinearGradFn, Operand, Tensor, TwoInputGradFn, View
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import check_operands, operands
from kytorch.tensor.values import Array, Index, Scalar, Shape, lock

_GREATEST = {char: float(np.finfo(char).max) for char in "efd"}


class IndexSetGradFn(TwoInputGradFn):
    """y = x but y[index] = v,  dy = dx outside the index, dv inside where no later value is put over it"""

    __slots__ = ("_index",)

    def __init__(self, index: Any) -> None:
        self._index = index

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        x_fn, v_fn = self._inputs
        at_x = None if x_fn is CONSTANT else put(g, self._index, view(np.zeros((), g.dtype), CONSTANT))
        if v_fn is CONSTANT:
            return at_x, None
        at_v = part(g, self._index)
        stays = kernels.last_named(self._index, self._shapes[0])
        return at_x, at_v if stays is None else where(stays, at_v, 0.0)


class IndexAddGradFn(TwoInputGradFn):
    """y = x but y[index] += v"""

    __slots__ = ("_index",)

    def __init__(self, index: Any) -> None:
        self._index = index

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        return g, None if self._inputs[1] is CONSTANT else part(g, self._index)


class IndexMulGradFn(BilinearGradFn):
    """y = x but y[index] *= v, no element named twice"""

    __slots__ = ("_index",)

    def __init__(self, index: Any) -> None:
        self._index = index

    def vjp_a(self, g: A, b: A) -> A:
        return _mul_once(g, self._index, b)

    def vjp_b(self, g: A, a: A) -> A:
        return part(g * a, self._index)


class IndexExtremumGradFn(TwoInputGradFn):
    """y = x but y[index] = the least, or the greatest, of x[index] and v; those that are it share the gradient"""

    __slots__ = ("_index", "_v", "_x", "_y")

    def __init__(self, index: Any, x: Array, v: Array, y: Array) -> None:
        self._index = index
        self._x = x
        self._v = v
        self._y = y

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        x_fn, v_fn = self._inputs
        is_x, is_v = self._x == self._y, self._v == kernels.part(self._y, self._index)
        count = np.array(is_x, g.dtype, order="C")
        kernels.add(count, self._index, np.asarray(is_v, g.dtype))
        share = g * view(1 / np.maximum(count, 1), CONSTANT)  # of a NaN there is none
        return (
            None if x_fn is CONSTANT else where(is_x, share, 0.0),
            None if v_fn is CONSTANT else where(is_v, part(share, self._index), 0.0),
        )


# With a frozen index or with places, and values that broadcast to x[index] and have x's dtype.


def put(x: A, index: Any, value: A) -> A:
    """`x` but y[index] = value; the last value stays."""
    if isinstance(x, Tensor):
        return IndexSetGradFn(index).record(put(x._data, index, value._data), x, value)
    y: Array = np.array(x, order="C")
    kernels.assign(y, index, value)
    return y


def add_at(x: A, index: Any, value: A) -> A:
    """`x` but y[index] += value; what is named twice gets both."""
    if isinstance(x, Tensor):
        return IndexAddGradFn(index).record(add_at(x._data, index, value._data), x, value)
    y: Array = np.array(x, order="C")
    kernels.add(y, index, value)
    return y


def _mul_once(x: A, index: Any, value: A) -> A:
    if isinstance(x, Tensor):
        return IndexMulGradFn(index).record(_mul_once(x._data, index, value._data), x, value)
    y: Array = np.array(x, order="C")
    kernels.assign(y, index, kernels.part(y, index) * value)
    return y


def mul_at(x: A, index: Any, value: A) -> A:
    """`x` but y[index] *= value; what is named twice is multiplied by both."""
    if kernels.last_named(index, x.shape) is None:
        return _mul_once(x, index, value)
    values = expand(value, part(x, index).shape).reshape(-1)
    places = kernels.numbers(index, x.shape)
    order = np.argsort(places, kind="stable")
    _, first, counts = np.unique(places[order], return_index=True, return_counts=True)
    for time in range(counts.max(initial=0)):  # in each round no element is named twice
        chosen = order[first[counts > time] + time]
        x = _mul_once(x, _places(places[chosen]), part(values, _places(chosen)))
    return x


def extremum_at(function: np.ufunc, x: A, index: Any, value: A) -> A:
    """`x` but y[index] = function(y[index], value), all that is named twice taken into account."""
    if isinstance(x, Tensor):
        y = extremum_at(function, x._data, index, value._data)
        lock(y)
        return IndexExtremumGradFn(index, x._data, value._data, y).record(y, x, value)
    edited: Array = np.array(x, order="C")
    if kernels.may_repeat(index):
        values = np.broadcast_to(value, kernels.part(edited, index).shape)
        with np.errstate(invalid="ignore"):  # NumPy warns of a NaN here, and passes it on
            function.at(edited.reshape(-1), kernels.numbers(index, edited.shape), values.reshape(-1))
    else:
        edited[index] = function(edited[index], value)
    return edited


def _places(flat: Array) -> Places:
    lock(flat)
    return Places(flat)


@method
def at_set(x: Tensor, index: Tensor | Index, value: Operand) -> Tensor:
    """`x` with `value` at `index`; of an element that is named twice, the last value stays."""
    return put(x, *_edit("set", x, index, value))


@method
def at_add(x: Tensor, index: Tensor | Index, value: Operand) -> Tensor:
    """`x` with `value` added at `index`; an element that is named twice gets both."""
    return add_at(x, *_edit("add", x, index, value))


@method
def at_mul(x: Tensor, index: Tensor | Index, value: Operand) -> Tensor:
    """`x` multiplied by `value` at `index`; an element that is named twice is multiplied by both."""
    return mul_at(x, *_edit("mul", x, index, value))


@method
def at_min(x: Tensor, index: Tensor | Index, value: Operand) -> Tensor:
    """`x` with the lesser of it and `value` at `index`; equal ones, all that name the element, share the gradient."""
    return extremum_at(np.minimum, x, *_edit("min", x, index, value))


@method
def at_max(x: Tensor, index: Tensor | Index, value: Operand) -> Tensor:
    """`x` with the greater of it and `value` at `index`; equal ones, all that name the element, share the gradient."""
    return extremum_at(np.maximum, x, *_edit("max", x, index, value))


def _edit(name: str, x: Tensor, index: Tensor | Index, value: Operand) -> tuple[Any, Tensor]:
    """The index frozen, and `value` as a Tensor in x's dtype that broadcasts to x[index]."""
    own = frozen(index)
    try:
        shape: Shape = x._data[own].shape
    except (IndexError, TypeError, ValueError) as error:
        raise index_error(error, x.shape) from None
    v = in_dtype_of(f"at[...].{name}", x, value)
    lead = len(shape) - v.ndim
    if lead < 0 or any(n != m and n != 1 for n, m in zip(v.shape, shape[lead:])):
        raise ValueError(f"at[...].{name}: a value of shape {v.shape} does not broadcast to x[index], {shape}")
    return own, v


def in_dtype_of(name: str, x: A, value: A | Array | Scalar) -> A:
    """`value` in x's dtype, a Tensor if `x` is. Raises TypeError for another kind, such as a float in integers."""
    if isinstance(x, Tensor):
        _check_fits(name, x.dtype, value)
        v = operands(name, x, value)[1]
        if v.dtype is not x.dtype:
            _check_kind(name, x.dtype, v.dtype)
            v = v.to(x.dtype)
        return v
    check_operands(name, x, value)
    array = np.asarray(value)
    if hasattr(value, "dtype"):
        _check_kind(name, x.dtype, array.dtype)
    _check_fits(name, x.dtype, value)
    return array.astype(x.dtype, copy=False)


def _check_fits(name: str, dtype: np.dtype[Any], value: object) -> None:
    """Raises ValueError for a finite number that `dtype` does not hold, which would be infinite in it."""
    if dtype.kind in "iu" and type(value) is int:
        limits = np.iinfo(dtype)
        if not limits.min <= value <= limits.max:
            raise ValueError(f"{name}: {value} does not fit {dtype}, which goes from {limits.min} to {limits.max}")
    greatest = _GREATEST.get(dtype.char, math.inf)
    if not isinstance(value, (int, float)) or not greatest < abs(value) < math.inf:
        return
    try:
        with np.errstate(over="ignore"):
            fits = math.isfinite(np.array(value, dtype))
    except OverflowError:
        fits = False
    if not fits:
        raise ValueError(f"{name}: {value} does not fit {dtype}, whose greatest number is {greatest}")


def _check_kind(name: str, dtype: np.dtype[Any], given: np.dtype[Any]) -> None:
    if not np.can_cast(given, dtype, "same_kind"):
        raise TypeError(f"{name}: a value of dtype {given} in a Tensor of {dtype}; convert one with to()")
