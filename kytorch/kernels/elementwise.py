"""Elementwise functions that NumPy does not have."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

# Of each dtype, 1 and the largest power of e that it holds, rounded down. As arrays: a number would be converted.
_ONE_AND_LIMIT = {
    dtype: (np.ones((), dtype), np.array(limit, dtype)) for dtype, limit in (("e", 11.0), ("f", 88.0), ("d", 709.0))
}


def sigmoid(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """1 / (1 + e^-x) as e^x / (1 + e^x), exact to the dtype on both sides and without overflow."""
    if x.dtype.char not in _ONE_AND_LIMIT:
        x = x.astype(np.float64)
    one, limit = _ONE_AND_LIMIT[x.dtype.char]
    e: npt.NDArray[Any] = np.exp(np.minimum(x, limit))
    e = np.divide(e, e + one, out=e if x.ndim else None)
    return e


def softplus(x: npt.NDArray[Any], beta: float, threshold: float) -> npt.NDArray[Any]:
    """log(1 + e^(beta x)) / beta, computed without overflow, and x itself where beta x > threshold."""
    z = beta * x
    y: npt.NDArray[Any] = (np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))) / beta
    return np.where(z > threshold, x, y)


def power(x: npt.ArrayLike, exponent: npt.ArrayLike) -> npt.NDArray[Any]:
    """x to the power of `exponent`; NumPy is quick for the number 2 and slow for 3."""
    y: npt.NDArray[Any]
    if isinstance(exponent, (int, float)) and hasattr(x, "dtype"):
        y = x * x * x if exponent == 3 else x**exponent
    else:
        y = np.power(x, exponent)
    return y
