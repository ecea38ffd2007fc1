"""Layer norm and RMS norm on the rows of a matrix, in blocks of rows that fit the cache."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# Elements that a pass over several steps takes at once, so that they stay in the cache.
BLOCK = 1 << 17
# So many products are added up in their own dtype, with few roundings' error.
CHUNK = 1 << 12
# Below this length NumPy broadcasts a run of elements through a buffer, which takes as long as the operation: shorter
# rows are taken several at a time.
_WIDE = 1 << 13
# From this length on it takes less time without the buffer.
_LONG = 1 << 8
# Of each dtype, how much of their mean equal numbers may seem to deviate from it.
_ROUNDINGS = {char: 64 * float(np.finfo(char).eps) for char in "fd"}
# So many standard deviations a mean may be from 0 for x to stand for x - mean in products: as many roundings are lost.
_NEAR = 16.0
# With what products sum.
_ONES = {char: np.ones(CHUNK, char) for char in "fd"}


class Unbuffered:
    """Within, NumPy broadcasts runs of so many elements without a buffer, if that is quicker."""

    __slots__ = ("_before", "_length")

    def __init__(self, length: int) -> None:
        self._length = length

    def __enter__(self) -> None:
        if self._length >= _LONG:
            self._before = np.setbufsize(16)

    def __exit__(self, *error: object) -> None:
        if self._length >= _LONG:
            np.setbufsize(self._before)


def row_norm(
    x: Array, weight: Array | None, bias: Array | None, eps: float, centred: bool
) -> tuple[Array, Array, Array]:
    """(x - mean) / sqrt(var + eps) weight + bias of each row; the rows' means and 1 / sqrt(var + eps).

    If not `centred`, the mean is taken as 0. float16 goes through float32, in which the statistics stay.
    """
    if x.dtype.char == "e":
        y, mean, scale = row_norm(wide(x), wide_or_none(weight), wide_or_none(bias), eps, centred)
        return y.astype(x.dtype), mean, scale
    rows, n = x.shape
    y = np.empty_like(x)
    mean, squares, scale = np.zeros_like(x, shape=(3, rows))
    with Unbuffered(n):
        _row_norm(x, weight, bias, eps, (y, mean if centred else None, squares, scale), False)
        if centred and seem_equal(squares, mean, n):
            _row_norm(x, weight, bias, eps, (y, mean, squares, scale), True)
    return y, mean, scale


def _row_norm(
    x: Array,
    weight: Array | None,
    bias: Array | None,
    eps: float,
    out: tuple[Array, Array | None, Array, Array],
    mend: bool,
) -> None:
    y, mean, squares, scale = out
    rows, n = x.shape
    weights, biases = _repeated(weight, rows), _repeated(bias, rows)
    step = _step(rows, n)
    for start in range(0, rows, step):
        block = slice(start, start + step)
        source, target, own = x[block], y[block], scale[block]
        if mean is not None:
            deviations(source, target, mean[block], squares[block], mend)
            source = target
        else:
            squares[block] = row_dots(source, source)
        np.divide(squares[block], n, out=own)
        own += eps
        inverse_root(own, eps)
        np.multiply(source, own[:, None], out=target)
        if weights is not None:
            _by_columns(np.multiply, target, weights, target)
        if biases is not None:
            _by_columns(np.add, target, biases, target)


def row_norm_vjp(
    g: Array,
    x: Array,
    weight: Array | None,
    mean: Array,
    scale: Array,
    centred: bool,
    needed: tuple[bool, bool, bool],
) -> tuple[Array | None, Array | None, Array | None]:
    """The gradients with respect to x, the weight and the bias, those that are `needed`.

    With d = (x - mean) / std and h = g weight: dx = (h - mean of h - d mean of (h d)) / std.
    """
    if x.dtype.char == "e":
        found = row_norm_vjp(wide(g), wide(x), wide_or_none(weight), mean, scale, centred, needed)
        narrow = [None if a is None else a.astype(x.dtype) for a in found]
        return narrow[0], narrow[1], narrow[2]
    rows, n = x.shape
    g_x = np.empty_like(x) if needed[0] else None
    g_w = np.zeros_like(x, shape=(n,)) if needed[1] else None
    g_b = np.zeros_like(x, shape=(n,)) if needed[2] else None
    weights = _repeated(weight, rows)
    step = _step(rows, n)
    scratch = np.empty_like(x, shape=(min(step, rows), n))
    far = centred and bool((np.abs(mean) * scale > _NEAR).any())
    with Unbuffered(n):
        for start in range(0, rows, step):
            block = slice(start, start + step)
            g_here, x_here, mean_here, own = g[block], x[block], mean[block], scale[block]
            free = scratch[: len(own)]
            if far:
                x_here, mean_here = x_here - mean_here[:, None], np.zeros_like(mean_here)
            if g_b is not None:
                g_b += ones(x, len(own)) @ g_here
            if g_w is not None:
                g_w += own @ np.multiply(g_here, x_here, out=free)
                if centred:
                    g_w -= (own * mean_here) @ g_here
            if g_x is None:
                continue
            h = g_here if weights is None else _by_columns(np.multiply, g_here, weights, free)
            # In terms of x: x slope + h scale + shift.
            along = row_dots(h, x_here)
            total = row_sums(h) if centred else None
            if total is not None:
                along = along - mean_here * total
            slope = along * own * own * own
            slope /= -n
            target = np.multiply(x_here, slope.astype(x.dtype, copy=False)[:, None], out=g_x[block])
            target += np.multiply(h, own[:, None], out=free)
            if total is not None:
                shift = slope * mean_here + total * own / n
                target -= shift.astype(x.dtype, copy=False)[:, None]
    return g_x, g_w, g_b


def _step(rows: int, n: int) -> int:
    """The number of rows that fit the cache, a multiple of those that are taken together."""
    several = _several(rows, n)
    return max(1, BLOCK // max(n * several, 1)) * several


def _several(rows: int, n: int) -> int:
    """How many rows are taken together beside columns."""
    return max(1, min(rows, _WIDE // n)) if 0 < n < _LONG else 1


def _repeated(columns: Array | None, rows: int) -> Array | None:
    """One row, as often as rows are taken together."""
    if columns is None or (several := _several(rows, columns.size)) == 1:
        return columns
    return np.tile(columns, several)


def _by_columns(function: np.ufunc, x: Array, columns: Array, out: Array) -> Array:
    """`function` of the rows of `x` and `columns`, which is one row, repeated."""
    size = columns.size
    whole = x.size // size * size // x.shape[1] if size else 0
    if size == x.shape[1]:
        function(x, columns, out=out)
        return out
    if whole:
        function(x[:whole].reshape(-1, size), columns, out=out[:whole].reshape(-1, size))
    if whole < len(x):
        function(x[whole:], columns[: x.shape[1]], out=out[whole:])
    return out


def inverse_root(x: Array, eps: float) -> None:
    """1 / sqrt x in place, where `eps` has been added."""
    np.sqrt(x, out=x)
    if eps > 0:
        np.reciprocal(x, out=x)
        return
    with np.errstate(divide="ignore"):
        np.reciprocal(x, out=x)


def wide(x: Array) -> Array:
    """`x` in float32."""
    return x.astype(np.float32)


def wide_or_none(x: Array | None) -> Array | None:
    """`x` in float32, if there is one."""
    return None if x is None else wide(x)


def ones(x: Array, n: int) -> Array:
    """n ones of the dtype of `x`."""
    return _ONES[x.dtype.char][:n] if n <= CHUNK else np.ones(n, x.dtype)


def row_sums(x: Array) -> Array:
    """The sums along the last dimension, in which `x` is contiguous; those of many elements are of float64."""
    n = x.shape[-1]
    if n <= CHUNK:
        total: Array = x @ ones(x, n)
        return total
    whole = n // CHUNK * CHUNK
    chunks = x[..., :whole].reshape(*x.shape[:-1], -1, CHUNK)
    total = np.add.reduce(chunks @ ones(x, CHUNK), -1, np.float64)
    return total if whole == n else total + row_sums(x[..., whole:])


def row_dots(a: Array, b: Array) -> Array:
    """The sums of a b along the last dimension, in which they are contiguous; those of many are of float64."""
    n = a.shape[-1]
    if n <= CHUNK:
        total: Array = np.vecdot(a, b)
        return total
    whole = n // CHUNK * CHUNK
    shape = (*a.shape[:-1], -1, CHUNK)
    total = np.add.reduce(np.vecdot(a[..., :whole].reshape(shape), b[..., :whole].reshape(shape)), -1, np.float64)
    return total if whole == n else total + row_dots(a[..., whole:], b[..., whole:])


def deviations(x: Array, d: Array, mean: Array, squares: Array, mend: bool) -> None:
    """Write x - mean of each row to `d`, the means, and the sums of d^2; `mend` means that are rounded."""
    n = x.shape[1]
    np.divide(row_sums(x), n, out=mean, casting="same_kind")
    np.subtract(x, mean[:, None], out=d)
    if mend:
        rest = (row_sums(d) / n).astype(d.dtype, copy=False)
        d -= rest[:, None]
        mean += rest
    squares[...] = row_dots(d, d)


def seem_equal(squares: Array, mean: Array, n: int) -> bool:
    """Whether n elements somewhere deviate no more from their mean than roundings do: then that is to be mended."""
    limit = _ROUNDINGS[mean.dtype.char] ** 2 * n
    return bool((squares < limit * mean * mean).any())
