"""Elementwise functions that NumPy does not have."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.blocks import BLOCK, by_blocks, filled
from kytorch.kernels.choice import where

Array = npt.NDArray[Any]

# Of each dtype, 1 and the largest power of e that it holds, rounded down. As arrays: a number would be converted.
_ONE_AND_LIMIT = {
    dtype: (np.ones((), dtype), np.array(limit, dtype)) for dtype, limit in (("e", 11.0), ("f", 88.0), ("d", 709.0))
}
ZERO = {dtype: np.zeros((), dtype) for dtype in "efd"}
_FEW = 2048
# Of each dtype, from where on a sum of squares has all its digits, although one of them may be too small to be squared.
_LEAST_SQUARE = {char: float(np.finfo(char).tiny) / float(np.finfo(char).eps) ** 2 for char in "fd"}


def relu(x: Array) -> Array:
    """max(x, 0)."""
    if x.size < _FEW or x.dtype.char not in _LEAST_SQUARE:
        y: Array = np.maximum(x, ZERO.get(x.dtype.char, 0))
    elif x.size <= BLOCK and x.flags.c_contiguous:
        y = np.maximum(x, filled(0.0, x.dtype.char)[: x.size].reshape(x.shape))
    else:
        y = by_blocks(_relu, 0, x)
    return y


def _relu(x: Array, y: Array) -> None:
    np.maximum(x, filled(0.0, x.dtype.char)[: x.size], out=y)


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x) as e^x / (1 + e^x), exact to the dtype on both sides and without overflow."""
    char = x.dtype.char
    if char not in _ONE_AND_LIMIT:
        x, char = x.astype(np.float64), "d"
    one, limit = _ONE_AND_LIMIT[char]
    if x.size >= _FEW and char in _LEAST_SQUARE:
        if x.size > BLOCK or not x.flags.c_contiguous:
            return by_blocks(_sigmoid, 1, x)
        limit = filled(float(limit), char)[: x.size].reshape(x.shape)
    e: Array = np.exp(np.minimum(x, limit))
    e = np.divide(e, e + one, e if x.ndim else None)
    return e


def sigmoid_vjp(g: Array, y: Array) -> Array:
    """g y (1 - y), of few elements."""
    one, _ = _ONE_AND_LIMIT[y.dtype.char]
    slope: Array = y * (one - y)
    return slope * g


def _sigmoid(x: Array, y: Array, t: Array) -> None:
    char = x.dtype.char
    np.minimum(x, filled(float(_ONE_AND_LIMIT[char][1]), char)[: x.size], out=y)
    np.exp(y, out=y)
    np.add(y, 1.0, out=t)
    np.divide(y, t, out=y)


def hypot(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """sqrt(a^2 + b^2), without overflow between."""
    if hasattr(a, "dtype") and hasattr(b, "dtype"):
        first, second = np.asarray(a), np.asarray(b)
        if max(first.size, second.size) >= _FEW and first.dtype == second.dtype and first.dtype.char in _LEAST_SQUARE:
            return _hypot_by_blocks(first, second)
    y: Array = np.hypot(a, b)
    return y


def _hypot_by_blocks(a: Array, b: Array) -> Array:
    shape = a.shape if a.shape == b.shape else np.broadcast_shapes(a.shape, b.shape)
    a, b = ((x if x.size == 1 or x.shape == shape else np.broadcast_to(x, shape)).reshape(-1) for x in (a, b))
    y: Array = np.empty(shape, a.dtype)
    target, square = y.reshape(-1), np.empty(min(y.size, BLOCK), a.dtype)
    with np.errstate(all="ignore"):
        for start in range(0, y.size, BLOCK):
            part = slice(start, start + BLOCK)
            first, second = (x if x.size == 1 else x[part] for x in (a, b))
            _hypot_of_block(first, second, target[part], square)
    return y


def _hypot_of_block(a: Array, b: Array, y: Array, square: Array) -> None:
    np.multiply(a, a, out=y)
    np.add(y, np.multiply(b, b, out=square[: b.size]), out=y)
    # What is squared may be too large or too small where its root is not; and infinity beside NaN is infinite.
    if _LEAST_SQUARE[y.dtype.char] < np.minimum.reduce(y) and np.maximum.reduce(y) < math.inf:
        np.sqrt(y, out=y)
    else:
        np.hypot(a, b, out=y)


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


@np.errstate(divide="ignore", invalid="ignore")
def xlogy(x: npt.ArrayLike, other: npt.ArrayLike) -> npt.NDArray[Any]:
    """x log(other), and 0 where x is 0 unless `other` is NaN."""
    x, other = _beside(x, other), _beside(other, x)
    y: npt.NDArray[Any] = np.log(other)
    y = np.multiply(x, y)
    # 0 log 0 and 0 log(-1) are NaN so far.
    if np.count_nonzero(lost := y != y):
        y = np.where(lost & np.equal(x, 0) & ~np.isnan(other), y.dtype.type(0), y)
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
    if not hasattr(value, "dtype") and isinstance(value, (int, float)):
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
