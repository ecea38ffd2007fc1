"""Images sampled at places between their elements, and the gradients, on arrays."""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


# What cubic convolution takes for its a, as PyTorch.
KEYS = -0.75

# Numbers that are computed with at a time, so that they stay in cache.
_BLOCK = 16384


class Places(NamedTuple):
    """Places in a batch of images: which elements are around them, and how far they are behind the ones before.

    `numbers` has for each combination of the dimensions' taps the elements' numbers, counted through the batch and the
    images, and for what is outside the number of elements. `parts` has for each dimension how far the places are behind
    the element before, and `slopes` by what factor this moves with the coordinate; mode nearest has none.
    """

    numbers: list[Array]
    parts: list[Array]
    slopes: list[Array]


def found(grid: Array, size: tuple[int, ...], mode: str, padding: str, align_corners: bool) -> Places:
    """The places that `grid`, of shape (N, ..., coordinates, the last dimension's first), names in images of `size`."""
    batch, dims = len(grid), len(size)
    count = math.prod(grid.shape[1:-1])
    outside = batch * math.prod(size)
    coordinates = grid.reshape(batch * count, dims)
    taps: list[list[Array]] = []
    parts: list[Array] = []
    slopes: list[Array] = []
    stride = math.prod(size)
    for dim, n in enumerate(size):
        stride //= n
        elements, part, slope = _around(coordinates[:, dims - 1 - dim], n, mode, padding, align_corners)
        if slope is not None:
            parts.append(part)
            slopes.append(slope)
        if padding == "zeros":
            taps.append([np.where((element >= 0) & (element < n), element * stride, outside) for element in elements])
        else:
            taps.append([element * stride for element in elements])
    images = np.arange(batch).repeat(count) * math.prod(size)
    numbers = [sum(corner, images) for corner in itertools.product(*taps)]
    return Places([np.minimum(number, outside) for number in numbers], parts, slopes)


def _around(
    coordinates: Array, n: int, mode: str, padding: str, align_corners: bool
) -> tuple[list[Array], Array, Array | None]:
    """The elements that are tapped; how far the places are behind the one before, and with what slope."""
    factor = (n - 1) / 2 if align_corners else n / 2
    place = (coordinates + 1) * factor if align_corners else ((coordinates + 1) * n - 1) / 2
    turn: Array | float = 1.0
    if mode != "bicubic":
        place, turn = inside(place, n, padding, align_corners)
    if mode == "nearest":
        return [whole(np.rint(place), n, padding)], place, None
    before: Array = np.floor(place)
    slope: Array = np.full_like(place, factor)
    slope *= turn
    if mode == "bilinear":
        first = whole(before, n, padding)
        after = whole(before + 1, n, padding) if padding == "zeros" else np.minimum(first + 1, n - 1)
        return [first, after], place - before, slope
    taps = [inside(before + k, n, padding, align_corners)[0] for k in (-1, 0, 1, 2)]
    return [whole(tap, n, padding) for tap in taps], place - before, slope


def weights(t: Array, mode: str) -> list[tuple[Array, Array]]:
    """Of each tap of a dimension the weight at `t` behind the element before, and its derivative."""
    if mode == "bilinear":
        ones = np.ones_like(t)
        return [(1 - t, -ones), (t, ones)]
    (a, da), (b, db), (c, dc), (d, dd) = _far(t + 1), _near(t), _near(1 - t), _far(2 - t)
    return [(a, da), (b, db), (c, -dc), (d, -dd)]


def _near(x: Array) -> tuple[Array, Array]:
    """The cubic convolution kernel in [0, 1] (Keys 1981, eq. 4, with any a), and its derivative."""
    return ((KEYS + 2) * x - (KEYS + 3)) * x * x + 1, (3 * (KEYS + 2) * x - 2 * (KEYS + 3)) * x


def _far(x: Array) -> tuple[Array, Array]:
    """The cubic convolution kernel in [1, 2], and its derivative."""
    return ((x - 5) * x + 8) * x * KEYS - 4 * KEYS, ((3 * x - 10) * x + 8) * KEYS


def rows_of(x: Array) -> Array:
    """Images (N, C, ...) as rows of channels, an element each, and behind them a row of zeros."""
    batch, channels, count = x.shape[0], x.shape[1], math.prod(x.shape[2:])
    rows: Array = np.empty_like(x, order="C", shape=(batch * count + 1, channels))
    rows[:-1].reshape(batch, count, channels)[...] = x.reshape(batch, channels, count).transpose(0, 2, 1)
    rows[-1] = 0
    return rows


def sampled(x: Array, places: Places, outputs: tuple[int, ...], mode: str) -> Array:
    """The values of images `x` at `places`, which are `outputs` in each image: (N, C, *outputs)."""
    rows = rows_of(x)
    shares = _shares(places, mode)
    y: Array = np.zeros_like(rows, shape=(len(places.numbers[0]), x.shape[1]))
    for part in _blocks(y):
        for number, share in zip(places.numbers, shares):
            values: Array = rows.take(number[part], 0)
            if share is not None:
                values *= share[part]
            y[part] += values
    return np.moveaxis(y.reshape(x.shape[0], *outputs, x.shape[1]), -1, 1)


