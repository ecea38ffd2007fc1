"""Products over dimensions, on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.reduce import columns_of

Array = npt.NDArray[Any]

_FEW = 1024
_MANY = 1 << 15


def product(x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
    """The product of `x` over `dims`; of float16 through float32, of integers and bool as int64."""
    char = x.dtype.char
    y: Array
    if len(dims) == x.ndim and x.size > _FEW and char in "fd" and x.flags.c_contiguous:
        flat = x.reshape(-1)
        width = _FEW if flat.size > _MANY else _FEW // 4
        whole = flat.size // width * width
        y = np.multiply.reduce(np.multiply.reduce(flat[:whole].reshape(-1, width), 0))
        y = np.multiply(y, np.multiply.reduce(flat[whole:]))
        return y.reshape([1] * x.ndim if keepdim else [])
    if x.size > _FEW and char in "fd" and dims == (x.ndim - 1,):
        y = _products_of_rows(x.reshape(-1, x.shape[-1]))
        return y.reshape(x.shape[:-1] + (1,) * keepdim)
    dtype: npt.DTypeLike | None = np.float32 if char == "e" else None
    if x.dtype.kind in "bui":
        dtype = np.int64
    y = np.multiply.reduce(x, dims, dtype, None, keepdim)  # type: ignore[call-overload]  # a bool is one of its Literals
    return y.astype(x.dtype) if char == "e" else y


def _products_of_rows(x: Array) -> Array:
    """The rows' products. In a row NumPy waits for each product before the next, but not in a column."""
    n = x.shape[1]
    pieces = n // 100
    if pieces > 1:
        width = n // pieces
        whole = pieces * width
        y: Array = np.multiply.reduce(x[:, :whole].reshape(-1, pieces, width), 1)
        y[:, : n - whole] *= x[:, whole:]
        x = y
    y = np.multiply.reduce(columns_of(x), 0)
    return y
