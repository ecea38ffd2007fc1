"""Joining Tensors, and taking them apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from kytorch.ops.index import GetitemGradFn
from kytorch.ops.shape import unsqueeze
from kytorch.tensor.core import CONSTANT, A, Tensor, View
from kytorch.tensor.dims import one_dim, one_of, sizes, whole
from kytorch.tensor.holder import ArrayHolder
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import alike, check_operands
from kytorch.tensor.rules import NaryGradFn
from kytorch.tensor.values import Array

# A list of more parts would fill the memory.
_MOST = 1 << 24


class CatGradFn(NaryGradFn):
    """y = the inputs one behind the other along a dimension"""

    __slots__ = ("_dim",)

    def __init__(self, dim: int) -> None:
        self._dim = dim

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        parts: list[A | None] = []
        start = 0
        for grad_fn, shape in zip(self._inputs, self._shapes):
            stop = start + shape[self._dim]
            parts.append(None if grad_fn is CONSTANT else _taken(g, _along(self._dim, slice(start, stop))))
            start = stop
        return tuple(parts)


def cat(tensors: Sequence[A], dim: int = 0) -> A:
    """The Tensors one behind the other along `dim`. Raises ValueError if the other sizes differ."""
    tensors = _sequence("cat", tensors)
    return _cat(tensors, one_dim("cat", dim, tensors[0].ndim))


def _cat(tensors: Sequence[A], at: int) -> A:
    try:
        if isinstance(tensors[0], Tensor):
            return CatGradFn(at).record(np.concatenate([x._data for x in tensors], at), *tensors)
        return np.concatenate(tensors, at)
    except ValueError:
        raise ValueError(
            f"cat: shapes {', '.join([str(x.shape) for x in tensors])} must be equal but for dim {at}, and not (); "
            "stack() adds a dimension"
        ) from None


def concat(tensors: Sequence[A], dim: int = 0) -> A:
    """The Tensors one behind the other along `dim`: cat."""
    return cat(tensors, dim)


def concatenate(tensors: Sequence[A], dim: int = 0) -> A:
    """The Tensors one behind the other along `dim`: cat."""
    return cat(tensors, dim)


def _sequence(name: str, tensors: Sequence[A]) -> Sequence[A]:
    """`tensors`, of arrays among Tensors constants. Raises for what is no sequence of them, or is empty."""
    if isinstance(tensors, ArrayHolder) or not (isinstance(tensors, Iterable) and hasattr(tensors, "__getitem__")):
        kind = type(tensors).__name__
        raise TypeError(f"{name}: expected several Tensors in a list or tuple, not one {kind}")
    kinds = set(map(type, tensors))
    if len(kinds) == 1 and Tensor in kinds:
        return tensors
    if not kinds:
        raise ValueError(f"{name}: expected at least one Tensor")
    return alike(name, *tensors)


class StackGradFn(NaryGradFn):
    """y = the inputs one behind the other along a new dimension"""

    __slots__ = ("_dim",)

    def __init__(self, dim: int) -> None:
        self._dim = dim

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        parts: list[A | None] = []
        for i, grad_fn in enumerate(self._inputs):
            parts.append(None if grad_fn is CONSTANT else _taken(g, _along(self._dim, i, ...)))
        return tuple(parts)


def stack(tensors: Sequence[A], dim: int = 0) -> A:
    """The Tensors, all of one shape, along a new dimension `dim`."""
    tensors = _sequence("stack", tensors)
    return _stack(tensors, one_dim("stack", dim, tensors[0].ndim + 1))


def _stack(tensors: Sequence[A], at: int) -> A:
    first = tensors[0]
    shapes = [x.shape for x in tensors]
    if shapes.count(first.shape) < len(shapes):
        raise ValueError(f"stack: shapes {', '.join(map(str, shapes))} must be equal")
    if isinstance(first, Tensor):
        return StackGradFn(at).record(_stacked([x._data for x in tensors], at), *tensors)
    return _stacked(tensors, at)


def _stacked(arrays: Sequence[Array], at: int) -> Array:
    shape = arrays[0].shape
    if at == len(shape):
        return np.concatenate([x[..., None] for x in arrays], at)
    # What lies one behind the other along a dimension only needs it split in two.
    return np.concatenate(arrays, at).reshape(shape[:at] + (len(arrays),) + shape[at:])


def hstack(tensors: Sequence[A]) -> A:
    """The Tensors side by side: along dim 1, or dim 0 if they have one dimension."""
    tensors = _sequence("hstack", tensors)
    ndims = [x.ndim for x in tensors]
    return _cat([unsqueeze(x, 0) if not x.ndim else x for x in tensors] if 0 in ndims else tensors, int(ndims[0] > 1))


def vstack(tensors: Sequence[A]) -> A:
    """The Tensors below one another: along dim 0, a vector being a row."""
    tensors = _sequence("vstack", tensors)
    ndims = {x.ndim for x in tensors}
    if ndims == {1}:
        return _stack(tensors, 0)
    return _cat([x.reshape(1, -1) if x.ndim < 2 else x for x in tensors] if min(ndims) < 2 else tensors, 0)


def dstack(tensors: Sequence[A]) -> A:
    """The Tensors behind one another: along dim 2, a vector of n being (1, n, 1) and a matrix (m, n, 1)."""
    tensors = _sequence("dstack", tensors)
    return cat([x.reshape(*(x.shape if x.ndim == 2 else (1, x.size)), 1) if x.ndim < 3 else x for x in tensors], 2)


# Taking apart. Each part is an operation of its own; the walk adds their gradients in one array.


def _along(dim: int, *part: Any) -> Any:
    """The index of a part along `dim`."""
    return (slice(None),) * dim + part


def _taken(x: A, index: Any) -> A:
    if isinstance(x, Tensor):
        return GetitemGradFn(index).record(x._data[index], x)
    y: Array = x[index]
    return y


def _cut(x: A, dim: int, bounds: Sequence[tuple[int, int]]) -> tuple[A, ...]:
    return tuple([_taken(x, _along(dim, slice(start, stop))) for start, stop in bounds])


def _number_of_parts(name: str, what: str, n: int) -> int:
    if whole(name, what, n) > _MOST:
        raise ValueError(f"{name}: {n} {what} are more than {_MOST}")
    return whole(name, what, n)


def _cut_evenly(x: A, dim: int, size: int) -> tuple[A, ...]:
    starts = range(0, max(x.shape[dim], 1), max(size, 1))
    return tuple([_taken(x, _along(dim, slice(start, start + size))) for start in starts])


@method
def split(x: A, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[A, ...]:
    """Parts of `x` along `dim`: each of one size, the last maybe smaller, or of the sizes in a list. As a method,
    `split_size` is its name. Raises ValueError for sizes that do not make up the dimension.
    """
    check_operands("split", x)
    at = one_of("split", dim, x.ndim)
    n = x.shape[at]
    given = sizes("split", (split_size_or_sections,))
    if not isinstance(split_size_or_sections, Sequence):
        (size,) = given
        if size < 0 or (n and not size):
            raise ValueError(f"split: expected a positive size, not {size}")
        return _cut_evenly(x, at, size)
    if sum(given) != n or min(given, default=0) < 0:
        raise ValueError(f"split: sizes {given} do not make up the {n} of dim {dim} in shape {x.shape}")
    stops = [sum(given[: i + 1]) for i in range(len(given))]
    return _cut(x, at, [(stop - size, stop) for stop, size in zip(stops, given)])


@method
def chunk(x: A, chunks: int, dim: int = 0) -> tuple[A, ...]:
    """At most `chunks` parts of `x` along `dim`, of equal sizes but for the last. Raises ValueError for less than 1."""
    check_operands("chunk", x)
    at = one_of("chunk", dim, x.ndim)
    parts = _number_of_parts("chunk", "chunks", chunks)
    if parts < 1:
        raise ValueError(f"chunk: expected one chunk or more, not {chunks}")
    if not x.shape[at]:
        return _cut(x, at, [(0, 0)] * parts)
    return _cut_evenly(x, at, -(-x.shape[at] // parts))


@method
def tensor_split(x: A, indices_or_sections: int | Sequence[int], dim: int = 0) -> tuple[A, ...]:
    """Parts of `x` along `dim`: so many, the first ones larger by 1 if need be, or cut before each index of a list."""
    check_operands("tensor_split", x)
    at = one_of("tensor_split", dim, x.ndim)
    n = x.shape[at]
    cuts = sizes("tensor_split", (indices_or_sections,))
    if not isinstance(indices_or_sections, Sequence):
        parts = _number_of_parts("tensor_split", "sections", indices_or_sections)
        if parts < 1:
            raise ValueError(f"tensor_split: expected one section or more, not {parts}")
        size, larger = divmod(n, parts)
        cuts = tuple([i * size + min(i, larger) for i in range(1, parts)])
    return _cut(x, at, list(zip((0,) + cuts, cuts + (n,))))


@method
def unbind(x: A, dim: int = 0) -> tuple[A, ...]:
    """The parts of `x` along `dim`, without that dimension. Raises IndexError for a scalar."""
    check_operands("unbind", x)
    at = one_of("unbind", dim, x.ndim)
    return tuple([_taken(x, _along(at, i, ...)) for i in range(x.shape[at])])


@method
def narrow(x: A, dim: int, start: int, length: int) -> A:
    """`length` elements of `x` along `dim`, from `start` on. Raises IndexError or ValueError outside of it."""
    check_operands("narrow", x)
    at = one_of("narrow", dim, x.ndim)
    n = x.shape[at]
    first, size = sizes("narrow", (start, length))
    if not -n <= first <= n:
        raise IndexError(f"narrow: start {start} is out of range for dim {dim} of shape {x.shape}")
    if first < 0:
        first += n
    if size < 0 or first + size > n:
        raise ValueError(f"narrow: {length} elements from {start} on are not in dim {dim} of shape {x.shape}")
    return _taken(x, _along(at, slice(first, first + size)))


@method
def select(x: A, dim: int, index: int) -> A:
    """`x` at `index` along `dim`, without that dimension. Raises IndexError."""
    check_operands("select", x)
    at = one_of("select", dim, x.ndim)
    position = whole("select", "index", index)
    if not -x.shape[at] <= position < x.shape[at]:
        raise IndexError(f"select: index {index} is out of range for dim {dim} of shape {x.shape}")
    return _taken(x, _along(at, position, ...))