def _blocks(rows: Array) -> list[slice]:
    """Parts of `rows` whose temporaries stay in cache."""
    step = max(_BLOCK // max(rows.shape[1], 1), 1)
    return [slice(start, start + step) for start in range(0, len(rows), step)]


def _shares(places: Places, mode: str, derived: int | None = None) -> list[Array | None]:
    """For each combination of taps the weights, in a column, or their derivatives in the dimension `derived`."""
    each = [weights(part, mode) for part in places.parts]
    shares: list[Array | None] = []
    for corner in itertools.product(*each):
        share: Array | None = None
        for dim, (weight, derivative) in enumerate(corner):
            factor = derivative if dim == derived else weight
            share = factor if share is None else share * factor
        shares.append(None if share is None else share[:, None])
    return shares


def inside(place: Array, n: int, padding: str, align_corners: bool) -> tuple[Array, Array | float]:
    """Where in a dimension of n elements a place outside is found again, and by what factor it moves with it.

    The edges to be mirrored at are the outermost elements' middles with `align_corners`, else their outer edges. A
    place at or behind the outermost element does not move.
    """
    if padding == "zeros":
        return place, 1.0
    turn: Array | float = 1.0
    if padding == "reflection":
        place, turn = _reflected(place, *((0.0, n - 1.0) if align_corners else (-0.5, n - 0.5)))
    return np.clip(place, 0, n - 1), ((place > 0) & (place < n - 1)) * turn


def _reflected(place: Array, low: float, high: float) -> tuple[Array, Array]:
    span = high - low
    if not span:
        return np.zeros_like(place), np.zeros_like(place)
    away = np.abs(place - low)
    flips, rest = np.floor(away / span), np.fmod(away, span)
    even = flips % 2 == 0
    turn = np.where(even, 1, -1) * np.where(place < low, -1, 1)
    return np.where(even, rest + low, span - rest + low), turn.astype(place.dtype)


def whole(place: Array, n: int, padding: str) -> Array:
    """Whole places as integers, -1 or n for all that are outside of a dimension of n elements.

    NaN is outside too with a padding of zeros, and else 0, as in PyTorch.
    """
    integers: Array = np.nan_to_num(np.clip(place, -1, n), nan=-1 if padding == "zeros" else 0).astype(np.intp)
    return integers


def sampled_vjp(
    g: Array, x: Array, places: Places, mode: str, of_image: bool, of_grid: bool
) -> tuple[Array | None, Array | None]:
    """The gradients of `sampled` with respect to the images, and to the coordinates, (N outputs, coordinates)."""
    batch, channels, count = g.shape[0], g.shape[1], math.prod(g.shape[2:])
    along = np.ascontiguousarray(g.reshape(batch, channels, count).transpose(0, 2, 1)).reshape(-1, channels)
    return (
        _image_vjp(along, x, places, mode) if of_image else None,
        _grid_vjp(along, x, places, mode) if of_grid else None,
    )


def _image_vjp(along: Array, x: Array, places: Places, mode: str) -> Array:
    """With `along` the rows of g: the gradient with respect to the images."""
    shares = _shares(places, mode)
    shape = (len(x) * math.prod(x.shape[2:]) + 1, x.shape[1])
    kind = np.float32 if along.dtype.char == "e" else along.dtype  # sums in float16 would lose most digits
    total: Array = np.zeros_like(along, kind, shape=shape)
    for part in _blocks(along):
        for number, share in zip(places.numbers, shares):
            values = along[part] if share is None else along[part] * share[part]
            _add_rows(total, number[part], values.astype(kind, copy=False))
    images = total[:-1].reshape(len(x), *x.shape[2:], x.shape[1]).astype(along.dtype, copy=False)
    return np.moveaxis(images, -1, 1)


def _grid_vjp(along: Array, x: Array, places: Places, mode: str) -> Array:
    """With `along` the rows of g: the gradient with respect to the coordinates, the last dimension's first."""
    rows = rows_of(x)
    products: list[Array] = [np.empty_like(along, shape=(len(along), 1)) for _ in places.numbers]
    for part in _blocks(along):
        for number, product in zip(places.numbers, products):
            np.einsum("pc,pc->p", rows.take(number[part], 0), along[part], out=product[part, 0])
    columns: list[Array] = []
    for dim, slope in enumerate(places.slopes):
        shares = _shares(places, mode, dim)
        total = sum([product * share for product, share in zip(products, shares) if share is not None])
        columns.append(total * slope[:, None])
    return np.concatenate(columns[::-1], 1)


def _add_rows(total: Array, numbers: Array, values: Array) -> None:
    """total[numbers] += values, also where a row is named twice; two floats at a time, as one complex number."""
    width = total.shape[1]
    flat, each = total.reshape(-1), values.reshape(-1)
    if width % 2 == 0:
        kind = np.complex64 if total.dtype.char == "f" else np.complex128
        flat, each, width = flat.view(kind), each.view(kind), width // 2
    np.add.at(flat, (numbers[:, None] * width + np.arange(width)).reshape(-1), each)
