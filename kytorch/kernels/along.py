"""Taking elements along a dimension, and its transpose, on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def take(x: Array, indices: Array, dim: int) -> Array:
    """y[i, j, k] = x[i, indices[i, j, k], k] for `dim` 1, and so on.

    The indices are from 0 and not checked; in the other dimensions `indices` may be smaller than `x`.
    """
    if not indices.size:
        return np.empty_like(x, order="C", shape=indices.shape)
    if x.ndim == 1:
        return x.take(indices)
    y: Array = x.reshape(-1).take(element_numbers(indices, dim, x.shape).reshape(-1))
    return y.reshape(indices.shape)


def put(g: Array, indices: Array, dim: int, shape: tuple[int, ...], unique: bool) -> Array:
    """y = 0, of `shape`, but y[i, indices[i, j, k], k] += g[i, j, k]; `unique` says that no element is named twice."""
    y: Array = np.zeros_like(g, order="C", shape=shape)
    if not indices.size:
        return y
    flat, values = element_numbers(indices, dim, shape).reshape(-1), g.reshape(-1)
    if unique:
        y.reshape(-1)[flat] = values
    elif g.dtype.char == "e":  # sums in float16 would lose most digits
        wide: Array = np.zeros(y.size, np.float32)
        np.add.at(wide, flat, values)
        y = wide.astype(g.dtype).reshape(shape)
    else:
        np.add.at(y.reshape(-1), flat, values)
    return y


def element_numbers(indices: Array, dim: int, shape: tuple[int, ...]) -> Array:
    """Where the elements lie that `indices`, of which there are some, name in a contiguous array of `shape`."""
    if len(shape) < 2:
        return indices
    base: Array | None = None
    stride, step = 1, 1
    for i in reversed(range(len(shape))):
        n = indices.shape[i]
        if i == dim:
            step = stride
        elif n > 1:
            line = np.arange(0, n * stride, stride).reshape((n,) + (1,) * (len(shape) - 1 - i))
            base = line if base is None else base + line
        stride *= shape[i]
    flat = indices if step == 1 else indices * step
    return flat if base is None else flat + base
