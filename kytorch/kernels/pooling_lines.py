"""How windows lie along dimensions and arrays in memory, for pooling: one dimension is pooled after the other.

So a dimension's windows are as many strided slices as a window has elements, whatever the array's layout.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.threads import each, number_of_threads

Array = npt.NDArray[Any]
Term = tuple[slice, slice]

# So many elements a pass takes at once, so that what it makes stays in the cache.
_BLOCK = 1 << 17
# Of so many planes in a block, windows of more than two elements are sooner pooled with their elements side by side.
_PLANES = 16
EVERY = slice(None)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """How windows lie along a dimension of `size` elements. Equal to itself only, so that what follows is remembered.

    A term says of which windows, and where, the elements at one place of a window are: in the order of the places.
    """

    size: int
    windows: int
    terms: tuple[Term, ...]
    counts: Array
    """How many elements each window has."""
    is_apart: bool
    """No element is in two windows."""
    is_whole: bool
    """Every element is in a window."""
    runs: tuple[slice, ...] = ()
    """Each window's elements, if no two windows have theirs at the same places, so that a term is of one alone."""


def strided(size: int, kernel: int, stride: int, padding: int, dilation: int, windows: int) -> Line:
    """Windows of `kernel` elements, `dilation` apart, each `stride` after the one before."""
    terms = []
    for i in range(kernel):
        first = i * dilation - padding
        start, stop = max(0, -(first // stride)), min(windows, (size - 1 - first) // stride + 1)
        if start < stop:
            every = start == 0 and stop == windows
            elements = slice(first + start * stride, first + (stop - 1) * stride + 1, stride)
            terms.append((EVERY if every else slice(start, stop), elements))
    return _line(size, windows, terms)


def adaptive(size: int, windows: int) -> Line:
    """Windows that share `size` elements as equally as can be: window i is from i n / m down to (i + 1) n / m up."""
    terms = []
    times = math.gcd(size, windows)
    period, step = windows // times, size // times  # so many windows later all is as before, so many elements on
    runs = [slice(i * size // windows, -(-(i + 1) * size // windows)) for i in range(period)]
    for i, run in enumerate(runs):
        for element in range(run.start, run.stop):
            every = EVERY if period == 1 else slice(i, None, period)
            terms.append((every, slice(element, element + (times - 1) * step + 1, step)))
    return _line(size, windows, terms, tuple(runs) if times == 1 else ())


def is_of_all(line: Line) -> bool:
    """Whether there is one window, of all elements."""
    return line.windows == 1 and len(line.terms) == line.size


def _line(size: int, windows: int, terms: list[Term], runs: tuple[slice, ...] = ()) -> Line:
    counts, uses = np.zeros(windows, np.intp), np.zeros(size, np.intp)
    for window, element in terms:
        counts[window] += 1
        uses[element] += 1
    return Line(size, windows, tuple(terms), counts, bool((uses <= 1).all()), bool((uses >= 1).all()), runs)


@dataclass(frozen=True, slots=True)
class Plan:
    """In which order an array is pooled: its dimensions as they lie in memory, those before the first pooled as one.

    With `turn`, each block is worked on with its dimensions in the opposite order, where slices have longer runs.
    """

    order: tuple[int, ...]
    back: tuple[int, ...]
    lead: int
    turn: bool
    passes: tuple[tuple[int, Line], ...]
    """Each line and the axis along which it lies in a block."""
    windows: tuple[int, ...]
    """The shape, so laid out, with as many elements along each line as it has windows."""
    sizes: tuple[int, ...]
    """The shape with as many elements as each line has."""
    run: int
    """How many elements behind the last dimension pooled lie side by side."""

    def laid(self, x: Array) -> Array:
        """`x` so laid out."""
        x = x.transpose(self.order)
        if not x.flags.c_contiguous:
            x = np.ascontiguousarray(x)
        return x.reshape(-1 if x.size else math.prod(x.shape[: self.lead]), *x.shape[self.lead :])

    def restored(self, y: Array, shape: tuple[int, ...]) -> Array:
        """`y`, which is so laid out, as an array of `shape`."""
        whole: Array = y.reshape([shape[i] for i in self.order])
        return whole.transpose(self.back)

    def by_blocks(self, x: Array, do: Callable[[slice], None]) -> None:
        """Call `do` with parts of the first dimension, each of about a block of elements, which threads share."""
        n = len(x)
        step = max(1, _BLOCK * n // max(x.size, 1))
        if step < n:
            each(do, [slice(start, start + step) for start in range(0, n, step)], number_of_threads())
        else:
            do(EVERY)

    def block(self, x: Array) -> Array:
        """What of an array is worked on at once."""
        return np.ascontiguousarray(x.T) if self.turn else x


def place(at: tuple[int, Line]) -> int:
    """By which passes are ordered: the axis."""
    return at[0]


def plan_of(x: Array, lines: tuple[Line, ...]) -> Plan:
    """How to pool the last dimensions of `x`, or to undo it."""
    return _plan(None if x.flags.c_contiguous else x.strides, x.shape, lines)


@lru_cache(1024)
def _plan(strides: tuple[int, ...] | None, shape: tuple[int, ...], lines: tuple[Line, ...]) -> Plan:
    ndim, dims = len(shape), len(lines)
    order = list(range(ndim))
    if strides is not None and min(strides) > 0:
        order.sort(key=lambda i: -strides[i])
    back = [order.index(i) for i in range(ndim)]
    lead = min(back[ndim - dims :])
    axes = [place - lead + 1 for place in back[ndim - dims :]]
    laid = (math.prod([shape[i] for i in order[:lead]]), *[shape[i] for i in order[lead:]])
    windows = sizes = laid
    for axis, line in zip(axes, lines):
        windows, sizes = swapped(windows, axis, line.windows), swapped(sizes, axis, line.size)
    run = math.prod(laid[max(axes) + 1 :])
    planes = min(laid[0], _BLOCK // max(math.prod(laid[1:]), 1))
    turn = planes >= max(_PLANES, 4 * run) and max([len(line.terms) for line in lines]) > 2
    passes = [(len(laid) - 1 - axis if turn else axis, line) for axis, line in zip(axes, lines)]
    return Plan(tuple(order), tuple(back), lead, turn, tuple(passes), windows, sizes, run)


def pooled_shape(shape: tuple[int, ...], lines: Sequence[Line]) -> tuple[int, ...]:
    """`shape` with windows for elements in its last dimensions."""
    return shape[: len(shape) - len(lines)] + tuple([line.windows for line in lines])


def with_axis(x: Array, axis: int) -> Array:
    """A contiguous `x` with what is before the axis as one dimension and what is behind it as another: a view."""
    shape = x.shape
    return x.reshape(math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :]))


def swapped(shape: tuple[int, ...], axis: int, n: int) -> tuple[int, ...]:
    """`shape` with size `n` along `axis`."""
    return (*shape[:axis], n, *shape[axis + 1 :])


def combined(combine: np.ufunc, start: float, x: Array, axis: int, line: Line, out: Array | None = None) -> Array:
    """The elements of each window along `axis`, combined, beginning with `start` where no place is in all windows."""
    y: Array = np.empty_like(x, order="C", shape=swapped(x.shape, axis, line.windows)) if out is None else out
    x3, y3 = with_axis(x, axis), with_axis(y, axis)
    if is_of_all(line):
        combine.reduce(x3, 1, out=y3, keepdims=True)
    elif line.runs:
        for i, run in enumerate(line.runs):
            combine.reduce(x3[:, run], 1, out=y3[:, i])
    else:
        _combine(combine, start, x3, y3, line)
    return y


def _combine(combine: np.ufunc, start: float, x3: Array, y3: Array, line: Line) -> None:
    full = [element for window, element in line.terms if window is EVERY]
    if len(full) > 1:
        combine(x3[:, full[0]], x3[:, full[1]], out=y3)
    elif full:
        y3[...] = x3[:, full[0]]
    else:
        y3.fill(start)
    for element in full[2:]:
        combine(y3, x3[:, element], out=y3)
    for window, element in line.terms:
        if window is not EVERY:
            part = y3[:, window]
            combine(part, x3[:, element], out=part)
