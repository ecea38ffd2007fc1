"""Indexing, and its transpose."""

from __future__ import annotations

from types import EllipsisType, NoneType
from typing import Any, TypeAlias

import numpy as np

from kytorch.kernels import scatter as kernels
from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import check_operands
from kytorch.tensor.rules import PartGradFn
from kytorch.tensor.values import Array, Index, Shape, lock

Key: TypeAlias = Any  # what an array takes as an index, which NumPy's stubs keep to themselves
_BOUNDS = frozenset([int, NoneType])
_PLAIN = frozenset([int, NoneType, EllipsisType])


def frozen(index: Tensor | Index) -> Key:
    """`index` with Tensors, lists and arrays as locked arrays, so that no later change reaches a graph."""
    return tuple([_frozen_part(part) for part in index]) if isinstance(index, tuple) else _frozen_part(index)


def _frozen_part(index: Any) -> Any:
    kind = type(index)
    if kind in _PLAIN:
        return index
    if kind is slice:
        bounds = index.start, index.stop, index.step
        return index if _BOUNDS.issuperset(map(type, bounds)) else slice(*[_frozen_part(i) for i in bounds])
    if kind is Tensor:
        array = index._data
    elif isinstance(index, list) or hasattr(index, "dtype"):
        array = np.array(index)
        if not array.size and isinstance(index, list):
            array = array.astype(np.intp)
    else:
        return index
    if array.dtype.kind not in "biu":
        raise IndexError(f"an index is of integers or bool, not {array.dtype}")
    if array.dtype.kind != "b":
        if not array.ndim:
            return int(array)
        array = array.astype(np.intp, copy=False)
    lock(array)
    return array


def index_error(error: Exception, shape: Shape) -> IndexError | ValueError:
    """NumPy's error about an index, in kytorch's words; a ValueError, which is about a slice, stays one."""
    kind = ValueError if isinstance(error, ValueError) else IndexError
    return kind(f"index: {error} (in a Tensor of shape {shape})")


class GetitemGradFn(PartGradFn):
    """y = x[index]"""

    __slots__ = ("_index",)

    def __init__(self, index: Any) -> None:
        self._index = index

    def vjp(self, g: A) -> A:
        return spread(g, self._index, self._shapes[0])

    def add_to(self, total: Array, g: Array) -> None:
        kernels.add(total, self._index, g)


class SpreadGradFn(UnaryGradFn):
    """y = 0 but y[index] += x, the transpose of x[index]"""

    __slots__ = ("_index",)

    def __init__(self, index: Any) -> None:
        self._index = index

    def vjp(self, g: A) -> A:
        return part(g, self._index)


@method
def getitem(x: A, index: Tensor | Index) -> A:
    """`x[index]` for a basic, integer-array or boolean index, as NumPy's. Raises IndexError."""
    check_operands("getitem", x)
    own = frozen(index)
    try:
        if isinstance(x, Tensor):
            return GetitemGradFn(own).record(x._data[own], x)
        y: Array = x[own]
        return y
    except (IndexError, TypeError, ValueError) as error:
        raise index_error(error, x.shape) from None


def part(x: A, index: Any) -> A:
    """`x[index]` for a frozen index, or for places."""
    if isinstance(x, Tensor):
        return GetitemGradFn(index).record(kernels.part(x._data, index), x)
    return kernels.part(x, index)


def spread(x: A, index: Any, shape: Shape) -> A:
    """y = 0, of `shape`, but y[index] += x, for a frozen index or for places."""
    if isinstance(x, Tensor):
        return SpreadGradFn(index).record(spread(x._data, index, shape), x)
    y: Array = np.zeros_like(x, order="C", shape=shape)
    if kernels.may_repeat(index):
        kernels.add(y, index, x)
    else:
        y[index] = x
    return y
