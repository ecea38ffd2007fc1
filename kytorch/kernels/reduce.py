"""Reductions over dimensions, on arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

# In what each dtype is summed where NumPy would add one element after the other, and its errors with them.
_WIDER = {"e": np.float32, "f": np.float64}
_FEW = 1024


def sum(x: npt.NDArray[Any], dims: tuple[int, ...], keepdim: bool) -> npt.NDArray[Any]:
    """The sum of `x` over `dims`; integers and bool are summed as int64.

    NumPy adds pairwise only along the last dimensions of a contiguous array; elsewhere many elements are summed in a
    wider dtype.
    """
    dtype: npt.DTypeLike | None = None
    if x.dtype.char in _WIDER:
        if x.size > _FEW and not (x.flags.c_contiguous and dims == tuple(range(x.ndim - len(dims), x.ndim))):
            dtype = _WIDER[x.dtype.char]
    elif x.dtype.kind in "bu":
        dtype = np.int64
    total: npt.NDArray[Any] = np.add.reduce(x, dims, dtype, None, keepdim)  # type: ignore[call-overload]  # a bool is one of its Literals
    return total if dtype is None or x.dtype.kind != "f" else total.astype(x.dtype)


def mean(x: npt.NDArray[Any], dims: tuple[int, ...], keepdim: bool) -> npt.NDArray[Any]:
    """The mean of `x` over `dims`; of float16 through float32, since a sum may not fit where the mean does."""
    n = x.size if len(dims) == x.ndim else math.prod([x.shape[i] for i in dims])
    wide = x.astype(np.float32) if x.dtype.char == "e" else x
    if not n:
        return np.full_like(sum(wide, dims, keepdim), math.nan, dtype=np.result_type(x, np.float16))
    average: npt.NDArray[Any] = sum(wide, dims, keepdim) / n
    return average.astype(x.dtype) if wide is not x else average
