"""Max pooling, its transpose and where the greatest elements are, on arrays."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.pooling_lines import EVERY, Line, combined, place, plan_of, pooled_shape, with_axis

Array = npt.NDArray[Any]


# In windows that lie so that runs of so many elements stay together, elements are sooner taken place by place.
_RUN = 16
# Of so few elements the passes are kept for the gradient, which takes as long to make them again as to use them.
_KEPT = 1 << 15


def max_pool(x: Array, lines: tuple[Line, ...]) -> tuple[Array, list[Array]]:
    """The greatest element of each window of the last dimensions, which is NaN if one is; what the passes made, or [].

    These are for `max_pool_vjp`.
    """
    plan = plan_of(x, lines)
    laid = plan.laid(x)
    y: Array = np.empty_like(laid, order="C", shape=plan.windows)
    kept = 0 < x.size <= _KEPT
    # If they need not be as the gradient's, first that along what lies far apart: its runs are longer.
    passes = plan.passes[::-1] if kept or plan.turn else tuple(sorted(plan.passes, key=place))
    made: list[Array] = []

    def do(part: slice) -> None:
        values = _maxima(plan.block(laid[part]), passes, None if plan.turn else y[part])
        if plan.turn:
            y[part] = values[-1].T
        if kept:
            made.extend(values)

    plan.by_blocks(laid, do)
    return plan.restored(y, pooled_shape(x.shape, lines)), made


def _maxima(x: Array, passes: tuple[tuple[int, Line], ...], out: Array | None) -> list[Array]:
    """`x`, and what each pass makes of the one before, the last of them, if `out` is given, in `out`."""
    found = [x]
    for i, (axis, line) in enumerate(passes):
        last = i == len(passes) - 1
        found.append(combined(np.maximum, _least(x.dtype), found[-1], axis, line, out if last else None))
    return found


def max_pool_vjp(g: Array, x: Array, y: Array, made: list[Array], lines: tuple[Line, ...]) -> Array:
    """The transpose of taking each window's greatest element `y`, the first of equal ones: `g` is added to these."""
    if y.size and (least := np.minimum.reduce(y, None)) != least:  # NaN
        return put(g, max_places(x, lines)[1], x.shape, len(lines))
    plan = plan_of(x, lines)
    above = plan.laid(g)
    total: Array = np.empty_like(above, order="C", shape=plan.sizes)
    passes = plan.passes[::-1]
    laid, tops = (x, y) if made else (plan.laid(x), plan.laid(y))

    def do(part: slice) -> None:
        if not made and plan.run >= _RUN and all(map(_is_of_full_windows, lines)):
            _hand_down(above[part], laid[part], tops[part], total[part], plan.passes)
            return
        values = made or [*_maxima(plan.block(laid[part]), passes[:-1], None), plan.block(tops[part])]
        rest = plan.block(above[part])
        for i in reversed(range(len(passes))):
            rest = _max_vjp(rest, values[i], values[i + 1], *passes[i], None if i or plan.turn else total[part])
        if plan.turn:
            total[part] = rest.T

    plan.by_blocks(total, do)
    return plan.restored(total, x.shape)


def _is_of_full_windows(line: Line) -> bool:
    return line.is_apart and all(window is EVERY for window, _ in line.terms)


def _hand_down(g: Array, x: Array, y: Array, total: Array, passes: tuple[tuple[int, Line], ...]) -> None:
    """What of `g` goes to which element of windows that are apart, by the elements at each place of all of them.

    On the numbers' bits, taken as integers: times 0 they are 0 whatever they are.
    """
    signed = np.dtype(f"i{g.dtype.itemsize}")
    bits, left = total.view(signed), g.view(signed)
    if not all(line.is_whole for _, line in passes):
        bits.fill(0)
    share, rest, is_mine = np.empty_like(left), np.empty_like(left), np.empty(g.shape, np.bool_)
    places = list(itertools.product(*[[element for _, element in line.terms] for _, line in passes]))
    where = [EVERY] * x.ndim
    for i, elements in enumerate(places):
        for (axis, _), element in zip(passes, elements):
            where[axis] = element
        at = tuple(where)
        if i == len(places) - 1:
            bits[at] = left
            break
        np.equal(x[at], y, out=is_mine)
        np.copyto(share, is_mine)
        np.multiply(share, left, out=share)
        left = np.bitwise_xor(left, share, out=rest)
        bits[at] = share


def _max_vjp(g: Array, x: Array, y: Array, axis: int, line: Line, out: Array | None) -> Array:
    """What of `g` goes to which element: of a window's to the first that is its greatest, and the rest is then 0."""
    total: Array = np.empty_like(g, order="C", shape=x.shape) if out is None else out
    _pass_down(with_axis(g, axis), with_axis(x, axis), with_axis(y, axis), with_axis(total, axis), line)
    return total


