"""Batch, group and instance norm on arrays (N, C, ...), whichever dimension is outermost in memory, in groups' blocks
that threads share.

An array is seen as (outer, groups, channels, positions, inner), contiguous: statistics are of each group and each
inner place, taken over all the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kytorch.kernels.blas import one_thread
from kytorch.kernels.blocks import share, slices
from kytorch.kernels.row_norm import (
    NEAR,
    NEAR_SQUARES,
    Unbuffered,
    inverse_root,
    ones,
    row_dots,
    row_sums,
    wide,
    wide_or_none,
)

Array = npt.NDArray[Any]

# So many rows are added up in their own dtype.
_GROUP = 1 << 8
# Elements that a pass over several steps takes at once: calls for many small arrays take longer than memory.
_BLOCK = 1 << 19


class Layout(NamedTuple):
    """How the memory of an array (N, C, ...) is seen."""

    order: tuple[int, ...]
    """The dimensions, the outermost in memory first; memory of another order is copied."""
    shape: tuple[int, int, int, int, int]
    """(outer, groups, channels, positions, inner)"""
    times: int
    """How often all channels come, one after the other, in the groups."""
    last: bool = False
    """Whether the channels are the inner places."""

    @property
    def statistic(self) -> tuple[int, int]:
        """(groups, inner), the shape of the statistics."""
        return self.shape[1], self.shape[4]

    @property
    def elements(self) -> int:
        """The number of elements that a statistic is of; 1 if there are none, so that it divides."""
        outer, _, channels, positions, _ = self.shape
        return outer * channels * positions or 1

    @property
    def run(self) -> int:
        """The number of neighbouring elements with one statistic, or with one each."""
        return self.shape[3] if self.shape[4] == 1 else self.shape[4]

    @property
    def at_once(self) -> int:
        """The number of groups that fit the cache."""
        return max(1, _BLOCK // (self.elements * max(1, self.shape[4])))

    def seen(self, x: Array) -> Array:
        """`x` in this layout."""
        return np.ascontiguousarray(x.transpose(self.order)).reshape(self.shape)

    def back(self, x: Array, shape: tuple[int, ...]) -> Array:
        """What is seen in this layout, in `shape`."""
        inverse = sorted(range(len(shape)), key=self.order.__getitem__)
        return x.reshape([shape[i] for i in self.order]).transpose(inverse)

    def of_channels(self, vector: Array) -> Array:
        """A number for each channel, so that it broadcasts to (groups, channels, inner)."""
        if self.last:
            return vector.reshape(1, 1, -1)
        if self.times != 1:
            vector = np.tile(vector, self.times)
        return vector.reshape(self.shape[1], self.shape[2], 1)

    def by_channel(self, x: Array, channels: int) -> Array:
        """What is (groups, channels, inner), or (groups, inner) if a group is a channel, summed for each channel."""
        if x.size == channels:
            return x.reshape(channels)
        total: Array = np.add.reduce(x.reshape(self.times, channels, 1 if self.last else self.shape[4]), (0, 2))
        return total


def batch_layout(x: Array) -> Layout:
    """Statistics of each channel, over all examples and positions."""
    n, channels, *rest = x.shape
    positions = math.prod(rest)
    spatial = tuple(range(2, x.ndim))
    if positions == 1 or (not x.flags.c_contiguous and x.transpose(0, *spatial, 1).flags.c_contiguous):
        return Layout((0, *spatial, 1), (1, 1, 1, n * positions, channels), 1, last=True)
    if not x.flags.c_contiguous and x.transpose(1, *spatial, 0).flags.c_contiguous:
        return Layout((1, *spatial, 0), (1, channels, 1, positions * n, 1), 1)
    return Layout((0, 1, *spatial), (n, channels, 1, positions, 1), 1)


def group_layout(x: Array, groups: int) -> Layout:
    """Statistics of each example and each of `groups` groups of channels."""
    n, channels, *rest = x.shape
    positions = math.prod(rest)
    spatial = tuple(range(2, x.ndim))
    if not x.flags.c_contiguous and x.transpose(1, *spatial, 0).flags.c_contiguous:
        return Layout((1, *spatial, 0), (1, groups, channels // groups, positions, n), 1)
    return Layout((0, 1, *spatial), (1, n * groups, channels // groups, positions, 1), n)


class Normalized(NamedTuple):
    """What `normalize` answers: the statistics are (groups, inner), in the dtype that was computed in."""

    y: Array
    mean: Array
    variance: Array
    scale: Array
    """1 / sqrt(variance + eps)"""


def normalize(x: Array, weight: Array | None, bias: Array | None, eps: float, layout: Layout) -> Normalized:
    """(x - mean) / sqrt(var + eps) weight + bias; float16 goes through float32."""
    if x.dtype.char == "e":
        made = normalize(wide(x), wide_or_none(weight), wide_or_none(bias), eps, layout)
        return made._replace(y=made.y.astype(x.dtype))
    seen = layout.seen(x)
    y = np.empty_like(seen)
    _, groups, _, _, inner = layout.shape
    weights = None if weight is None else layout.of_channels(weight)
    shift = None if bias is None else layout.of_channels(bias)
    mean, variance, scale = np.empty_like(x, shape=(3, groups, inner))

    def work(blocks: Iterator[slice]) -> None:
        with Unbuffered(layout.run):
            for block in blocks:
                source, target = seen[:, block], y[:, block]
                near = _statistics(source, target, mean[block], variance[block], layout.elements)
                own = np.add(variance[block], eps, out=scale[block])
                inverse_root(own, eps)
                factor = _factor(own, weights, block)
                np.multiply(source if near else target, factor, out=target)
                if near:
                    offset = mean[block, None, None] * factor
                    target += -offset if shift is None else _beside(shift, block) - offset
                elif shift is not None:
                    target += _beside(shift, block)

    with one_thread():
        share(work, slices(groups, layout.at_once), x.size)
    return Normalized(layout.back(y, x.shape), mean, variance, scale)


def scaled(x: Array, factor: Array, shift: Array, layout: Layout) -> Array:
    """x factor + shift, with numbers for each channel; float16 goes through float32."""
    if x.dtype.char == "e":
        return scaled(wide(x), wide(factor), wide(shift), layout).astype(x.dtype)
    seen = layout.seen(x)
    y = np.empty_like(seen)
    factor, shift = layout.of_channels(factor), layout.of_channels(shift)

    def work(blocks: Iterator[slice]) -> None:
        with Unbuffered(layout.run):
            for block in blocks:
                part = np.multiply(seen[:, block], _beside(factor, block), out=y[:, block])
                part += _beside(shift, block)

    share(work, slices(layout.shape[1], layout.at_once), x.size)
    return layout.back(y, x.shape)


def normalize_vjp(
    g: Array,
    x: Array,
    weight: Array | None,
    mean: Array,
    scale: Array,
    layout: Layout,
    fixed: bool,
    needed: tuple[bool, bool, bool],
) -> tuple[Array | None, Array | None, Array | None]:
    """The gradients with respect to x, the weight and the bias, those that are `needed`.

    With d = (x - mean) / std and h = g weight: dx = (h - mean of h - d mean of (h d)) / std; with `fixed` statistics,
    which do not depend on x, h / std. mean and scale are (groups, inner).
    """
    if x.dtype.char == "e":
        found = normalize_vjp(wide(g), wide(x), wide_or_none(weight), mean, scale, layout, fixed, needed)
        g_x, g_w, g_b = [None if a is None else a.astype(x.dtype) for a in found]
        return g_x, g_w, g_b
    seen, g_seen = layout.seen(x), layout.seen(g)
    outer, groups, channels, positions, inner = layout.shape
    weights = None if weight is None else layout.of_channels(weight)
    out = np.empty_like(seen)
    totals, along = np.zeros((2, groups, channels, inner))
    step = layout.at_once
    far = bool(np.abs(mean * scale).max(initial=0) > NEAR)

    def work(blocks: Iterator[slice]) -> None:
        scratch = np.empty((outer, min(step, groups), channels, positions, inner), x.dtype)
        with Unbuffered(layout.run):
            for block in blocks:
                g_here, x_here, middle, own = g_seen[:, block], seen[:, block], mean[block], scale[block]
                target, free = out[:, block], scratch[:, : len(own)]
                if far:
                    x_here, middle = x_here - middle[:, None, None], np.zeros_like(middle)
                if needed[1] or needed[2] or not fixed:
                    totals[block] = _sums(g_here)
                if needed[1] or not fixed:
                    along[block] = _dots(g_here, x_here, free)
                    along[block] -= middle[:, None] * totals[block]
                if not needed[0]:
                    continue
                np.multiply(g_here, _factor(own, weights, block), out=target)
                if not fixed:
                    # dx = g scale weight + x slope + shift
                    beside = 1.0 if weights is None else weights[block] if len(weights) > 1 else weights
                    slope = np.add.reduce(along[block] * beside, 1) * own**3 / -layout.elements
                    shift = np.add.reduce(totals[block] * beside, 1) * own / -layout.elements - slope * middle
                    np.multiply(x_here, slope.astype(x.dtype)[:, None, None], out=free)
                    free += shift.astype(x.dtype)[:, None, None]
                    target += free

    with one_thread():
        share(work, slices(groups, step), x.size)
    along *= scale[:, None]
    g_x = layout.back(out, x.shape) if needed[0] else None
    g_w, g_b = [
        layout.by_channel(sums, x.shape[1]).astype(x.dtype) if need else None
        for sums, need in ((along, needed[1]), (totals, needed[2]))
    ]
    return g_x, g_w, g_b


def _beside(numbers: Array, block: slice) -> Array:
    """Of numbers (groups or 1, channels, inner) those of the groups in `block`, beside (outer, groups, ..., inner)."""
    own = numbers[block] if len(numbers) > 1 else numbers
    return own[:, :, None]


def _factor(scale: Array, weights: Array | None, block: slice) -> Array:
    """1 / std times the weights, of the groups in `block`, whose scale is given."""
    own = scale[:, None, None]
    return own if weights is None else own * _beside(weights, block)


def _statistics(x: Array, d: Array, mean: Array, variance: Array, count: int) -> bool:
    """Find the statistics, (groups, inner), and whether x can stand for x - mean; if not, that is written to `d`."""
    outer, groups, channels, positions, inner = x.shape
    whole = (outer, groups, 1, channels * positions, inner)
    x, d = x.reshape(whole), d.reshape(whole)
    np.divide(_sums(x)[:, 0], count, out=mean, casting="same_kind")
    squares = mean * mean
    np.subtract(_dots(x, x, d)[:, 0] / count, squares, out=variance, casting="same_kind")
    if np.logical_and.reduce(variance * NEAR_SQUARES >= squares, None):
        return True
    np.subtract(x, mean[:, None, None], out=d)
    rest = (_sums(d)[:, 0] / count).astype(d.dtype, copy=False)
    d -= rest[:, None, None]
    mean += rest
    np.divide(_dots(d, d, None)[:, 0], count, out=variance, casting="same_kind")
    return False


def _sums(x: Array) -> Array:
    """The sums over outer and positions, (groups, channels, inner)."""
    *_, positions, inner = x.shape
    if positions == 1:
        total: Array = x[:, :, :, 0]
    elif inner == 1:
        total = row_sums(x[..., 0])[..., None]
    else:
        total = _column_sums(x)
    return _over_outer(total)


def _dots(a: Array, b: Array, free: Array | None) -> Array:
    """The sums of a b over outer and positions, (groups, channels, inner); `free` may be written to."""
    *_, positions, inner = a.shape
    if inner > 1 or positions == 1:
        return _sums(np.multiply(a, b, out=free))
    return _over_outer(row_dots(a[..., 0], b[..., 0])[..., None])


def _over_outer(x: Array) -> Array:
    total: Array = x[0] if len(x) == 1 else np.add.reduce(x, 0, np.float64)
    return total


def _column_sums(x: Array) -> Array:
    """The sums over the last dimension but one; those of many elements are of float64."""
    n, inner = x.shape[-2:]
    if n <= _GROUP:
        total: Array = ones(x, n) @ x
        return total
    whole = n // _GROUP * _GROUP
    groups = x[..., :whole, :].reshape(*x.shape[:-2], -1, _GROUP, inner)
    total = np.add.reduce(ones(x, _GROUP) @ groups, -2, np.float64)
    return total if whole == n else total + _column_sums(x[..., whole:, :])


def channel_windows(x: Array, before: int, after: int) -> Array:
    """For each channel of (N, C, ...) the sum of it, of those before and of those after it."""
    y = x.copy("K")
    channels = x.shape[1]
    for k in range(1, min(before, channels - 1) + 1):
        y[:, k:] += x[:, :-k]
    for k in range(1, min(after, channels - 1) + 1):
        y[:, :-k] += x[:, k:]
    return y
