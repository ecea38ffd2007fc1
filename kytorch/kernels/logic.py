"""Logic and closeness, on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_FEW = 1024


def logical_and(a: Array, b: Array) -> Array:
    """Whether neither is 0."""
    return np.logical_and(_truth(a), _truth(b))


def logical_or(a: Array, b: Array) -> Array:
    """Whether one is not 0."""
    return np.logical_or(_truth(a), _truth(b))


def logical_xor(a: Array, b: Array) -> Array:
    """Whether exactly one is not 0."""
    return np.logical_xor(_truth(a), _truth(b))


def logical_not(x: Array) -> Array:
    """What is 0."""
    return np.logical_not(x) if x.dtype.kind == "b" or x.size < _FEW else np.equal(x, 0)


def _truth(x: Array) -> Array:
    """What is not 0; of many numbers a comparison finds it quicker than logic does."""
    return x if x.dtype.kind == "b" or x.size < _FEW else np.not_equal(x, 0)


def isclose(a: Array, b: Array, rtol: float, atol: float, equal_nan: bool) -> Array:
    """Whether |a - b| <= atol + rtol |b|; infinities are close to themselves alone, NaN to nothing or to NaN."""
    if a.dtype.kind in "bu":
        a = a.astype(np.int64)
    with np.errstate(invalid="ignore", over="ignore"):
        away = np.abs(np.subtract(a, b))
        close: Array = np.less_equal(away, atol + rtol * np.abs(b))
    if not np.logical_and.reduce(close, None):
        close = close & np.isfinite(away) | np.equal(a, b)
        if equal_nan:
            close = close | (np.isnan(a) & np.isnan(b))
    elif not np.isfinite(np.add.reduce(away, None)):
        close = close & np.isfinite(away) | np.equal(a, b)
    return close
