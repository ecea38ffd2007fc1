"""Parts of an optimizer's step, computed block by block and, where they are large, on several threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from kytorch.kernels.threads import in_threads, number_of_threads
from kytorch.optim.recycling import Cut, Spare, fresh
from kytorch.optim.rule import Rule
from kytorch.optim.state import working_dtype
from kytorch.tensor.core import TrainableWeight
from kytorch.tensor.values import Array, Shape, lock

# Elements of a block of a big array: few enough for a core's cache, and enough that threads, which wait for the
# interpreter's lock after each call of NumPy's, seldom do.
BLOCK = 1 << 16
# Blocks from which on a second thread pays.
_SHARED = 4
# Weights of few elements are computed as one array, of at most so many, since NumPy's calls would take the time.
SMALL = 1 << 13
JOINED = 1 << 15
WEIGHTS = ""  # beside the names of a state's fields


def is_turned(array: Array) -> bool | None:
    """Whether `array` lies in memory column by column; None if it has gaps or another order."""
    flags = array.flags
    return False if flags.c_contiguous else True if flags.f_contiguous else None


# A weight's size, its shape in the order of memory, and whether that is turned.
Layout: TypeAlias = tuple[int, Shape, bool]


class Part:
    """A part of a step: one weight, or small ones of one dtype and count as if they were one, and its arrays."""

    __slots__ = ("cuts", "dtype", "fields", "g", "is_large", "layouts", "new", "old", "rule", "sums", "w", "weights")

    def __init__(
        self,
        rule: Rule,
        fields: tuple[str, ...],
        weights: tuple[TrainableWeight, ...],
        g: Array,
        w: Array,
        old: list[Array | None],
        layouts: list[Layout] | None = None,
    ) -> None:
        self.rule = rule
        self.fields = fields
        self.weights = weights
        self.dtype = working_dtype(weights[0])
        self.g = g
        self.w = w
        self.old = old
        self.new: list[Array] = []
        self.layouts = layouts  # of joined weights
        self.is_large = rule.elementwise and g.size >= 2 * BLOCK
        self.sums: list[list[float]] = []
        self.cuts: dict[str, Cut] = {}  # of joined weights, by the state's fields

    def arrays(self, *more: Array) -> list[Array]:
        """What the rule reads and writes, and `more`: in their shapes, or flat in the order of the weight's memory."""
        old = [
            np.broadcast_to(np.full_like(new, self.rule.initial, shape=()), new.shape) if x is None else x
            for x, new in zip(self.old, self.new)
        ]
        arrays = [self.g, self.w, *old, *self.new, *more]
        if not self.rule.elementwise or self.layouts is not None:
            return arrays
        if is_turned(self.w):
            return [x.T.reshape(-1) for x in arrays]
        if not self.w.flags.c_contiguous:
            order = sorted(range(self.w.ndim), key=lambda i: -abs(self.w.strides[i]))
            arrays = [x.transpose(order) for x in arrays]
        return [x.reshape(-1) for x in arrays]

    def recyclable(self) -> list[Array]:
        """What the step after the next may write to, if nobody has it by then."""
        return [x for x in self.old if x is not None] if self.layouts is None else []

    def squares(self) -> list[float]:
        """For each new array the sum of its squares."""
        return self.sums[0] if len(self.sums) == 1 else [sum(column) for column in zip(*self.sums)]

    def cut(self, array: Array, name: str | None = None) -> Sequence[Array]:
        """What is each weight's own of `array`, locked; the step after this one may find it under `name`."""
        lock(array)
        if self.layouts is None:
            return (array,)
        pieces: list[Array] = []
        start = 0
        for size, shape, turned in self.layouts:
            stop = start + size
            own = array[start:stop].reshape(shape)
            pieces.append(own.T if turned else own)
            start = stop
        if name is not None:
            self.cuts[name] = Cut(array, pieces)
        return pieces

    def replace(self, array: Array) -> None:
        """Give the weights their new array."""
        for weight, own in zip(self.weights, self.cut(array, WEIGHTS)):
            weight._data = own


