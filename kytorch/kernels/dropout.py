"""Dropout on arrays: which elements stay, and what they become."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.blocks import BLOCK, share, slices

Array = npt.NDArray[Any]


def kept(generator: np.random.Generator, shape: tuple[int, ...], p: float) -> Array:
    """A mask that is false with the probability p < 1: a random byte is compared with it, and where that is a tie,
    a random number with the rest.
    """
    size = math.prod(shape)
    words = generator.integers(0, 2**64 - 1, (size + 7) // 8, np.uint64, endpoint=True)
    drawn = words.view(np.uint8)[:size]
    whole = int(p * 256)
    mask = np.greater_equal(drawn, np.uint8(whole))
    rest = p * 256 - whole
    if rest:
        ties = np.flatnonzero(drawn == np.uint8(whole))
        mask[ties] = generator.random(ties.size) >= rest
    return mask.reshape(shape)


def dropout(x: Array, mask: Array, scale: float) -> Array:
    """x times `scale` where `mask`, which broadcasts to x, is true, and times 0 elsewhere."""
    factor = np.array(scale, x.dtype)
    if x.size <= BLOCK or mask.shape != x.shape or not (x.flags.c_contiguous and mask.flags.c_contiguous):
        y: Array = np.multiply(x, np.multiply(mask, factor))
        return y
    y = np.empty_like(x)
    parts = [x.reshape(-1), mask.reshape(-1), y.reshape(-1)]

    def work(blocks: Iterator[slice]) -> None:
        for block in blocks:
            source, chosen, target = [part[block] for part in parts]
            np.copyto(target, chosen)
            np.multiply(target, factor, out=target)
            np.multiply(target, source, out=target)

    share(work, slices(x.size, BLOCK), x.size)
    return y
