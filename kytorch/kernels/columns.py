"""Images as the columns of a matrix, of which a convolution is the product by its weights."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kytorch.kernels.windows import windows

Array = npt.NDArray[Any]
Sizes = tuple[int, ...]
Span = tuple[slice, slice]
"""Of p those for which p stride + offset is inside, and where these lie."""

# Rows of so many columns are multiplied one by one; shorter ones, several together.
_ROW = 192
# Bytes of columns that are made at once, which are to stay in cache.
_CHUNK = 1 << 21


class Geometry(NamedTuple):
    """Where the taps of a convolution lie: tap k of output p at p stride + k dilation - low, in each dimension."""

    size: Sizes
    """The input's."""
    kernel: Sizes
    out: Sizes
    """The output's size."""
    stride: Sizes
    dilation: Sizes
    low: Sizes
    """The padding before the first element."""
    groups: int


def weight_matrix(w: Array) -> Array:
    """`w` of shape (o, c, *kernel) as (o, taps times c)."""
    return np.ascontiguousarray(np.moveaxis(w, 1, -1)).reshape(len(w), -1)


def span(offset: int, size: int, out: int, stride: int) -> Span:
    """Of p in range(out) those for which p stride + offset is in range(size), and where these lie."""
    start = max(0, -(offset // stride))
    stop = max(start, min(out, (size - 1 - offset) // stride + 1))
    first = start * stride + offset
    return slice(start, stop), slice(first, max(first, first + (stop - start - 1) * stride + 1), stride)


def spans_from(geometry: Geometry, tap: Sizes, first: int) -> list[Span]:
    """The `span` of a tap in each dimension from `first` on."""
    return [
        span(k * dilation - low, size, out, stride)
        for k, size, out, stride, dilation, low in zip(
            tap, geometry.size[first:], geometry.out[first:], geometry.stride[first:], geometry.dilation[first:],
            geometry.low[first:],
        )
    ]  # fmt: skip


def copy(target: Array, source: Array, spans: list[Span], axes: Sizes) -> None:
    """Copy the parts of `source` to those of `target`, and put 0 beside them."""
    to: list[slice] = [slice(None)] * target.ndim
    of = to.copy()
    for axis, (inside, part) in zip(axes, spans):
        if inside.start:
            to[axis] = slice(inside.start)
            target[tuple(to)] = 0
        if inside.stop < target.shape[axis]:
            to[axis] = slice(inside.stop, None)
            target[tuple(to)] = 0
        to[axis], of[axis] = inside, part
    target[tuple(to)] = source[tuple(of)]


def add(target: Array, source: Array, spans: list[Span], axes: Sizes) -> None:
    """The transpose of `copy`: add the parts of `source` to those of `target`."""
    to: list[slice] = [slice(None)] * target.ndim
    of = to.copy()
    for axis, (inside, part) in zip(axes, spans):
        to[axis], of[axis] = part, inside
    target[tuple(to)] += source[tuple(of)]


def taps_of(kernel: Sizes) -> list[Sizes]:
    """Every place in a kernel."""
    return list(itertools.product(*map(range, kernel)))


def columns(x: Array, geometry: Geometry, axes: Sizes) -> Iterator[tuple[slice, slice, Array]]:
    """Part by part the columns by which the weights are multiplied, with the groups and the outputs they are of.

    `x` has channels first, then rows, and space at `axes`. A part has shape (groups, rows, taps times c, columns) and
    is written over by the next; its outputs are a slice of the positions in all rows, one after another.
    """
    row = _row(x, geometry, axes)
    by_row = math.prod(row) >= _ROW and geometry.dilation[0] == 1
    shifts = _shifts(geometry) if by_row and len(axes) > 1 and axes[-1] == x.ndim - 1 else {}
    images = [x.reshape(geometry.groups, -1, *x.shape[1:])]
    stride = geometry.stride[-1]
    if axes[-1] == x.ndim - 1 and 1 < stride < geometry.kernel[-1] - len(shifts):
        # Each tap copies every stride-th element, which is quicker from where they lie side by side.
        images = [np.ascontiguousarray(images[0][..., i::stride]) for i in range(stride)]
    axes = tuple([axis + 1 for axis in axes])
    if by_row:
        return _by_rows(images, geometry, axes, row, shifts)
    return _by_blocks(images, geometry, axes, row)


def _picked(images: list[Array], spans: list[Span]) -> tuple[Array, list[Span]]:
    """Of images that hold every stride-th column, the one that the last span is in, and the spans in it."""
    if len(images) == 1:
        return images[0], spans
    inside, part = spans[-1]
    q, r = divmod(part.start, len(images))
    return images[r], [*spans[:-1], (inside, slice(q, q + inside.stop - inside.start))]


def _row(x: Array, geometry: Geometry, axes: Sizes) -> list[int]:
    """The dimensions of a row of the output, as those of a row of `x` are ordered."""
    row = list(x.shape[2:])
    for axis, n in zip(axes[1:], geometry.out[1:]):
        row[axis - 2] = n
    return row


def _by_rows(
    images: list[Array], geometry: Geometry, axes: Sizes, row: list[int], shifts: dict[int, Sizes]
) -> Iterator[tuple[slice, slice, Array]]:
    """Only the taps of the other dimensions are copied out; those of the first are rows that follow one another."""
    x = images[0]
    taps = [_picked(images, spans_from(geometry, tap, 1)) for tap in taps_of(geometry.kernel[1:])]
    n, kernel, out, stride, low = (sizes[0] for sizes in (*geometry[:4], geometry.low))
    each, length = len(taps) * x.shape[1], math.prod(row)
    of_row = each * length * x.itemsize
    several = min(out, max(_CHUNK // (of_row * stride), 2 * kernel // stride, 1))
    height = (several - 1) * stride + kernel
    together = min(len(x), max(1, _CHUNK // (of_row * height)))
    buffer = np.empty_like(x, order="C", shape=(together, height, len(taps), x.shape[1], *row))
    across = geometry.kernel[-1]
    for first, start in itertools.product(range(0, out, several), range(0, len(x), together)):
        groups = slice(start, min(start + together, len(x)))
        count = min(several, out - first)
        inside, where = span(first * stride - low, n, (count - 1) * stride + kernel, 1)
        part = buffer[: groups.stop - start]
        part[:, : inside.start] = 0
        part[:, inside.stop :] = 0
        for i, (image, spans) in enumerate(taps):
            if i % across not in shifts:
                copy(part[:, inside, i], image[groups, :, where].swapaxes(1, 2), spans, axes[1:])
        for i, (_, spans) in enumerate(taps):
            if i % across in shifts:
                source, by = shifts[i % across]
                _shift(part[:, inside, i - i % across + source], part[:, inside, i], by, spans[-1][0])
        lines = windows(part.reshape(len(part), height, each, length), 1, kernel, stride)[:, :count]
        block = np.moveaxis(lines, -1, 2).reshape(len(part), count, kernel * each, length)
        yield groups, slice(first * length, (first + count) * length), block


def _shifts(geometry: Geometry) -> dict[int, Sizes]:
    """Of the last dimension's taps those that meet only what another does, so many outputs away: (it, how many)."""
    size, kernel, out, stride, dilation, low = (sizes[-1] for sizes in geometry[:6])
    met = [span(k * dilation - low, size, out, stride)[0] for k in range(kernel)]
    whole = [k for k in range(kernel) if met[k] == slice(0, out)]
    shifts: dict[int, Sizes] = {}
    for k, source in itertools.product(range(kernel), whole):
        by, left = divmod((k - source) * dilation, stride)
        if k not in whole and not left and met[k].start + by >= 0 and met[k].stop + by <= out:
            shifts[k] = (source, by)
    return shifts


def _shift(source: Array, target: Array, by: int, inside: slice) -> None:
    """Copy the rows of `source` from the element `by` on, all as one line for speed, and put 0 outside."""
    lines, shifted = (x.reshape(*x.shape[:2], -1) for x in (source, target))
    if by > 0:
        shifted[..., :-by] = lines[..., by:]
    else:
        shifted[..., -by:] = lines[..., :by]
    target[..., : inside.start] = 0
    target[..., inside.stop :] = 0


def _by_blocks(
    images: list[Array], geometry: Geometry, axes: Sizes, row: list[int]
) -> Iterator[tuple[slice, slice, Array]]:
    """The taps of all dimensions are copied out, for several rows together."""
    x = images[0]
    taps = taps_of(geometry.kernel)
    out, each, length = geometry.out[0], len(taps) * x.shape[1], math.prod(row)
    of_row = each * length * x.itemsize
    several = min(out, max(_CHUNK // of_row, -(-2 * _ROW // length)))
    together = min(len(x), max(1, _CHUNK // (of_row * several)))
    memory = np.empty_like(x, order="C", shape=(together * each * several * length,))
    for first, start in itertools.product(range(0, out, several), range(0, len(x), together)):
        groups = slice(start, min(start + together, len(x)))
        count = min(several, out - first)
        shape = (groups.stop - start, len(taps), x.shape[1], count, *row)
        buffer = memory[: math.prod(shape)].reshape(shape)
        part = moved(geometry, first, count)
        for i, tap in enumerate(taps):
            image, spans = _picked(images, spans_from(part, tap, 0))
            copy(buffer[:, i], image[groups], spans, axes)
        yield groups, slice(first * length, (first + count) * length), buffer.reshape(len(buffer), 1, each, -1)


def of_block(y: Array, groups: slice, outputs: slice, block: Array) -> Array:
    """Of `y` (groups, channels, outputs) what a part of the columns makes: (groups, rows, channels, columns)."""
    part = y[groups, :, outputs]
    return part.reshape(*part.shape[:2], block.shape[1], block.shape[3]).swapaxes(1, 2)


def moved(geometry: Geometry, first: int, count: int) -> Geometry:
    """The geometry of `count` rows of the output from the row `first` on."""
    out = (count, *geometry.out[1:])
    low = (geometry.low[0] - first * geometry.stride[0], *geometry.low[1:])
    return geometry._replace(out=out, low=low)


def cut(geometry: Geometry, groups: slice, outputs: slice) -> tuple[slice, Geometry]:
    """Of some groups and rows of the output: the rows of the input that they meet, and the geometry in these."""
    count, groups_of_part = outputs.stop - outputs.start, groups.stop - groups.start
    if count == geometry.out[0]:
        return slice(0, geometry.size[0]), geometry if groups_of_part == geometry.groups else geometry._replace(
            groups=groups_of_part
        )
    size, kernel, _, stride, dilation, low = (sizes[0] for sizes in geometry[:6])
    first = outputs.start * stride - low
    start = min(max(first, 0), size)
    stop = max(start, min(size, first + (count - 1) * stride + (kernel - 1) * dilation + 1))
    part = geometry._replace(
        size=(stop - start, *geometry.size[1:]),
        out=(count, *geometry.out[1:]),
        low=(start - first, *geometry.low[1:]),
        groups=groups_of_part,
    )
    return slice(start, stop), part


def add_columns(product: Array, x: Array, geometry: Geometry, axes: Sizes, rows: range) -> None:
    """The transpose for some rows of the output: add their columns to `x` where their elements came from."""
    taps = taps_of(geometry.kernel)
    row = _row(x, geometry, axes)
    part = moved(geometry, rows.start, len(rows))
    for source, tap in zip(product.reshape(len(taps), len(x), len(rows), *row), taps):
        add(x, source, spans_from(part, tap, 0), axes)


def unfold(x: Array, geometry: Geometry) -> Array:
    """Of `x` (n, c, *space) what each tap meets: (n, c times taps, outputs)."""
    taps, axes = taps_of(geometry.kernel), range(2, x.ndim)
    y = np.empty_like(x, order="C", shape=(*x.shape[:2], len(taps), *geometry.out))
    for i, tap in enumerate(taps):
        copy(y[:, :, i], x, spans_from(geometry, tap, 0), tuple(axes))
    return y.reshape(len(x), x.shape[1] * len(taps), math.prod(geometry.out))


def fold(y: Array, geometry: Geometry) -> Array:
    """The transpose of `unfold`: what lies in one place is added."""
    taps, axes = taps_of(geometry.kernel), range(2, 2 + len(geometry.size))
    parts = y.reshape(len(y), y.shape[1] // len(taps), len(taps), *geometry.out)
    x: Array = np.zeros_like(y, order="C", shape=(*parts.shape[:2], *geometry.size))
    for i, tap in enumerate(taps):
        add(x, parts[:, :, i], spans_from(geometry, tap, 0), tuple(axes))
    return x