class Scratch:
    """Arrays to write anything to, of which the last two are the engine's own."""

    __slots__ = ("_rows", "_sets")

    def __init__(self) -> None:
        self._rows: dict[str, Array] = {}
        self._sets: dict[tuple[Shape, str], list[Array]] = {}

    def of(self, like: Array, part: Part) -> list[Array]:
        """Arrays of the shape of `like` in the part's dtype."""
        key = like.shape, part.dtype.char
        found = self._sets.get(key)
        if found is None:
            rows = self._rows.get(part.dtype.char)
            if rows is None or rows.shape[1] < like.size:
                rows = self._rows[part.dtype.char] = np.empty((part.rule.scratch + 2, like.size), part.dtype)
            found = self._sets[key] = [x.reshape(like.shape) for x in rows[:, : like.size]]
        return found


# Of a part's arrays, from an element on.
_Block: TypeAlias = tuple[Part, list[Array], int]
# Of one part, with blocks of its arrays and scratch arrays beside them.
_Work: TypeAlias = Callable[[Part, list[Array], list[Array]], None]


def _each(work: _Work, parts: Sequence[Part], scratch: list[Scratch], outs: Sequence[Array] | None = None) -> None:
    """Do `work` for each block of each of `parts`; `outs` are further arrays of theirs."""
    own = _taken(scratch)
    blocks: deque[_Block] = deque()
    for i, part in enumerate(parts):
        arrays = part.arrays() if outs is None else part.arrays(outs[i])
        if part.is_large:
            blocks.extend([(part, arrays, start) for start in range(0, part.w.size, BLOCK)])
        else:
            work(part, arrays, own.of(arrays[1], part))
    scratch.append(own)
    if len(blocks) >= _SHARED and (threads := number_of_threads()) > 1:
        in_threads(lambda: _share(work, blocks, scratch), threads)
    elif blocks:
        _share(work, blocks, scratch)


def _taken(scratch: list[Scratch]) -> Scratch:
    try:
        return scratch.pop()
    except IndexError:  # there is none, or another thread was quicker
        return Scratch()


def _share(work: _Work, blocks: deque[_Block], scratch: list[Scratch]) -> None:
    """Do `work` for one block after another, which other threads may take too."""
    own = _taken(scratch)
    while blocks:
        try:
            part, arrays, start = blocks.popleft()
        except IndexError:  # another thread has taken the last one
            break
        try:
            block = [x[start : start + BLOCK] for x in arrays]
            work(part, block, own.of(block[0], part))
        except BaseException:
            blocks.clear()
            raise
    scratch.append(own)


def _remember(part: Part, arrays: list[Array], scratch: list[Array]) -> None:
    n = len(part.fields)
    g, w, old, new = arrays[0], arrays[1], arrays[2 : 2 + n], arrays[2 + n :]
    part.rule.remember(_direction(part, g, w, scratch), old, new, scratch)
    part.sums.append([float(np.vdot(x, x)) for x in new])


def remember(parts: Sequence[Part], scratch: list[Scratch]) -> None:
    """Write what the state is to remember."""
    _each(_remember, parts, scratch)


def moved(parts: Sequence[Part], scratch: list[Scratch], spare: Spare) -> list[Array]:
    """The new weights."""
    outs = [fresh(part.w, part.w.dtype, spare.get(part.weights[0])) for part in parts]
    _each(_move, parts, scratch, outs)
    return outs


def _move(part: Part, arrays: list[Array], scratch: list[Array]) -> None:
    n = len(part.fields)
    g, w, old, new, out = arrays[0], arrays[1], arrays[2 : 2 + n], arrays[2 + n : -1], arrays[-1]
    rule = part.rule
    same = out.dtype is part.dtype
    step = out if same else np.empty_like(out, part.dtype)
    rule.move(_direction(part, g, w, scratch), w, old, new, step, scratch)
    if rule.keep != 1.0:
        w = np.multiply(w, rule.keep, out=scratch[-2], dtype=part.dtype)
    np.add(step, w, out=step)
    if not same:
        out[...] = step


def _direction(part: Part, g: Array, w: Array, scratch: list[Array]) -> Array:
    """The gradient as the rule is to see it."""
    rule = part.rule
    if rule.weight_decay:
        decayed = np.multiply(w, rule.weight_decay, out=scratch[-1], dtype=part.dtype)
        return np.subtract(decayed, g, out=decayed) if rule.maximize else np.add(decayed, g, out=decayed)
    if rule.maximize:
        return np.negative(g, out=scratch[-1], dtype=part.dtype)
    return g if g.dtype is part.dtype else g.astype(part.dtype)
