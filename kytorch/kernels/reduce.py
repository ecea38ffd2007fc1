"""Reductions over dimensions, on arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt


def sum(x: npt.NDArray[Any], dims: tuple[int, ...], keepdim: bool) -> npt.NDArray[Any]:
    """The sum of `x` over `dims`; small integers and bool are summed as int64."""
    total: npt.NDArray[Any] = np.add.reduce(x, dims, None, None, keepdim)  # type: ignore[call-overload]  # a bool is one of its Literals
    return total


def mean(x: npt.NDArray[Any], dims: tuple[int, ...], keepdim: bool) -> npt.NDArray[Any]:
    """The mean of `x` over `dims`; of float16 through float32, since a sum may not fit where the mean does."""
    n = math.prod([x.shape[i] for i in dims])
    wide = x.astype(np.float32) if x.dtype == np.float16 else x
    if not n:
        return np.full_like(sum(wide, dims, keepdim), math.nan, dtype=np.result_type(x, np.float16))
    average: npt.NDArray[Any] = sum(wide, dims, keepdim) / n
    return average.astype(x.dtype) if wide is not x else average
