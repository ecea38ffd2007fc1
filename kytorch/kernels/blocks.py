"""Formulas of several steps on arrays of one shape, computed a block at a time, so that the steps stay in the cache."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
# Writes its last arguments, of which all but the first are scratch: step(*inputs, out, *scratch).
Step: TypeAlias = Callable[..., None]

# Elements of a block: three or four of them fit a core's cache, and NumPy's calls are few.
BLOCK = 1 << 15


@lru_cache(32)
def filled(value: float, char: str) -> Array:
    """A block of `value`, since NumPy's maximum and minimum are several times quicker beside arrays than numbers."""
    array = np.full(BLOCK, value, char)
    array.setflags(write=False)
    return array


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
        spare = [np.empty_like(parts[-1][:BLOCK]) for _ in range(scratch)]
        for start in range(0, size, BLOCK):
            block = [x[start : start + BLOCK] for x in parts]
            n = block[0].size
            step(*block, *(spare if n == BLOCK else [x[:n] for x in spare]))
    return y if axes is None else y.transpose(np.argsort(axes))


def _axes(x: Array) -> list[int]:
    """The order of dims in which `x` lies in memory."""
    return sorted(range(x.ndim), key=lambda i: -abs(x.strides[i]))
