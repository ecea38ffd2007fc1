"""Running sums, products and extrema along a dimension, on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# Longer lines are accumulated in a wider dtype, since each step adds an error.
_FEW = 32
_WIDER = {"e": np.float32, "f": np.float64}
# From this many elements beside a line on, a step over all lines is faster than a line after the other.
_MANY = 256
_BLOCK = 64
_TRIANGLE = 32


def accumulate(function: np.ufunc, x: Array, dim: int, backwards: bool) -> Array:
    """The running sum (`np.add`) or product (`np.multiply`) along `dim`; integers and bool give int64."""
    dtype = x.dtype
    wide: npt.DTypeLike = dtype
    if dtype.kind != "f":
        dtype = np.dtype(np.int64)
        wide = dtype
    if not x.ndim:
        return x.astype(dtype)
    if x.shape[dim] > _FEW:
        wide = _WIDER.get(x.dtype.char, wide)
        if x.strides[-1] == x.itemsize and dim < x.ndim - 1 and x.size >= _MANY * x.shape[dim]:
            return _by_steps(function, x, dim, backwards, dtype, wide)
    if function is np.add and dtype.char == "f" and dim == x.ndim - 1 and x.size >= 4096 <= 16 * x.shape[dim]:
        with np.errstate(all="ignore"):
            sums = _sums_by_blocks(x, backwards)
        if sums is not None:
            return sums
    if not backwards:
        y: Array = function.accumulate(x, dim, wide)
        return y if wide == dtype else y.astype(dtype)
    reverse = (slice(None),) * dim + (slice(None, None, -1),)
    y = function.accumulate(x[reverse], dim, wide)[reverse]
    return y if wide == dtype else y.astype(dtype)


def _sums_by_blocks(x: Array, backwards: bool) -> Array | None:
    """Running sums of float32 along the last dimension, in blocks that a product with a triangle of ones sums.

    NumPy waits for each sum before the next. None if a sum is not finite, which the products would spread.
    """
    n = x.shape[-1]
    count = n // _TRIANGLE
    whole = count * _TRIANGLE
    rest = n - whole
    start = rest if backwards else 0  # what is left over is the last to be summed
    y: Array = np.empty_like(x, order="C")
    ones = np.ones((_TRIANGLE, _TRIANGLE), x.dtype)
    shape = (*x.shape[:-1], count, _TRIANGLE)
    blocks = np.matmul(x[..., start : start + whole].reshape(shape), np.tril(ones) if backwards else np.triu(ones))
    if backwards:
        totals = np.add.accumulate(blocks[..., ::-1, 0], -1, np.float64)
        blocks[..., :-1, :] += totals[..., -2::-1, None].astype(x.dtype)
        before = totals[..., -1:]
        if rest:
            y[..., :rest] = (np.add.accumulate(x[..., rest - 1 :: -1], -1, np.float64) + before)[..., ::-1]
    else:
        totals = np.add.accumulate(blocks[..., -1], -1, np.float64)
        blocks[..., 1:, :] += totals[..., :-1, None].astype(x.dtype)
        if rest:
            y[..., whole:] = np.add.accumulate(x[..., whole:], -1, np.float64) + totals[..., -1:]
    if not np.isfinite(totals[..., -1]).all():
        return None
    y[..., start : start + whole] = blocks.reshape(*x.shape[:-1], whole)
    return y


def _by_steps(
    function: np.ufunc, x: Array, dim: int, backwards: bool, dtype: np.dtype[Any], wide: npt.DTypeLike
) -> Array:
    y: Array = np.empty_like(x, dtype, "C")
    lines, answers = np.moveaxis(x, dim, 0), np.moveaxis(y, dim, 0)
    order = range(len(lines) - 1, -1, -1) if backwards else range(len(lines))
    total: Array = lines[order[0]].astype(wide)
    answers[order[0]] = total
    for i in order[1:]:
        function(total, lines[i], out=total)
        answers[i] = total
    return y


def extremum(function: np.ufunc, x: Array, dim: int) -> tuple[Array, Array]:
    """The running greatest (`np.maximum`) or least (`np.minimum`) element, and the last place so far where it is."""
    if not x.ndim or not x.size:
        return np.array(x), np.zeros(x.shape, np.int64)
    if x.size <= 4 * _BLOCK:
        y: Array = function.accumulate(x, dim)
        steps = np.arange(x.shape[dim]).reshape((-1,) + (1,) * (x.ndim - 1 - dim))
        return y, np.maximum.accumulate(steps * _equal(x, y), dim)
    lines = x if dim == x.ndim - 1 else np.moveaxis(x, dim, -1)
    n = lines.shape[-1]
    rows = lines.reshape(-1, n)
    marks = _marks_of_blocks(function, rows) if n >= 64 * _BLOCK else None
    if marks is None:
        y = function.accumulate(rows, 1)
        marks = np.flatnonzero(_equal(rows, y))
        lengths = _lengths(marks, x.size)
    else:
        lengths = _lengths(marks, x.size)
        y = np.repeat(rows.reshape(-1)[marks], lengths)
    places: Array = np.repeat(marks if len(rows) == 1 else marks % n, lengths)
    y, places = y.reshape(lines.shape), places.reshape(lines.shape)
    return (y, places) if lines is x else (np.moveaxis(y, -1, dim), np.moveaxis(places, -1, dim))


def _lengths(marks: Array, end: int) -> Array:
    lengths: Array = np.empty_like(marks)
    np.subtract(marks[1:], marks[:-1], out=lengths[:-1])
    lengths[-1] = end - marks[-1]
    return lengths


def _equal(x: Array, y: Array) -> Array:
    """Where x is y or NaN."""
    same: Array = x == y
    if x.dtype.kind == "f":
        same |= x != x
    return same


def _marks_of_blocks(function: np.ufunc, x: Array) -> Array | None:
    """Where in (rows, n) an element is the greatest so far, looking only at blocks that reach what went before.

    None if these are many.
    """
    rows, n = x.shape
    whole = n - n % _BLOCK
    body = x[:, :whole].reshape(rows, -1, _BLOCK)
    best = function.reduce(body, 2)
    run = function.accumulate(best, 1)
    less = np.less if function is np.maximum else np.greater
    reached = np.ones(best.shape, bool)
    np.logical_not(less(best[:, 1:], run[:, :-1]), out=reached[:, 1:])  # also if one is NaN
    row, block = np.nonzero(reached)
    if 4 * row.size > reached.size:
        return None
    # What went before, at the head of each of these blocks; of a first block its own first element.
    head = np.where(block > 0, run[row, block - 1], x[row, 0])
    marks = _marks(function, head, body[row, block], row * n + block * _BLOCK)
    if whole < n:
        rest = _marks(function, run[:, -1], x[:, whole:], np.arange(rows) * n + whole)
        marks = np.sort(np.concatenate([marks, rest]))
    return marks


def _marks(function: np.ufunc, head: Array, x: Array, start: Array) -> Array:
    """Where in the rows of `x`, which lie at `start`, an element is the greatest after `head`."""
    lines = np.concatenate([head[:, None], x], 1)
    row, place = np.nonzero(_equal(x, function.accumulate(lines, 1)[:, 1:]))
    marks: Array = start[row] + place
    return marks


def logcumsumexp(x: Array, dim: int) -> Array:
    """log of the running sum of e^x, without overflow."""
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    if not x.ndim:
        return np.array(x)
    with np.errstate(invalid="ignore"):
        y: Array = np.logaddexp.accumulate(x, dim)
    return y


def difference(x: Array, dim: int) -> Array:
    """x[1:] - x[:-1] along `dim`; of bool, whether they differ."""
    lead = (slice(None),) * dim
    function = np.not_equal if x.dtype.kind == "b" else np.subtract
    y: Array = function(x[(*lead, slice(1, None))], x[(*lead, slice(None, -1))])
    return y


def transposed_difference(g: Array, dim: int, shape: tuple[int, ...]) -> Array:
    """The transpose of `difference` of an array of `shape`."""
    lead = (slice(None),) * dim
    y: Array = np.zeros_like(g, order="C", shape=shape)
    y[(*lead, slice(1, None))] = g
    y[(*lead, slice(None, -1))] -= g
    return y
