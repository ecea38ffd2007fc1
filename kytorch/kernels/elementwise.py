"""Elementwise functions that NumPy does not have."""

from typing import Any

import numpy as np
import numpy.typing as npt

# The largest power of e that the dtype holds, rounded down.
_LARGEST_EXPONENT = {np.dtype(np.float16): 11.0, np.dtype(np.float32): 88.0, np.dtype(np.float64): 709.0}


def sigmoid(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """1 / (1 + e^-x), exact to the dtype on both sides and without overflow."""
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    y: npt.NDArray[Any] = np.negative(x)
    if not x.ndim:
        y = 1 / (1 + np.exp(np.minimum(y, _LARGEST_EXPONENT[x.dtype])))
        return y
    np.minimum(y, _LARGEST_EXPONENT[x.dtype], out=y)
    np.exp(y, out=y)
    y += 1
    np.reciprocal(y, out=y)
    return y


def softplus(x: npt.NDArray[Any], beta: float, threshold: float) -> npt.NDArray[Any]:
    """log(1 + e^(beta x)) / beta, computed without overflow, and x itself where beta x > threshold."""
    z = beta * x
    y: npt.NDArray[Any] = (np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))) / beta
    return np.where(z > threshold, x, y)


def power(x: npt.NDArray[Any], exponent: float) -> npt.NDArray[Any]:
    """x to the power of a number; NumPy is quick for 2 and slow for 3."""
    y: npt.NDArray[Any] = x * x * x if exponent == 3 else x**exponent
    return y
