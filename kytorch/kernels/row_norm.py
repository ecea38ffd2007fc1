"""Layer norm and RMS norm on the rows of a matrix, in blocks of rows that fit the cache and that threads share.

What a row is multiplied by, or what is added to it, is a product of two small matrices: that takes half the time of
NumPy's broadcasting of short rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.blas import one_thread
from kytorch.kernels.blocks import share, slices

Array = npt.NDArray[Any]

# Elements that a pass over several steps takes at once, so that they stay in the cache.
BLOCK = 1 << 17
# Rows of a block that are summed at least: each block has sums of its own, as long as a row.
_ROWS = 4
# So many products are added up in their own dtype, with few roundings' error.
CHUNK = 1 << 12
# From this length of rows on NumPy broadcasts in less time without a buffer, and from this on as quickly as products.
_LONG = 1 << 8
_WIDE = 1 << 9
# So many standard deviations a mean may be from 0 for x to stand for x - mean in products, and squared, in squares: as
# many roundings are lost.
NEAR = 16.0
NEAR_SQUARES = 4.0
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
    mean, scale = np.zeros((2, rows), x.dtype)
    step = max(1, BLOCK // max(n, 1))

    def work(blocks: Iterator[slice]) -> None:
        affine = RowMap(weight, bias, x, step)
        with Unbuffered(n):
            for block in blocks:
                source, target, average, own = x[block], y[block], mean[block], scale[block]
                np.divide(row_dots(source, source), n, out=own, casting="same_kind")
                shift = None
                if centred:
                    np.divide(row_sums(source), n, out=average, casting="same_kind")
                    squares = average * average
                    own -= squares
                    near = own + eps
                    near *= NEAR_SQUARES
                    if np.logical_and.reduce(near >= squares):
                        shift = average
                    else:
                        np.divide(deviations(source, target, average), n, out=own, casting="same_kind")
                        source = target
                own += eps
                inverse_root(own, eps)
                affine(source, own, None if shift is None else own * -shift, target)

    with one_thread():
        share(work, slices(rows, step), x.size)
    return y, mean, scale


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
    weights = ones(x, n) if weight is None else weight
    far = centred and bool(np.abs(mean * scale).max(initial=0) > NEAR)
    step = max(_ROWS, BLOCK // max(n, 1))
    # Of each block: what it adds to the gradients with respect to weight and bias.
    parts = np.zeros((-(-rows // step), 2, n), x.dtype)

    def work(blocks: Iterator[slice]) -> None:
        of_g = RowMap(weight, None, x, step)
        of_x = RowMap(None, None, x, step, of_g)
        scratch = np.empty((min(step, rows), n), x.dtype)
        with Unbuffered(n):
            for block in blocks:
                g_w, g_b = parts[block.start // step]
                g_here, x_here, middle, own = g[block], x[block], mean[block], scale[block]
                if far:
                    x_here, middle = x_here - middle[:, None], np.zeros_like(middle)
                product = np.multiply(g_here, x_here, out=scratch[: len(own)])
                if needed[1]:
                    np.matmul(own, product, out=g_w)
                    if centred:
                        g_w -= (own * middle) @ g_here
                if needed[2]:
                    np.matmul(ones(x, len(own)), g_here, out=g_b)
                if g_x is None:
                    continue
                # dx = g (scale weight) + x slope + shift
                along = row_dots(product, weights)
                shift = None
                if centred:
                    total = row_dots(g_here, weights)
                    along = along - total * middle
                slope = own * own
                slope *= own
                slope = slope * along / -n
                if centred:
                    shift = total * own / -n
                    shift -= slope * middle
                target = of_g(g_here, own, None, g_x[block])
                target += of_x(x_here, slope, shift, product)

    with one_thread():
        share(work, slices(rows, step), x.size)
    g_w, g_b = parts[0] if len(parts) == 1 else np.add.reduce(parts, 0)
    return g_x, g_w if needed[1] else None, g_b if needed[2] else None


class RowMap:
    """(x scale + shift) weight + bias, with a scale and a shift for each row, and a weight and a bias for each column.

    For short rows x is multiplied by one matrix, and another one is added, products of two columns by two rows: that
    takes less time than NumPy's broadcasting.
    """

    __slots__ = ("_bias", "_factors", "_made", "_rows", "_weight")

    def __init__(
        self, weight: Array | None, bias: Array | None, like: Array, step: int, beside: RowMap | None = None
    ) -> None:
        rows, n = like.shape
        self._weight, self._bias = weight, bias
        self._made: Array | None = None
        if 1 < n < _WIDE:
            size = min(step, rows)
            self._rows = np.empty((2, n), like.dtype)
            self._rows[0] = 1 if weight is None else weight
            self._rows[1] = 0 if bias is None else bias
            self._factors = np.empty((size, 2), like.dtype)
            self._made = np.empty((size, n), like.dtype) if beside is None else beside._made

    def __call__(self, x: Array, scale: Array, shift: Array | None, out: Array) -> Array:
        if self._made is not None:
            factors, made = self._factors[: len(x)], self._made[: len(x)]
            factors[:, 0] = scale
            factors[:, 1] = 0
            np.multiply(x, np.dot(factors, self._rows, out=made), out=out)
            if shift is not None or self._bias is not None:
                factors[:, 0] = 0 if shift is None else shift
                factors[:, 1] = 1
                out += np.dot(factors, self._rows, out=made)
            return out
        if shift is None and self._weight is not None:
            x = np.multiply(x, self._weight, out=out)
        np.multiply(x, scale.astype(x.dtype, copy=False)[:, None], out=out)
        if shift is not None:
            out += shift.astype(x.dtype, copy=False)[:, None]
            if self._weight is not None:
                out *= self._weight
        if self._bias is not None:
            out += self._bias
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
    """The sums of a b along the last dimension, where they are contiguous; those of many are of float64.

    `b` is as `a` or one row.
    """
    n = a.shape[-1]
    if n <= CHUNK:
        total: Array = a @ b if b.ndim == 1 else np.vecdot(a, b)
        return total
    whole = n // CHUNK * CHUNK
    chunks = [x[..., :whole].reshape(*x.shape[:-1], -1, CHUNK) for x in (a, b)]
    total = np.add.reduce(np.vecdot(*chunks), -1, np.float64)
    return total if whole == n else total + row_dots(a[..., whole:], b[..., whole:])


def deviations(x: Array, d: Array, mean: Array) -> Array:
    """Write x - mean of each row to `d`, mend the means, which are rounded, and answer the sums of d^2."""
    np.subtract(x, mean[:, None], out=d)
    rest = (row_sums(d) / x.shape[1]).astype(d.dtype, copy=False)
    d -= rest[:, None]
    mean += rest
    return row_dots(d, d)
