"""Elements of arrays by an index, and edits of them in place, where an element may be named twice."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kytorch.kernels import reduce

Array = npt.NDArray[Any]
_INTP = np.dtype(np.intp)


class Places(NamedTuple):
    """An index of its own kind: the elements' numbers, from 0, counted through all dimensions."""

    flat: Array


# So many rows, as wide, are added whole; of those that are named most often, so few are summed one by one.
_MANY = 256
_WIDE = 32
_FEW = 16


def part(x: Array, index: Any) -> Array:
    """x[index]."""
    y: Array = x.reshape(-1)[index.flat] if type(index) is Places else x[index]
    return y


def assign(y: Array, index: Any, values: Array | float) -> None:
    """y[index] = values; where an element is named twice, the last value stays. `y` is contiguous."""
    if type(index) is Places:
        y.reshape(-1)[index.flat] = values
    else:
        y[index] = values


def may_repeat(index: Any) -> bool:
    """Whether an element can be named twice: only integer arrays can."""
    if type(index) is Places:
        return True
    for part in index if isinstance(index, tuple) else (index,):
        if hasattr(part, "dtype") and part.dtype.kind != "b" and part.ndim:
            return True
    return False


def add(y: Array, index: Any, values: Array) -> None:
    """y[index] += values, in place; an element that is named twice gets both."""
    if not may_repeat(index):
        y[index] += values
    elif y.dtype.char == "e" or not y.flags.c_contiguous:  # float16 is summed in float32
        total = np.zeros_like(y, np.float32 if y.dtype.char == "e" else None, order="C")
        add(total, index, values)
        y += total
    else:
        rows, shape, width = _rows(index, y.shape)
        values = values.astype(y.dtype, copy=False)
        if values.shape != shape:
            values = np.broadcast_to(values, shape)
        if width >= _WIDE and rows.size > _MANY:
            _add_rows(y.reshape(-1, width), rows, values.reshape(-1, width))
        elif width:
            np.add.at(y.reshape(-1), _elements(rows, width), values.reshape(-1))


def numbers(index: Any, shape: tuple[int, ...]) -> Array:
    """The numbers, counted through all dimensions of `shape`, of the elements that `index` names, in one line."""
    rows, _, width = _rows(index, shape)
    return _elements(rows, width)


def last_named(index: Any, shape: tuple[int, ...]) -> Array | None:
    """For each place of x[index] whether no later one names the same element; None if that is so everywhere."""
    if not may_repeat(index) or not math.prod(shape):
        return None
    rows, whole, width = _rows(index, shape)
    order = np.arange(rows.size)
    last = np.empty(math.prod(shape) // max(width, 1), np.intp)
    last[rows] = order
    stays = last[rows] == order
    if stays.all():
        return None
    return np.broadcast_to(stays[:, None], (rows.size, width)).reshape(whole)


def _rows(index: Any, shape: tuple[int, ...]) -> tuple[Array, tuple[int, ...], int]:
    """The numbers of the rows that `index` names, in one line; the shape of x[index]; how wide a row is.

    A row is what the leading integer arrays leave, and one element under any other index.
    """
    if type(index) is Places:
        return index.flat.reshape(-1), index.flat.shape, 1
    parts = index if isinstance(index, tuple) else (index,)
    if False not in [getattr(part, "dtype", None) == _INTP for part in parts]:
        lead, rest = shape[: len(parts)], shape[len(parts) :]
        rows = np.ravel_multi_index(parts, lead, mode="wrap") if len(parts) > 1 else _from_left(parts[0], lead[0])
        return rows.reshape(-1), rows.shape + rest, math.prod(rest)
    places = np.arange(math.prod(shape)).reshape(shape)[index]
    return places.reshape(-1), places.shape, 1


def _from_left(index: Array, n: int) -> Array:
    return index % n if index.size and np.minimum.reduce(index, None) < 0 else index


def _elements(rows: Array, width: int) -> Array:
    return rows if width == 1 else (rows[:, None] * width + np.arange(width)).reshape(-1)


def _add_rows(y: Array, rows: Array, values: Array) -> None:
    """y[rows] += values, in rounds in each of which no row is named twice."""
    order = np.argsort(rows.astype(np.uint16) if len(y) < 65536 else rows, kind="stable")  # few bits sort fast
    ordered = rows[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    counts = np.diff(first, append=rows.size)
    often = np.argsort(-counts, kind="stable")
    first, counts = first[often], counts[often]
    total = values[order[first]]
    rounds = int(counts[_FEW]) if counts.size > _FEW else 1
    for time, n in enumerate(np.searchsorted(-counts, -np.arange(1, rounds)).tolist(), 1):
        total[:n] += values[order[first[:n] + time]]
    for i, (start, count) in enumerate(zip(first[:_FEW].tolist(), counts[:_FEW].tolist())):
        if count > rounds:
            total[i] += reduce.sum(values[order[start + rounds : start + count]], (0,), False)
    y[ordered[first]] += total
