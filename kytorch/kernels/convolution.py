"""Convolution of arrays in any number of dimensions, and its two transposes, by matrix products.

All three are parts of one sum over n, o, c, p and k: g[n, o, p] w[o, c, k] x[n, c, p stride + k dilation - low], where
x is 0 outside its size. Dimensions are (n, channels, *space) for x and g, and (o, c / groups, *kernel) for w.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kytorch.kernels import columns
from kytorch.kernels.columns import Geometry

Array = npt.NDArray[Any]
Sizes = tuple[int, ...]

# From so many images on, memory is laid out with the batch innermost: every copy is then of long runs.
_BATCH = 16
# So many images are turned into that layout at once: more are too far apart in memory for the cache.
_IMAGES = 8
# By a stride of 1 the transpose is itself a convolution, unless it has so many times the products.
_WASTE = 1.7
# Up to so many channels, the columns are multiplied in parts of so many elements, of so many columns at least.
_NARROW = 32
_PART = 40_000
_WIDTH = 128
# From so many positions on, the gradient of weights is made with outputs innermost.
_POSITIONS = 512
# So many elements of products are made together and then summed.
_FEW = 1 << 18
# Bytes of the product that a transpose adds to its result, which are to stay in cache.
_CHUNK = 1 << 21


class _Order(NamedTuple):
    """How (n, channels, *space) is laid out in memory: (channels, *space, n), or (channels, first, n, *rest)."""

    there: Sizes
    back: Sizes
    axes: Sizes
    """Where the dimensions of space stand."""


def _order(x: Array) -> _Order:
    n = x.ndim
    if x.shape[0] >= _BATCH or x.strides[0] == x.itemsize < x.strides[-1]:
        return _Order((*range(1, n), 0), (n - 1, *range(n - 1)), tuple(range(1, n - 1)))
    return _Order((1, 2, 0, *range(3, n)), (2, 0, 1, *range(3, n)), (1, *range(3, n)))


def _arranged(x: Array, order: _Order, whole: bool) -> Array:
    """`x` in that order; its rows, or all of it if `whole`, are contiguous."""
    x = x.transpose(order.there)
    by_batch = order.there[-1] == 0
    if x.flags.c_contiguous or not (whole or by_batch):
        return x
    y = np.empty_like(x, order="C")
    several = _IMAGES if by_batch else x.shape[-1]
    for i in range(0, x.shape[-1], several):
        y[..., i : i + several] = x[..., i : i + several]
    return y


def _wide(x: Array) -> Array:
    """float16 as what it is multiplied in."""
    return x.astype(np.float32)


def convolution(x: Array, w: Array, b: Array | None, geometry: Geometry) -> Array:
    """The sum without g, plus `b` of each channel."""
    dtype = np.result_type(x, w) if b is None else np.result_type(x, w, b)
    if dtype.char == "e":
        return convolution(_wide(x), _wide(w), None if b is None else _wide(b), geometry).astype(dtype)
    if _is_pointwise(x, geometry):
        return _pointwise(x, w, b, dtype)
    order = _order(x)
    shape = (len(x), len(w), *geometry.out)
    y = np.empty_like(x, dtype, "C", shape=[shape[i] for i in order.there])
    if y.size:
        _convolve(_arranged(x, order, False), w, b, y, geometry, order.axes)
    return y.transpose(order.back)


def _convolve(x: Array, w: Array, b: Array | None, y: Array, geometry: Geometry, axes: Sizes) -> None:
    """The same into `y`; both are arranged."""
    groups = geometry.groups
    each = len(w) // groups
    flat = y.reshape(groups, each, -1)
    matrix = columns.weight_matrix(w).reshape(groups, 1, each, -1)
    column = None if b is None else b.reshape(groups, 1, each, 1)
    for of_groups, outputs, block in columns.columns(x, geometry, axes):
        out = columns.of_block(flat, of_groups, outputs, block)
        # Of few channels the product is quicker in parts that stay in cache.
        width = max(_WIDTH, _PART // block.shape[2]) if each <= _NARROW else block.shape[3]
        for i in range(0, block.shape[3], width):
            np.matmul(matrix[of_groups], block[..., i : i + width], out[..., i : i + width])
        if column is not None:
            out += column[of_groups]


def weight_gradient(x: Array, g: Array, geometry: Geometry) -> Array:
    """The sum without w."""
    dtype = np.result_type(x, g)
    if dtype.char == "e":
        return weight_gradient(_wide(x), _wide(g), geometry).astype(dtype)
    groups, inputs = geometry.groups, x.shape[1] // geometry.groups
    # Channels innermost, as the weights of a layer are, so that a matrix is made of it without copying.
    total = np.zeros_like(x, dtype, "C", shape=(g.shape[1], *geometry.kernel, inputs))
    if g.size and _is_pointwise(x, geometry):
        total += _pointwise_weight(x, g).reshape(total.shape)
    elif g.size:
        order = _order(x)
        x, g = _arranged(x, order, False), _arranged(g, order, True)
        flat = g.reshape(groups, len(g) // groups, -1)
        # BLAS multiplies the larger matrix from the left sooner, but many weights take longer to turn than that saves.
        turned = flat.shape[2] >= _POSITIONS
        outputs, taps = flat.shape[1], total.size // len(g)
        found = np.zeros_like(total, shape=(groups, taps, outputs) if turned else (groups, outputs, taps))
        for of_groups, positions, block in columns.columns(x, geometry, order.axes):
            of_block = columns.of_block(flat, of_groups, positions, block)
            factors = (block, of_block) if turned else (of_block, block)
            _add_products(found[of_groups], factors[0], factors[1].swapaxes(2, 3))
        total = np.ascontiguousarray(found.swapaxes(1, 2) if turned else found).reshape(total.shape)
    return np.moveaxis(total, -1, 1)


def _add_products(total: Array, a: Array, b: Array) -> None:
    """Add the products of matrices, summed over the second dimension."""
    if total.size * a.shape[1] <= _FEW:
        total += np.matmul(a, b).sum(1)
        return
    for i in range(a.shape[1]):
        total += np.matmul(a[:, i], b[:, i])


def transposed(g: Array, w: Array, b: Array | None, geometry: Geometry) -> Array:
    """The sum without x, plus `b` of each channel."""
    dtype = np.result_type(g, w) if b is None else np.result_type(g, w, b)
    if dtype.char == "e":
        return transposed(_wide(g), _wide(w), None if b is None else _wide(b), geometry).astype(dtype)
    if _is_pointwise(g, geometry):
        return _pointwise(g, w.swapaxes(0, 1), b, dtype)
    order = _order(g)
    shape = (len(g), w.shape[1] * geometry.groups, *geometry.size)
    x = np.empty_like(g, dtype, "C", shape=[shape[i] for i in order.there])
    if x.size:
        groups, inputs, outputs = geometry.groups, w.shape[1], len(w) // geometry.groups
        phases = _phases(geometry)
        products = sum(math.prod((*phase.geometry.out, *phase.geometry.kernel)) for phase in phases)
        # Where there are fewer positions than channels, it takes longer to turn the weights.
        by_phases = products <= _WASTE * math.prod((*geometry.out, *geometry.kernel))
        by_phases = by_phases and outputs <= len(g) * math.prod(geometry.out)
        if by_phases or (inputs == 1 and groups > 1):
            turned = w.reshape(groups, outputs, inputs, *w.shape[2:]).swapaxes(1, 2)
            turned = turned.reshape(groups * inputs, outputs, *w.shape[2:])
            _transpose_by_phases(_arranged(g, order, False), turned, b, x, phases, order.axes)
        else:
            _scatter(_arranged(g, order, True), w, b, x, geometry, order.axes)
    return x.transpose(order.back)


class _Phase(NamedTuple):
    """The elements of x at `where`, one in each stride, as a convolution of g by the taps `taps`, turned round."""

    where: tuple[slice, ...]
    taps: tuple[slice, ...]
    geometry: Geometry


def _phases(geometry: Geometry) -> list[_Phase]:
    by_dimension = [
        [_phase_of(r, *sizes) for r in range(min(sizes[3], sizes[0]))]
        for sizes in zip(geometry.size, geometry.kernel, geometry.out, geometry.stride, geometry.dilation, geometry.low)
    ]
    phases = []
    for dims in itertools.product(*by_dimension):
        where, taps, size, kernel, out, dilation, low = zip(*dims)
        ones = (1,) * len(size)
        phases.append(_Phase(where, taps, Geometry(size, kernel, out, ones, dilation, low, geometry.groups)))
    return phases


def _phase_of(
    r: int, size: int, kernel: int, out: int, stride: int, dilation: int, low: int
) -> tuple[slice, slice, int, int, int, int, int]:
    """In one dimension the elements r, r + stride, ..., which taps reach them, and the convolution that this is."""
    apart = stride // math.gcd(stride, dilation)
    last = max([k for k in range(kernel) if (k * dilation - low - r) % stride == 0], default=-1)
    count = 0 if last < 0 else last // apart + 1
    taps = slice(last, None, -apart) if count else slice(0)
    lead = (last * dilation - r - low) // stride
    return slice(r, size, stride), taps, out, count, -((r - size) // stride), dilation * apart // stride, lead


def _transpose_by_phases(g: Array, w: Array, b: Array | None, x: Array, phases: list[_Phase], axes: Sizes) -> None:
    """The transpose into `x`, with `w` of shape (c, o / groups, *kernel)."""
    for phase in phases:
        where: list[slice] = [slice(None)] * x.ndim
        for axis, part in zip(axes, phase.where):
            where[axis] = part
        target = x[tuple(where)]
        if 0 in phase.geometry.kernel:
            target[...] = 0 if b is None else b.reshape(-1, *[1] * (x.ndim - 1))
            continue
        y = target if target.flags.c_contiguous else np.empty_like(target, order="C")
        _convolve(g, w[:, :, *phase.taps], b, y, phase.geometry, axes)
        if y is not target:
            target[...] = y


def _scatter(g: Array, w: Array, b: Array | None, x: Array, geometry: Geometry, axes: Sizes) -> None:
    """The transpose into `x`: each tap's product is added where it lies."""
    x[...] = 0 if b is None else b.reshape(-1, *[1] * (x.ndim - 1))
    inputs, outputs = w.shape[1], len(w) // geometry.groups
    for i in range(geometry.groups):
        mine, part = slice(i * outputs, (i + 1) * outputs), x[i * inputs : (i + 1) * inputs]
        rows = g[mine].reshape(outputs, g.shape[1], -1)
        matrix = columns.weight_matrix(w[mine]).T
        several = max(1, _CHUNK // (matrix.shape[0] * rows.shape[2] * x.itemsize))
        for first in range(0, g.shape[1], several):
            some = range(first, min(first + several, g.shape[1]))
            product = matrix @ rows[:, some.start : some.stop].reshape(outputs, -1)
            columns.add_columns(product, part, geometry, axes, some)


def _is_pointwise(x: Array, geometry: Geometry) -> bool:
    """Whether every element of the output is made of one of the input, in order."""
    return (
        geometry.groups == 1
        and geometry.size == geometry.out
        and set(geometry.kernel) == {1}
        and (set(geometry.stride) == {1} and not any(geometry.low) and x.size > 0)
    )


def _pointwise(x: Array, w: Array, b: Array | None, dtype: np.dtype[Any]) -> Array:
    matrix = w.reshape(w.shape[:2])
    by_images = _is_by_images(x)
    order = _order(x)
    if not by_images:
        x = _arranged(x, order, True)
    channels = x.reshape(*x.shape[:2], -1) if by_images else x.reshape(len(x), -1)
    y: Array = np.matmul(matrix, channels, dtype=dtype)
    if b is not None:
        y += b[:, None]
    if by_images:
        return y.reshape(len(x), len(w), *x.shape[2:])
    return y.reshape(len(w), *x.shape[1:]).transpose(order.back)


def _pointwise_weight(x: Array, g: Array) -> Array:
    total: Array
    if _is_by_images(x):
        x, g = x.reshape(*x.shape[:2], -1), g.reshape(*g.shape[:2], -1)
        total = np.matmul(g[0], x[0].T)
        for one, g_one in zip(x[1:], g[1:]):
            total += np.matmul(g_one, one.T)
        return total
    order = _order(x)
    x, g = _arranged(x, order, True), _arranged(g, order, True)
    total = np.matmul(g.reshape(len(g), -1), x.reshape(len(x), -1).T)
    return total


def _is_by_images(x: Array) -> bool:
    """Whether each image is contiguous and large, so that each is best multiplied by itself."""
    return x.flags.c_contiguous and (len(x) == 1 or math.prod(x.shape[2:]) >= 256)


def sum_of_channels(g: Array) -> Array:
    """The sum of (n, channels, *space) over all but the channels."""
    if g.dtype.char == "e":
        return sum_of_channels(_wide(g)).astype(g.dtype)
    rows = g.transpose(_order(g).there)
    total: Array
    if rows.flags.c_contiguous:
        rows = rows.reshape(len(rows), -1)
        total = rows @ np.ones_like(rows, shape=rows.shape[1:])
    else:
        total = np.add.reduce(g, (0, *range(2, g.ndim)))
    return total
