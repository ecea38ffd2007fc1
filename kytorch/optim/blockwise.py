"""Parts of an optimizer's step, computed block by block and, where they are large, on several threads."""

from __future__ import annotations

import math
import operator
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from kytorch.kernels.threads import in_threads, number_of_threads
from kytorch.optim.recycling import Cut, Known, Spare, fresh
from kytorch.optim.rule import Rule
from kytorch.optim.state import working_dtype
from kytorch.tensor.core import TrainableWeight
from kytorch.tensor.values import Array, Shape, lock

# Elements of a block of a big array, about: few enough for a core's cache, and enough that threads, which wait for the
# interpreter's lock after each call of NumPy's, seldom do.
BLOCK = 1 << 16
# Elements from which on a second thread pays.
_SHARED = 4 * BLOCK
# Weights of few elements are computed as one array, of at most so many, since NumPy's calls would take the time.
SMALL = 1 << 13
JOINED = 1 << 15
WEIGHTS = ""  # beside the names of a state's fields
# Elements of a line of the cache, or more.
_LINE = 16
# What is smaller by far than what its dtype can hold, for all that rounding may add.
_FAR = {char: float(np.finfo(char).max) / 8.0 for char in "fd"}


def is_turned(array: Array) -> bool | None:
    """Whether `array` lies in memory column by column; None if it has gaps or another order."""
    flags = array.flags
    return False if flags.c_contiguous else True if flags.f_contiguous else None


# Where a weight is among joined ones, its shape in the order of memory unless it is a vector, and whether it is turned.
Layout: TypeAlias = tuple[slice, Shape | None, bool]


class Part:
    """A part of a step: one weight, or small ones of one dtype and count as if they were one, and its arrays."""

    __slots__ = ("cuts", "dtype", "fields", "g", "layouts", "most", "new", "old", "rule", "sums", "w", "was", "weights")

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
        self.was: Sequence[float] | None = None  # bounds of the sizes of what is in `old`
        self.most: Sequence[float] = ()  # and in `new`
        self.sums: list[list[float]] = []  # for each block, of the squares in `new`; with `was` of those in g alone
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

    def recall(self, known: Known | None) -> None:
        """Find the bounds of what is remembered, if those of what is to be follow of them."""
        if known is not None and len(known.arrays) == len(self.old) and all(map(operator.is_, known.arrays, self.old)):
            was = known.most
        elif all(x is None for x in self.old):
            was = [abs(self.rule.initial)] * len(self.old)
        else:
            return
        if math.isfinite(sum(self.rule.most(0.0, was))):
            self.was = was

    def bounded(self) -> bool:
        """Whether what is remembered now is finite for sure: its bounds are found."""
        sums, self.sums = self.sums, []
        squares = sums[0] if len(sums) == 1 else [sum(column) for column in zip(*sums)]
        sizes = [math.sqrt(x) for x in squares]
        if self.was is None:
            self.most = sizes
            return math.isfinite(sum(sizes))
        (g,) = sizes
        self.most = self.rule.most(g, self.was)
        self.was = None
        return sum(self.most, g) < _FAR[self.dtype.char]

    def cut(self, array: Array, name: str | None = None) -> Sequence[Array]:
        """What is each weight's own of `array`, locked; the step after this one may find it under `name`."""
        lock(array)
        if self.layouts is None:
            return (array,)
        pieces: list[Array] = []
        for place, shape, turned in self.layouts:
            own = array[place]
            if shape is not None:
                own = own.reshape(shape)
            pieces.append(own.T if turned else own)
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


# Of a part's arrays, from an element to another.
_Block: TypeAlias = tuple[Part, list[Array], int, int]
# Of one part, with blocks of its arrays and scratch arrays beside them.
_Work: TypeAlias = Callable[[Part, list[Array], list[Array]], object]


def _each(work: _Work, parts: Sequence[Part], scratch: list[Scratch], outs: Sequence[Array] | None = None) -> None:
    """Do `work` for each block of each of `parts`; `outs` are further arrays of theirs."""
    if len(parts) == 1 and parts[0].w.size <= BLOCK:  # a small model's, or a short list's
        (part,) = parts
        arrays = part.arrays(*(() if outs is None else outs))
        work(part, arrays, Scratch().of(arrays[1], part))
        return
    blocks: deque[_Block] = deque()
    total = 0
    for i, part in enumerate(parts):
        arrays = part.arrays() if outs is None else part.arrays(outs[i])
        size = part.w.size
        total += size
        if size < 2 * BLOCK or not part.rule.elementwise:
            blocks.append((part, arrays, 0, size))
        else:  # of one size, about, and of whole cache lines
            step = -(-size // ((size + BLOCK // 2) // BLOCK * _LINE)) * _LINE
            blocks.extend([(part, arrays, start, start + step) for start in range(0, size, step)])
    if total >= _SHARED and (threads := number_of_threads()) > 1:
        in_threads(lambda: _share(work, blocks, scratch), min(threads, len(blocks)))
    else:
        _share(work, blocks, scratch)


def _share(work: _Work, blocks: deque[_Block], scratch: list[Scratch]) -> None:
    """Do `work` for one block after another, which other threads may take too."""
    try:
        own = scratch.pop()
    except IndexError:  # there is none, or another thread was quicker
        own = Scratch()
    while blocks:
        try:
            part, arrays, start, stop = blocks.popleft()
        except IndexError:  # another thread has taken the last one
            break
        try:
            block = [x[start:stop] for x in arrays] if stop - start < part.w.size else arrays
            work(part, block, own.of(block[1], part))
        except BaseException:
            blocks.clear()
            raise
    scratch.append(own)


def _remember(part: Part, arrays: list[Array], scratch: list[Array]) -> Array:
    n = len(part.fields)
    new = arrays[2 + n : 2 + 2 * n]
    g = _direction(part, arrays[0], arrays[1], scratch)
    part.rule.remember(g, arrays[2 : 2 + n], new, scratch)
    part.sums.append([float(np.vdot(x, x)) for x in (new if part.was is None else [g])])
    return g


def remember(parts: Sequence[Part], scratch: list[Scratch]) -> None:
    """Write what the state is to remember."""
    _each(_remember, parts, scratch)


def moved(parts: Sequence[Part], scratch: list[Scratch], spare: Spare, *, at_once: bool = False) -> list[Array]:
    """The new weights; `at_once` with what the state is to remember, which is written."""
    outs = [fresh(part.w, part.w.dtype, spare.get(part.weights[0])) for part in parts]
    _each(_remember_and_move if at_once else _move, parts, scratch, outs)
    return outs


def _remember_and_move(part: Part, arrays: list[Array], scratch: list[Array]) -> None:
    _move(part, arrays, scratch, _remember(part, arrays, scratch))


def _move(part: Part, arrays: list[Array], scratch: list[Array], g: Array | None = None) -> None:
    n = len(part.fields)
    w, old, new, out = arrays[1], arrays[2 : 2 + n], arrays[2 + n : -1], arrays[-1]
    rule = part.rule
    same = out.dtype is part.dtype
    step = out if same else np.empty_like(out, part.dtype)
    rule.move(_direction(part, arrays[0], w, scratch) if g is None else g, w, old, new, step, scratch)
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
