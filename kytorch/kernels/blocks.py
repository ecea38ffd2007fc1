"""Formulas of several steps on arrays of one shape, computed a block at a time, so that the steps stay in the cache.

Threads share the blocks of large arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from kytorch.kernels.threads import in_threads, number_of_threads

Array = npt.NDArray[Any]
P = TypeVar("P")
# Writes its last arguments, of which all but the first are scratch: step(*inputs, out, *scratch).
Step: TypeAlias = Callable[..., None]

# Elements of a block: three or four of them fit a core's cache; threads that make NumPy's calls on fewer elements wait
# for each other.
BLOCK = 1 << 16
# Elements from which on another thread's help comes in time.
MANY = 1 << 19
# Blocks that a thread takes at once, and of large arrays: two MiB, which the system hands out in one.
_SEVERAL, _MORE = 4, 8
_LARGE = 1 << 22


@lru_cache(32)
def filled(value: float, char: str) -> Array:
    """A block of `value`, since NumPy's maximum and minimum are several times quicker beside arrays than numbers."""
    array = np.full(BLOCK, value, char)
    array.setflags(write=False)
    return array


def share(work: Callable[[Iterator[P]], None], pieces: Sequence[P], elements: int) -> None:
    """Call `work` with an iterator of the pieces; if they have many elements together, in several threads, which take
    turns at it.
    """
    waiting = iter(pieces)
    threads = min(len(pieces), number_of_threads()) if elements >= MANY else 1
    if threads > 1:
        in_threads(lambda: work(waiting), threads)
    else:
        work(waiting)


def slices(count: int, step: int) -> list[slice]:
    """Slices of `step` that make up range(count)."""
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # as in PyTorch, far away
def by_blocks(step: Step, scratch: int, *inputs: Array) -> Array:
    """What `step` makes of `inputs`, floats of one shape and any layout, with that many scratch arrays; it is laid out
    as the first. float16 goes through float32.
    """
    first = inputs[0]
    dtype = first.dtype
    for x in inputs:
        if x.dtype is not dtype:
            dtype = np.result_type(*inputs)
    if dtype.char == "e":
        result: Array = by_blocks(step, scratch, *[x.astype(np.float32) for x in inputs]).astype(dtype)
        return result
    axes = None if first.flags.c_contiguous else _axes(first)
    if axes is not None:
        inputs = tuple([x.transpose(axes) for x in inputs])
    y: Array = np.empty_like(inputs[0], dtype, "C")
    size = y.size
    parts = [x.reshape(-1) if x.dtype is dtype else x.astype(dtype).reshape(-1) for x in (*inputs, y)]
    if size <= BLOCK:
        step(*parts, *[np.empty_like(parts[-1]) for _ in range(scratch)])
    else:

        def work(pieces: Iterator[slice]) -> None:
            spare = [np.empty_like(parts[-1][:BLOCK]) for _ in range(scratch)]
            for piece in pieces:
                for start in range(piece.start, piece.stop, BLOCK):
                    block = [x[start : min(start + BLOCK, piece.stop)] for x in parts]
                    n = block[0].size
                    step(*block, *(spare if n == BLOCK else [x[:n] for x in spare]))

        share(work, slices(size, BLOCK * (_SEVERAL if size < _LARGE else _MORE)), size)
    return y if axes is None else y.transpose(np.argsort(axes))


def _axes(x: Array) -> list[int]:
    """The order of dims in which `x` lies in memory."""
    return sorted(range(x.ndim), key=lambda i: -abs(x.strides[i]))
