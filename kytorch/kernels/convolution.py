"""Convolution of arrays in any number of dimensions, and its two transposes, by matrix products.

All three are parts of one sum over n, o, c, p and k: g[n, o, p] w[o, c, k] x[n, c, p stride + k dilation - low], where
x is 0 outside its size. Dimensions are (n, channels, *space) for x and g, and (o, c / groups, *kernel) for w.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kytorch.kernels import columns
from kytorch.kernels.blas import one_thread
from kytorch.kernels.column_sums import add_columns, is_by_rows
from kytorch.kernels.columns import Geometry
from kytorch.kernels.phases import Phase, phases_of
from kytorch.kernels.threads import each, number_of_threads

Array = npt.NDArray[Any]
Sizes = tuple[int, ...]

# From so many images on, memory is laid out with the batch innermost: every copy is then of long runs.
_BATCH = 16
# So many images are turned into that layout at once: more are too far apart in memory for the cache.
_IMAGES = 8
# By a stride of 1 the transpose is itself a convolution, unless it has so many times the products.
_WASTE = 1.7
# BLAS is quicker where a product has up to so many multiplications; parts of so many columns at least are worth it.
_SMALL = 1_000_000
_WIDTH = 128
# From so many multiplications on a convolution is made in so many pieces, which threads share; an element of the
# output takes as long as so many more.
_PIECES = ((1 << 29, 4), (1 << 25, 2))
_WRITTEN = 16
# A product of so many is shared itself; each half needs all of one factor turned for BLAS.
_LARGE = 1 << 27
# From so many positions on, the gradient of weights is made with outputs innermost.
_POSITIONS = 512
# So many elements of products are made together and then summed.
_FEW = 1 << 18


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
    """The same into `y`, which need not be contiguous as `x` is arranged; threads share its pieces."""
    inputs = len(x) // geometry.groups
    matrix = columns.weight_matrix(w)
    made = y if y.flags.c_contiguous else np.empty_like(y, order="C")

    def do(piece: _Piece) -> None:
        some, rows = piece.channels, piece.rows
        taken, part = columns.cut(geometry, piece.groups, rows)
        of_groups = x[piece.groups.start * inputs : piece.groups.stop * inputs, taken]
        _convolve_piece(of_groups, matrix[some], None if b is None else b[some], made[some, rows], part, axes)
        if made is not y:
            y[some, rows] = made[some, rows]

    _share(do, geometry, y.shape, matrix.shape[1])


def _convolve_piece(x: Array, matrix: Array, b: Array | None, y: Array, geometry: Geometry, axes: Sizes) -> None:
    groups = geometry.groups
    flat = y.reshape(groups, len(y) // groups, -1)
    outputs = flat.shape[1]
    matrix = matrix.reshape(groups, 1, outputs, -1)
    column = None if b is None else b.reshape(groups, 1, outputs, 1)
    for of_groups, positions, block in columns.columns(x, geometry, axes):
        out = columns.of_block(flat, of_groups, positions, block)
        width = _width(block.shape[3], outputs * block.shape[2])
        for i in range(0, block.shape[3], width):
            _multiply(matrix[of_groups], block[..., i : i + width], out[..., i : i + width])
        if column is not None:
            out += column[of_groups]


def _multiply(a: Array, b: Array, out: Array) -> None:
    """The products of matrices into `out`; threads share the halves of a large one."""
    rows, inner, width = a.shape[2], *b.shape[2:]

    def do(part: tuple[slice, slice]) -> None:
        np.matmul(a[:, :, part[0]], b[..., part[1]], out[:, :, *part])

    if rows * inner * width < _LARGE or b.shape[0] * b.shape[1] > 1:
        np.matmul(a, b, out)
    else:
        halves = _parts(max(rows, width), 2)
        parts = [(half, slice(None)) if rows >= width else (slice(None), half) for half in halves]
        each(do, parts, number_of_threads())


def _width(columns: int, products: int) -> int:
    """Of how many columns, with so many multiplications each, a product is to be made at once."""
    most = _SMALL // products
    return -(-columns // -(-columns // most)) if most >= _WIDTH and columns else max(columns, 1)


class _Piece(NamedTuple):
    """What of the output a thread makes at once."""

    groups: slice
    channels: slice
    rows: slice


def _share(do: Callable[[_Piece], None], geometry: Geometry, output: Sizes, taps: int) -> None:
    """Call `do` with pieces of an output of that shape, each element a sum over `taps`; they depend on these alone."""
    size = math.prod(output)
    pieces = _number_of_pieces(size, taps)
    with one_thread():
        if pieces == 1:
            do(_Piece(slice(0, geometry.groups), slice(0, output[0]), slice(0, output[1])))
        else:
            each(do, _pieces(geometry, output, size, pieces), number_of_threads())


def _number_of_pieces(size: int, taps: int) -> int:
    """Of an output of `size` elements, each a sum over `taps`."""
    work = size * (taps + _WRITTEN)
    for least, pieces in _PIECES:
        if work >= least:
            return pieces
    return 1


def _pieces(geometry: Geometry, output: Sizes, size: int, pieces: int) -> list[_Piece]:
    channels, rows = slice(0, output[0]), slice(0, output[1])
    groups, each_group = geometry.groups, output[0] // geometry.groups
    if groups >= pieces:
        parts = _parts(groups, pieces)
        return [_Piece(part, slice(part.start * each_group, part.stop * each_group), rows) for part in parts]
    if groups == 1 and size < output[0] ** 2 * pieces:  # every piece would need many weights; products are shared
        return [_Piece(slice(0, 1), channels, rows)]
    return [_Piece(slice(0, groups), channels, part) for part in _parts(output[1], pieces)]


def _parts(size: int, pieces: int) -> list[slice]:
    step = -(-size // pieces)
    return [slice(start, min(start + step, size)) for start in range(0, size, step)]


def weight_gradient(x: Array, g: Array, geometry: Geometry) -> Array:
    """The sum without w."""
    dtype = np.result_type(x, g)
    if dtype.char == "e":
        return weight_gradient(_wide(x), _wide(g), geometry).astype(dtype)
    inputs = x.shape[1] // geometry.groups
    # Channels innermost, as the weights of a layer are, so that a matrix is made of it without copying.
    total = np.zeros_like(x, dtype, "C", shape=(g.shape[1], *geometry.kernel, inputs))
    if g.size and _is_pointwise(x, geometry):
        total += _pointwise_weight(x, g).reshape(total.shape)
    elif g.size:
        order = _order(x)
        _weight_gradient(_arranged(x, order, False), _arranged(g, order, True), total, geometry, order.axes)
    return np.moveaxis(total, -1, 1)


def _weight_gradient(x: Array, g: Array, total: Array, geometry: Geometry, axes: Sizes) -> None:
    """The same, added to `total`: threads share pieces, which are added in their order."""
    inputs, taps = len(x) // geometry.groups, total.size // len(g)
    # BLAS multiplies the larger matrix from the left sooner, but many weights take longer to turn than that saves.
    turned = math.prod(g.shape[1:]) >= _POSITIONS
    found: dict[tuple[int, int], Array] = {}

    def do(piece: _Piece) -> None:
        taken, part = columns.cut(geometry, piece.groups, piece.rows)
        of_groups = x[piece.groups.start * inputs : piece.groups.stop * inputs, taken]
        flat = g[piece.channels, piece.rows]
        flat = flat.reshape(part.groups, len(flat) // part.groups, -1)
        shape = (taps, flat.shape[1]) if turned else (flat.shape[1], taps)
        sums = np.zeros_like(total, shape=(part.groups, *shape))
        for some, positions, block in columns.columns(of_groups, part, axes):
            of_block = columns.of_block(flat, some, positions, block)
            factors = (block, of_block) if turned else (of_block, block)
            _add_products(sums[some], factors[0], factors[1].swapaxes(2, 3))
        found[piece.groups.start, piece.rows.start] = sums

    _share(do, geometry, g.shape, taps)
    whole = total.reshape(geometry.groups, -1, taps)
    for group, row in sorted(found):
        sums = found[group, row]
        part = whole[group : group + len(sums)]
        part += sums.swapaxes(1, 2) if turned else sums


def _add_products(total: Array, a: Array, b: Array) -> None:
    """Add the products of matrices, summed over the second dimension."""
    width = _width(a.shape[3], a.shape[2] * b.shape[3])
    several = max(1, _FEW // total.size)
    for i in range(0, a.shape[1], several):
        for j in range(0, a.shape[3], width):
            factors = a[:, i : i + several, :, j : j + width], b[:, i : i + several, j : j + width]
            products = np.empty_like(total, shape=(*factors[0].shape[:3], b.shape[3]))
            _multiply(*factors, products)
            total += products[:, 0] if products.shape[1] == 1 else products.sum(1)


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
    if not x.size:
        return x.transpose(order.back)
    groups, inputs, outputs = geometry.groups, w.shape[1], len(w) // geometry.groups
    phases = [] if groups == 1 and is_by_rows(g.transpose(order.there), geometry) else phases_of(geometry)
    products = sum(math.prod((*phase.geometry.out, *phase.geometry.kernel)) for phase in phases)
    by_phases = phases and products <= _WASTE * math.prod((*geometry.out, *geometry.kernel))
    # Where there are fewer positions than channels, it takes longer to turn the weights.
    if (by_phases and outputs <= len(g) * math.prod(geometry.out)) or (inputs == 1 and groups > 1):
        turned = w.reshape(groups, outputs, inputs, *w.shape[2:]).swapaxes(1, 2)
        turned = turned.reshape(groups * inputs, outputs, *w.shape[2:])
        _transpose_by_phases(_arranged(g, order, False), turned, b, x, phases, order.axes)
    else:
        pieces = _number_of_pieces(g.size, math.prod(w.shape[1:]))
        with one_thread():
            add_columns(_arranged(g, order, True), w, b, x, geometry, order.axes, pieces)
    return x.transpose(order.back)


def _transpose_by_phases(g: Array, w: Array, b: Array | None, x: Array, phases: list[Phase], axes: Sizes) -> None:
    """The transpose into `x`, with `w` of shape (c, o / groups, *kernel)."""
    for phase in phases:
        where: list[slice] = [slice(None)] * x.ndim
        for axis, part in zip(axes, phase.where):
            where[axis] = part
        target = x[tuple(where)]
        if 0 in phase.geometry.kernel:
            target[...] = 0 if b is None else b.reshape(-1, *[1] * (x.ndim - 1))
            continue
        _convolve(g, w[:, :, *phase.taps], b, target, phase.geometry, axes)


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
    by_images, order = _is_by_images(x), _order(x)
    if not by_images:
        x = _arranged(x, order, True)
    channels = x.reshape(*x.shape[:2], -1) if by_images else x.reshape(len(x), -1)
    y: Array = np.empty_like(x, dtype, "C", shape=(*channels.shape[:-2], len(w), channels.shape[-1]))

    def do(part: slice) -> None:
        at = part if by_images else (slice(None), part)
        target = y[at]
        np.matmul(matrix, channels[at], target)
        if b is not None:
            target += b[:, None]

    pieces = _number_of_pieces(y.size, w.shape[1])
    with one_thread():
        each(do, _parts(len(y) if by_images else y.shape[1], pieces), number_of_threads() if pieces > 1 else 1)
    if by_images:
        return y.reshape(len(x), len(w), *x.shape[2:])
    return y.reshape(len(w), *x.shape[1:]).transpose(order.back)


def _pointwise_weight(x: Array, g: Array) -> Array:
    by_images, order = _is_by_images(x), _order(x)
    pieces = _number_of_pieces(g.size, x.shape[1])
    if by_images:
        x, g = x.reshape(*x.shape[:2], -1), g.reshape(*g.shape[:2], -1)
    else:
        x, g = _arranged(x, order, True), _arranged(g, order, True)
        x, g = x.reshape(len(x), -1), g.reshape(len(g), -1)
    parts = _parts(len(x) if by_images else x.shape[1], pieces)
    found: dict[int, Array] = {}

    def do(part: slice) -> None:
        if by_images:
            total: Array = np.matmul(g[part.start], x[part.start].T)
            for i in range(part.start + 1, part.stop):
                total += np.matmul(g[i], x[i].T)
        else:
            total = np.matmul(g[:, part], x[:, part].T)
        found[part.start] = total

    with one_thread():
        each(do, parts, number_of_threads() if pieces > 1 else 1)
    total = found[0]
    for part in parts[1:]:
        total += found[part.start]
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
        with one_thread():
            total = rows @ np.ones_like(rows, shape=rows.shape[1:])
    else:
        total = np.add.reduce(g, (0, *range(2, g.ndim)))
    return total
