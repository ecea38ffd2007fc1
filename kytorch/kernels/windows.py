"""Sliding windows and their transpose, on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def windows(x: Array, dim: int, size: int, step: int, writable: bool = False) -> Array:
    """The windows of `size` elements along `dim`, `step` apart, each as a new last dimension: a view."""
    n = (x.shape[dim] - size) // step + 1
    shape = (*x.shape[:dim], n, *x.shape[dim + 1 :], size)
    strides = (*x.strides[:dim], x.strides[dim] * step, *x.strides[dim + 1 :], x.strides[dim])
    if type(x) is np.ndarray and x.flags.c_contiguous and x.size:  # much quicker, where it can be done
        y: Array = np.ndarray(shape, x.dtype, x, 0, strides)
        if not writable:
            y.setflags(write=False)
        return y
    return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=writable)


def add(total: Array, g: Array, dim: int, step: int) -> None:
    """The transpose: add each window of `g` to where it lies in `total`."""
    n, size = g.shape[dim], g.shape[-1]
    lead: tuple[Any, ...] = (slice(None),) * dim
    if step >= size:
        apart = windows(total, dim, size, step, True)
        apart += g
    elif size <= n:
        for i in range(size):
            total[(*lead, slice(i, i + step * (n - 1) + 1, step))] += g[..., i]
    else:
        for i in range(n):
            total[(*lead, slice(i * step, i * step + size))] += np.moveaxis(g[(*lead, i)], -1, dim)
