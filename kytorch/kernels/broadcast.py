"""Broadcasting and its transpose, on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels import reduce
from kytorch.kernels.blocks import filled
from kytorch.kernels.matmul import ALONE_WITH_VECTOR, dot


def sum_to_size(x: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """`x` summed over the dimensions along which `shape` broadcasts to `x.shape`; ValueError if it does not."""
    lead = x.ndim - len(shape)
    if lead == 1 and shape == x.shape[1:]:
        if len(x) == 1:
            return x.reshape(shape)
        if len(shape) == 1 and 8 < len(x) <= 4096 and x.dtype.char in "fd":
            # A product with ones is quicker than a reduction of more than a few rows; of very many it adds errors.
            ones = filled(1.0, x.dtype.char)[: len(x)]
            row: npt.NDArray[Any] = ones.dot(x) if x.size <= ALONE_WITH_VECTOR else dot(ones, x)
            return row
        return reduce.sum(x, (0,), False)
    if lead < 0 or any(n != 1 and n != m for n, m in zip(shape, x.shape[lead:])):
        raise ValueError(f"sum_to_size: shape {shape} does not broadcast to {x.shape}")
    stretched = [lead + i for i, n in enumerate(shape) if n == 1 != x.shape[lead + i]]
    total = reduce.sum(x, (*range(lead), *stretched), False)
    return total if total.shape == shape else total.reshape(shape)


def expand(x: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """`x` repeated to `shape` without copying: a read-only view with strides of zero."""
    if type(x) is not np.ndarray or not x.flags.c_contiguous or not x.size:
        return np.broadcast_to(x, shape)
    # Several times quicker than NumPy's function, which is written in Python.
    strides = (0,) * (len(shape) - x.ndim)
    strides += tuple([0 if n == 1 else stride for n, stride in zip(x.shape, x.strides)]) if 1 in x.shape else x.strides
    y: npt.NDArray[Any] = np.ndarray(shape, x.dtype, x, 0, strides)
    y.setflags(write=False)
    return y