def _pass_down(g: Array, x: Array, y: Array, sums: Array, line: Line) -> None:
    """On the numbers' bits, taken as integers: times 0 they are 0 whatever they are."""
    signed = np.dtype(f"i{g.dtype.itemsize}")
    bits = sums.view(signed)
    if not (line.is_apart and line.is_whole):
        sums.fill(0)
    left, rest, found, is_mine = g.view(signed), *np.empty((2, *g.shape), signed), np.empty(g.shape, np.bool_)
    if line.terms and line.terms[0][0] is not EVERY:
        rest[...] = left
    last = len(line.terms) - 1
    for i, (window, element) in enumerate(line.terms):
        if i == last and window is EVERY:
            share = left
        else:
            share, mask = found[:, window], is_mine[:, window]
            np.equal(x[:, element], y[:, window], mask)
            np.multiply(left[:, window], mask.view(np.int8), share)
            np.bitwise_xor(left[:, window], share, rest[:, window])
            left = rest
        if line.is_apart:
            bits[:, element] = share
        else:
            into = sums[:, element]
            into += share.view(g.dtype)


def max_places(x: Array, lines: tuple[Line, ...]) -> tuple[Array, Array]:
    """Each window's greatest element, and the number of the first of equal ones or else of the last NaN.

    Elements are numbered through the pooled dimensions.
    """
    plan = plan_of(x, lines)
    (axis, line), *others = plan.passes[::-1]
    greatest, number = _first_places(plan.block(plan.laid(x)), axis, line)
    step = line.size
    for axis, line in others:
        greatest, place = _first_places(greatest, axis, line)
        number = np.take_along_axis(number, place, axis) + place * step
        step *= line.size
    if plan.turn:
        greatest, number = np.ascontiguousarray(greatest.T), np.ascontiguousarray(number.T)
    shape = pooled_shape(x.shape, lines)
    return plan.restored(greatest, shape), plan.restored(number, shape)


def _first_places(laid: Array, axis: int, line: Line) -> tuple[Array, Array]:
    """The greatest element of each window along `axis`, and its number along it."""
    greatest = combined(np.maximum, _least(laid.dtype), laid, axis, line)
    places = np.zeros_like(greatest, np.int64, order="C")
    x, y, into = [with_axis(part, axis) for part in (laid, greatest, places)]
    numbers = np.arange(line.size)[:, None]
    for window, element in reversed(line.terms):
        np.copyto(into[:, window], numbers[element], where=x[:, element] == y[:, window])
    if x.dtype.kind == "f" and np.isnan(y).any():
        for window, element in line.terms:
            np.copyto(into[:, window], numbers[element], where=np.isnan(x[:, element]))
    return greatest, places


def _least(dtype: np.dtype[Any]) -> float:
    return -math.inf if dtype.kind == "f" else np.iinfo(dtype).min


def numbered(places: Array, shape: tuple[int, ...], dims: int) -> Array:
    """`places`, counted through the last `dims` dimensions of `shape`, counted through all of it."""
    lead = len(shape) - dims
    planes = np.arange(math.prod(shape[:lead])).reshape(shape[:lead] + (1,) * dims)
    return places + planes * math.prod(shape[lead:])


def fractional_places(x: Array, samples: Array, kernel: Sequence[int], windows: Sequence[int]) -> Array:
    """The places of the greatest elements of windows of `kernel` elements of (batch, channels, ...), at random.

    `samples` are in [0, 1), one for each plane's pooled dimensions: where windows begin is the sequence of Graham 2014,
    "Fractional max-pooling", section 2.1, and the last window is at the end.
    """
    dims = len(kernel)
    numbers: Array = np.zeros((1,) * (2 + 2 * dims), np.intp)
    for i, (k, m) in enumerate(zip(kernel, windows)):
        n = x.shape[2 + i]
        sample: Array = samples[..., i : i + 1]
        ratio = x.dtype.type((n - k) / (m - 1) if m > 1 else 0)
        starts = ((np.arange(m) + sample) * ratio).astype(np.intp) - (sample * ratio).astype(np.intp)
        starts[..., -1:] = n - k
        at = starts[..., None] + np.arange(k)
        shape = [*at.shape[:2], *(1,) * (2 * dims)]
        shape[2 + i], shape[2 + dims + i] = m, k
        numbers = numbers * n + at.reshape(shape)
    places = (*x.shape[:2], *windows)
    numbers = np.broadcast_to(numbers, (*places, *kernel)).reshape(*places, math.prod(kernel))
    planes = np.arange(math.prod(x.shape[:2])).reshape(*x.shape[:2], *(1,) * (dims + 1))
    values: Array = x.reshape(-1)[numbers + planes * math.prod(x.shape[2:])]
    chosen: Array = values.argmax(-1, keepdims=True)
    wrong: Array = np.asarray(np.isnan(values))
    if wrong.any():  # the last NaN, as in other pooling
        last = math.prod(kernel) - 1 - wrong[..., ::-1].argmax(-1, keepdims=True)
        chosen = np.where(wrong.any(-1, keepdims=True), last, chosen)
    found: Array = np.take_along_axis(numbers, chosen, -1)[..., 0]
    return found


def put(g: Array, places: Array, shape: tuple[int, ...], dims: int) -> Array:
    """Zeros, but `g` is added to the elements at `places`."""
    total: Array = np.zeros_like(g, np.float32 if g.dtype.char == "e" else None, order="C", shape=shape)
    np.add.at(total.reshape(-1), numbered(places, shape, dims).reshape(-1), g.reshape(-1))
    return total.astype(g.dtype, copy=False)
