"""Elementwise functions that NumPy does not have."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.choice import where

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
    x_or_row = x if x.ndim else x.reshape(1)
    z = x_or_row if beta == 1 else beta * x_or_row
    y: npt.NDArray[Any] = np.exp(-np.abs(z))
    np.log1p(y, out=y)
    y += np.maximum(z, 0)
    if beta != 1:
        y /= beta
    # From 20 on the two are equal but in float64. (Where the greatest is NaN, others may be beyond.)
    if (threshold < 20.0 or y.dtype.itemsize == 8) and z.size and not z.max() <= threshold:
        np.copyto(y, x_or_row, where=z > threshold)
    return y.reshape(x.shape)


def rsqrt(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """1 / sqrt x."""
    y: npt.NDArray[Any] = np.sqrt(x)
    y = np.reciprocal(y, out=y if x.ndim else None)
    return y


def reciprocal(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """1 / x, also of integers."""
    y: npt.NDArray[Any] = np.reciprocal(x) if x.dtype.kind == "f" else np.true_divide(1, x)
    return y


def logit(x: npt.NDArray[Any], eps: float | None) -> npt.NDArray[Any]:
    """log(x / (1 - x)), with x limited to [eps, 1 - eps] if `eps` is given."""
    if eps is not None:
        x = np.minimum(np.maximum(x, eps), 1.0 - eps)
    y: npt.NDArray[Any] = 1.0 - x
    out = y if x.ndim else None
    y = np.log(np.divide(x, y, out=out), out=out)
    return y


def xlogy(x: npt.ArrayLike, other: npt.ArrayLike) -> npt.NDArray[Any]:
    """x log(other), and 0 where x is 0 unless `other` is NaN."""
    x, other = _beside(x, other), _beside(other, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        y: npt.NDArray[Any] = np.log(other)
        y = np.multiply(x, y)
        # 0 log 0 and 0 log(-1) are NaN so far, of which the sum, quickly made, tells.
        if math.isnan(np.add.reduce(y, None)):
            y = np.where(np.equal(x, 0) & ~np.isnan(other), y.dtype.type(0), y)
    return y


def lerp(a: npt.ArrayLike, b: npt.ArrayLike, w: npt.ArrayLike) -> npt.NDArray[Any]:
    """a + w (b - a), and from w = 1/2 on b - (1 - w) (b - a), which is b where w is 1."""
    a, b = _beside(_beside(a, b), w), _beside(_beside(b, a), w)
    way = np.subtract(b, a)
    y: npt.NDArray[Any]
    if not isinstance(w, (int, float)):
        early, late = np.add(a, np.multiply(w, way)), np.subtract(b, np.subtract(1.0, w) * way)
        y = where(np.abs(w) < 0.5, early, late)
    elif abs(w) < 0.5:
        y = np.add(a, w * way)
    else:
        y = np.subtract(b, (1.0 - w) * way)
    return y


def _beside(value: npt.ArrayLike, other: npt.ArrayLike) -> npt.ArrayLike:
    """A number as an array of the dtype of `other`, which it shall not widen, if that is an array of floats."""
    if isinstance(value, (int, float)) and not hasattr(value, "dtype"):
        dtype = getattr(other, "dtype", None)
        return value if dtype is None or dtype.kind != "f" else np.array(value, dtype)
    return value


def power(x: npt.ArrayLike, exponent: npt.ArrayLike) -> npt.NDArray[Any]:
    """x to the power of `exponent`; NumPy is quick for the numbers -1, 0.5 and 2, and slow for others."""
    y: npt.NDArray[Any]
    if not isinstance(exponent, (int, float)) or not hasattr(x, "dtype"):
        y = np.power(x, exponent)
    elif exponent == 3:
        y = x * x * x
    elif exponent == -0.5:
        y = rsqrt(x)
    elif exponent == -2 and x.dtype.kind == "f":
        y = reciprocal(x * x)
    else:
        y = x**exponent
    return y
