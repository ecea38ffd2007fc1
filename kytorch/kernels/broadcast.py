"""Broadcasting and its transpose, on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def sum_to_size(x: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """`x` summed over the dimensions along which `shape` broadcasts to `x.shape`; ValueError if it does not."""
    lead = x.ndim - len(shape)
    if lead == 1 and shape == x.shape[1:]:
        if len(x) == 1:
            return x.reshape(shape)
        # A product with ones reads short rows several times faster than a reduction, if there are many.
        many = len(shape) == 1 and x.size > 4096 and x.dtype.char in "fd"
        row: npt.NDArray[Any] = np.ones(len(x), x.dtype) @ x if many else np.add.reduce(x, 0, x.dtype)
        return row
    if lead < 0 or any(n != 1 and n != m for n, m in zip(shape, x.shape[lead:])):
        raise ValueError(f"sum_to_size: shape {shape} does not broadcast to {x.shape}")
    stretched = [lead + i for i, n in enumerate(shape) if n == 1 != x.shape[lead + i]]
    total: npt.NDArray[Any] = np.add.reduce(x, axis=(*range(lead), *stretched), dtype=x.dtype)
    return total if total.shape == shape else total.reshape(shape)


def expand(x: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """`x` repeated to `shape` without copying: a read-only view with strides of zero."""
    return np.broadcast_to(x, shape)
