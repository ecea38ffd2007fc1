"""Order along a dimension, on arrays: NaN counts as the greatest."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels import along

Array = npt.NDArray[Any]

# So few elements are sorted sooner than parted.
_FEW = 64


def argsort(x: Array, dim: int, descending: bool, stable: bool) -> Array:
    """The indices that put `x`, which has dimensions, in order."""
    order: Array
    if not descending:
        return x.argsort(dim, "stable" if stable else None)
    reverse = (slice(None),) * dim + (slice(None, None, -1),)
    if stable:  # backwards both ways, so that equal elements keep their order
        order = x.shape[dim] - 1 - x[reverse].argsort(dim, "stable")[reverse]
        return order
    order = x.argsort(dim)[reverse]
    return order


def top(x: Array, k: int, dim: int, largest: bool, ordered: bool) -> Array:
    """The indices of the `k` greatest or least elements of `x`, which has dimensions."""
    n = x.shape[dim]
    lead = (slice(None),) * dim
    if k == 0 or k == n or x.size <= _FEW:
        order = argsort(x, dim, largest, False)
        return order[(*lead, slice(0, k))]
    order = x.argpartition(n - k if largest else k - 1, dim)
    order = order[(*lead, slice(n - k, None) if largest else slice(0, k))]
    if ordered and k > 1:
        order = along.take(order, argsort(along.take(x, order, dim), dim, largest, False), dim)
    return order


def kth(x: Array, k: int, dim: int) -> Array:
    """The element with `k` before it in ascending order, with size 1 in `dim`."""
    parted = np.array(x)
    parted.partition(k, dim)
    return np.array(parted[(slice(None),) * dim + (slice(k, k + 1),)])


def missing(x: Array, dim: int | None) -> Array | None:
    """Where a line has a NaN, with size 1 in `dim`; None if nowhere."""
    if x.dtype.kind != "f":
        return None
    greatest: Array = np.maximum.reduce(x, dim, keepdims=True)
    lines = greatest != greatest
    return lines if np.count_nonzero(lines) else None  # several times quicker than any()


def first(x: Array, y: Array, dim: int) -> Array:
    """The first place in each line where `x` is `y`, which has size 1 in `dim`; NaN is NaN here."""
    same = x == y
    if y.dtype.kind == "f" and np.count_nonzero(lost := y != y):
        same |= lost & (x != x)
    place: Array = same.argmax(dim, keepdims=True)
    return place


def nanmedian(x: Array, dim: int) -> Array:
    """The lower median of what is not NaN, with size 1 in `dim`; NaN of nothing else."""
    lost = np.count_nonzero(x != x, dim, keepdims=True)
    middle = np.maximum((x.shape[dim] - lost - 1) // 2, 0)
    return along.take(np.sort(x, dim), middle, dim)


def places(sequence: Array, values: Array, right: bool) -> Array:
    """Of (rows, n), in ascending order, how many are less than each of (rows, m), or, if `right`, no greater."""
    rows, n = sequence.shape
    y: Array = np.zeros(values.shape, np.int64)
    if rows <= 32:
        for i in range(rows):
            y[i] = np.searchsorted(sequence[i], values[i], "right" if right else "left")
        return y
    if not sequence.size:
        return y
    compare = np.less_equal if right else np.less
    lost = values != values
    step = 1 << n.bit_length()
    while step := step >> 1:  # a binary search of all values at once
        end = y + step
        there = along.take(sequence, np.minimum(end, n) - 1, 1)
        passed = compare(there, values) | (lost if right else lost & (there == there))
        y += step * (passed & (end <= n))
    return y
