"""Indexing, and edits that make copies."""

from __future__ import annotations

from typing import Any

import numpy as np

from kytorch.tensor.core import CONSTANT, A, BinaryGradFn, Operand, Tensor, TwoInputGradFn, UnaryGradFn, View, constant
from kytorch.tensor.methods.registry import method
from kytorch.tensor.values import Array, Index, Shape, lock


def _frozen(index: Any) -> Any:
    """`index` with Tensors, lists and arrays as arrays of its own, so that no later change reaches a graph."""
    if isinstance(index, tuple):
        return tuple([_frozen(part) for part in index])
    if isinstance(index, Tensor):
        index = index._data
    elif not isinstance(index, list) and not hasattr(index, "dtype"):
        return index
    array = np.array(index)
    if not array.size and isinstance(index, list):
        array = array.astype(np.intp)
    if array.dtype.kind not in "biu":
        raise IndexError(f"an index is of integers or bool, not {array.dtype}")
    return array


def _may_repeat(index: Any) -> bool:
    """Whether an element can be named twice: only integer arrays can."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(hasattr(part, "dtype") and part.dtype.kind != "b" and part.ndim for part in parts)


def _index_error(error: IndexError, shape: Shape) -> IndexError:
    return IndexError(f"index: {error} (in a Tensor of shape {shape})")


class _AtIndex:
    """A GradFn that keeps an index, whose arrays are its own and locked."""

    __slots__ = ()
    _index: Any

    def __init__(self, index: Any) -> None:
        for part in index if isinstance(index, tuple) else (index,):
            if hasattr(part, "dtype"):
                lock(part)
        self._index = index


class GetitemGradFn(_AtIndex, UnaryGradFn):
    """y = x[index]"""

    __slots__ = ("_index",)

    def vjp(self, g: A) -> A:
        return _spread(g, self._index, self._shapes[0])


class SpreadGradFn(_AtIndex, UnaryGradFn):
    """y = 0 but y[index] += x, the transpose of x[index]"""

    __slots__ = ("_index",)

    def vjp(self, g: A) -> A:
        return getitem(g, self._index)


@method
def getitem(x: A, index: Tensor | Index) -> A:
    """`x[index]` for a basic, integer-array or boolean index, as NumPy's. Raises IndexError."""
    if not isinstance(x, Tensor):
        key: Any = index
        part: Array = x[key]
        return part
    own = _frozen(index)
    try:
        y = x._data[own]
    except IndexError as error:
        raise _index_error(error, x.shape) from None
    return GetitemGradFn(own).record(y, x)


def _spread(x: A, index: Any, shape: Shape) -> A:
    if isinstance(x, Tensor):
        return SpreadGradFn(index).record(_spread(x._data, index, shape), x)
    y = np.zeros_like(x, shape=shape)
    if _may_repeat(index):
        np.add.at(y, index, x)
    else:
        y[index] = x
    return y


class IndexSetGradFn(_AtIndex, TwoInputGradFn):
    """y = x but y[index] = v, no element named twice,  dy = dx outside the index, dv inside"""

    __slots__ = ("_index",)

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        x_fn, v_fn = self._inputs
        return (
            None if x_fn is CONSTANT else _unique_set(g, self._index, view(np.zeros((), g.dtype), CONSTANT)),
            None if v_fn is CONSTANT else getitem(g, self._index),
        )


class IndexAddGradFn(_AtIndex, TwoInputGradFn):
    """y = x but y[index] += v"""

    __slots__ = ("_index",)

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        return g, None if self._inputs[1] is CONSTANT else getitem(g, self._index)


class IndexMulGradFn(_AtIndex, BinaryGradFn):
    """y = x but y[index] *= v, no element named twice"""

    __slots__ = ("_index",)

    def vjp_a(self, g: A, a: A, b: A) -> A:
        return _unique_mul(g, self._index, b)

    def vjp_b(self, g: A, a: A, b: A) -> A:
        return getitem(g * a, self._index)


def _unique_set(x: A, index: Any, value: A) -> A:
    if isinstance(x, Tensor):
        return IndexSetGradFn(index).record(_unique_set(x._data, index, value._data), x, value)
    y = np.array(x)
    y[index] = value
    return y


def _unique_mul(x: A, index: Any, value: A) -> A:
    if isinstance(x, Tensor):
        return IndexMulGradFn(index).record(_unique_mul(x._data, index, value._data), x, value)
    y = np.array(x)
    y[index] *= value
    return y


@method
def at_set(x: Tensor, index: Tensor | Index, value: Operand) -> Tensor:
    """`x` with `value` at `index`; of an element that is named twice, the last value stays."""
    own, v, positions = _edit("set", x, index, value)
    if positions is None:
        return _unique_set(x, own, v)
    last = positions.size - 1 - np.unique(positions[::-1], return_index=True)[1]
    return _unique_set(x.reshape(-1), positions[last], v.reshape(-1)[last]).reshape(x.shape)


@method
def at_add(x: Tensor, index: Tensor | Index, value: Operand) -> Tensor:
    """`x` with `value` added at `index`; an element that is named twice gets both."""
    own, v, positions = _edit("add", x, index, value)
    y = np.array(x._data)
    if positions is None:
        y[own] += v._data
    else:
        np.add.at(y, own, v._data)
    return IndexAddGradFn(own).record(y, x, v)


@method
def at_mul(x: Tensor, index: Tensor | Index, value: Operand) -> Tensor:
    """`x` multiplied by `value` at `index`; an element that is named twice is multiplied by both."""
    own, v, positions = _edit("mul", x, index, value)
    if positions is None:
        return _unique_mul(x, own, v)
    order = np.argsort(positions, kind="stable")
    _, first, counts = np.unique(positions[order], return_index=True, return_counts=True)
    flat, values = x.reshape(-1), v.reshape(-1)
    for time in range(counts.max(initial=0)):  # in each round no element is named twice
        chosen = order[first[counts > time] + time]
        flat = _unique_mul(flat, positions[chosen], values[chosen])
    return flat.reshape(x.shape)


def _edit(name: str, x: Tensor, index: Tensor | Index, value: Operand) -> tuple[Any, Tensor, Array | None]:
    """The index as its own, `value` as a Tensor in x's dtype, and, if an element is named twice, the flat positions.

    With positions, `value` has the shape of `x[index]`.
    """
    own = _frozen(index)
    try:
        part = x._data[own]
    except IndexError as error:
        raise _index_error(error, x.shape) from None
    v = constant(value, x)
    if v is None:
        raise TypeError(f"at[...].{name}: expected a Tensor, an array or a number, not {type(value).__name__}")
    if not np.can_cast(v.dtype, x.dtype, "same_kind"):
        raise TypeError(f"at[...].{name}: a value of dtype {v.dtype} in a Tensor of {x.dtype}; convert one with to()")
    v = v.to(x.dtype)
    lead = part.ndim - v.ndim
    if lead < 0 or any(n != m and n != 1 for n, m in zip(v.shape, part.shape[lead:])):
        raise ValueError(f"at[...].{name}: a value of shape {v.shape} does not broadcast to x[index], {part.shape}")
    if not _may_repeat(own):
        return own, v, None
    positions = np.arange(x.size).reshape(x.shape)[own].reshape(-1)
    if np.unique(positions).size == positions.size:
        return own, v, None
    return own, v.expand(part.shape), positions
