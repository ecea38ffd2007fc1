"""Running sums, products and extrema along a dimension, on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.matmul import dot

Array = npt.NDArray[Any]

# Longer lines are accumulated in a wider dtype, since each step adds an error.
_FEW = 32
_WIDER = {"e": np.float32, "f": np.float64}
# From this many elements beside a line on, a step over all lines is faster than a line after the other.
_MANY = 256
# Shorter lines are multiplied by doubling.
_LONG = 2048
_LARGE = 1e200
_BLOCK = 64
_TRIANGLE = np.triu(np.ones((32, 32), np.float32))


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
    if function is np.add and dtype.char == "f" and dim == x.ndim - 1 and x.size >= 4096 <= 64 * x.shape[dim]:
        with np.errstate(all="ignore"):
            sums = _sums_by_blocks(x, backwards)
        if sums is not None:
            return sums
    n = x.shape[dim]
    if function is np.multiply and dtype.char == "f" and dim == x.ndim - 1 and _FEW < n <= _LONG and not backwards:
        products = _products_by_doubling(x.reshape(-1, n)) if x.size >= max(4096, _FEW * n) else None
        if products is not None:
            return products.reshape(x.shape)
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
    lead, n, size = x.shape[:-1], x.shape[-1], len(_TRIANGLE)
    count = -(-n // size)
    whole = count * size
    part = (..., slice(whole - n, None) if backwards else slice(n))
    if whole > n:  # zeros fill what would be summed last
        filled = np.zeros_like(x, order="C", shape=(*lead, whole))
        filled[part] = x
        x = filled
    blocks = dot(x.reshape(-1, size), _TRIANGLE.T if backwards else _TRIANGLE).reshape(*lead, count, size)
    if backwards:
        totals = np.add.accumulate(blocks[..., ::-1, 0], -1, np.float64)
        blocks[..., :-1, :] += totals[..., -2::-1, None].astype(x.dtype)
    else:
        totals = np.add.accumulate(blocks[..., -1], -1, np.float64)
        blocks[..., 1:, :] += totals[..., :-1, None].astype(x.dtype)
    if not np.isfinite(totals[..., -1]).all():
        return None
    y: Array = blocks.reshape(*lead, whole)[part]
    return np.ascontiguousarray(y)


@np.errstate(all="ignore")
def _products_by_doubling(x: Array) -> Array | None:
    """The rows' running products of float32: of 1, 2, 4 elements and so on, in float64, all rows beside each other.

    NumPy waits for each product before the next. None if some are so large that the order of the factors matters: below
    1e200, what underflows in float64 is 0 in float32 whatever it is multiplied with.
    """
    n = x.shape[1]
    y: Array = np.empty_like(x, order="C")
    several = max(_FEW, (1 << 16) // n)
    for start in range(0, len(x), several):
        part = slice(start, start + several)
        products = x[part].T.astype(np.float64, order="C")
        other = np.empty_like(products)
        step = 1
        while step < n:
            other[:step] = products[:step]
            np.multiply(products[step:], products[:-step], out=other[step:])
            products, other = other, products
            step *= 2
        if not -_LARGE < np.minimum.reduce(products, None) <= np.maximum.reduce(products, None) < _LARGE:
            return None
        y[part] = products.T
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
    size = _BLOCK << max(0, min(4, n.bit_length() - 12))  # 32 blocks or more
    whole = n - n % size
    body = x[:, :whole].reshape(rows, -1, size)
    best = function.reduce(body, 2)
    run = function.accumulate(best, 1)
    less = np.less if function is np.maximum else np.greater
    reached = np.ones(best.shape, bool)
    np.logical_not(less(best[:, 1:], run[:, :-1]), out=reached[:, 1:])  # also if one is NaN
    blocks = np.flatnonzero(reached)
    if 4 * blocks.size > reached.size:
        return None
    row, block = (0, blocks) if rows == 1 else np.divmod(blocks, reached.shape[1])
    # What went before, put at the head of each of these blocks; before a first block its own first element.
    lines = np.empty_like(x, shape=(blocks.size, size + 1))
    lines[:, 0] = run.reshape(-1)[blocks - 1]
    lines[block == 0, 0] = x[:, 0]
    lines[:, 1:] = body[row, block]
    marks = _marks(function, lines, row * n + block * size)
    if whole < n and not less(function.reduce(x[:, whole:], 1), run[:, -1]).all():
        rest = _marks(function, np.concatenate([run[:, -1:], x[:, whole:]], 1), np.arange(rows) * n + whole)
        marks = np.sort(np.concatenate([marks, rest]))
    return marks


def _marks(function: np.ufunc, lines: Array, start: Array) -> Array:
    """Where in the lines, which lie at `start`, an element is the greatest so far; the first of each is a head."""
    found = np.flatnonzero(_equal(lines[:, 1:], function.accumulate(lines, 1)[:, 1:]))
    size = lines.shape[1] - 1
    row = found // size
    marks: Array = start[row] + (found - row * size)
    return marks


# From this length on the roundings of float32's running sums would add up to what is seen.
_MANY_TERMS = 64


def logcumsumexp(x: Array, dim: int) -> Array:
    """log of the running sum of e^x, without overflow."""
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    if not x.ndim:
        return np.array(x)
    if (x.dtype.char == "e" or (x.dtype.char == "f" and x.shape[dim] >= _MANY_TERMS)) and x.size:
        return _wide_logcumsumexp(x.astype(np.float64), dim).astype(x.dtype)
    with np.errstate(invalid="ignore"):
        y: Array = np.logaddexp.accumulate(x, dim)
    return y


def _wide_logcumsumexp(x: Array, dim: int) -> Array:
    """Of float64, written over it."""
    greatest = x.max(dim, keepdims=True)
    first = x[(*(slice(None),) * dim, slice(0, 1))]
    with np.errstate(invalid="ignore"):
        if not (greatest - first < 700.0).all():  # then the first sums would be 0; also of NaN and infinities
            y: Array = np.logaddexp.accumulate(x, dim)
            return y
    x -= greatest
    np.exp(x, out=x)
    np.cumsum(x, dim, out=x)
    np.log(x, out=x)
    x += greatest
    return x


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
