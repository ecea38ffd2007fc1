"""Division with a remainder, on arrays. NumPy's is slow for float32, and in float64 quick operations are exact.

A quotient of float32 below 2^29, computed in float64, is on the right side of every integer: x / y is at least 2^-24
away from one that it does not equal. Its integer part times y, of 29 + 24 bits, has no rounding error either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Whole = Callable[[Array, Array], Array]

_FEW = 512
_BLOCK = 1 << 14
_LARGEST = 2.0**29


def floor_divide(a: Array, b: Array) -> Array:
    """a / b rounded down. Raises ZeroDivisionError for integers divided by 0."""
    return _divided(np.floor_divide, a, b, np.floor, False)


def remainder(a: Array, b: Array) -> Array:
    """What a / b rounded down leaves, with the sign of b."""
    return _divided(np.remainder, a, b, np.floor, True)


def fmod(a: Array, b: Array) -> Array:
    """What a / b rounded toward 0 leaves, with the sign of a."""
    return _divided(np.fmod, a, b, np.trunc, True)


def _divided(slow: np.ufunc, a: Array, b: Array, whole: np.ufunc, rest: bool) -> Array:
    quick = a.dtype.char == "f" == b.dtype.char
    if not quick or max(a.size, b.size) < _FEW:
        if a.dtype.kind in "biu" and b.dtype.kind in "biu" and not np.logical_and.reduce(b, None):
            raise ZeroDivisionError(f"{slow.__name__}: integers divided by 0")
        y: Array = slow(a, b)
        return y
    shape = a.shape if a.shape == b.shape else np.broadcast_shapes(a.shape, b.shape)
    a, b = (x.reshape(-1) if x.size == 1 or x.shape == shape else np.broadcast_to(x, shape).ravel() for x in (a, b))
    y = np.empty(shape, np.float32)
    flat = y.reshape(-1)
    for start in range(0, flat.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        x, z = (v.reshape(()) if v.size == 1 else v[part] for v in (a, b))
        _block(slow, x, z, whole, rest, flat[part])
    return y


def _block(slow: np.ufunc, a: Array, b: Array, whole: np.ufunc, rest: bool, out: Array) -> None:
    """Write the answer for a block to `out`: with `slow` if a quotient is too large, or no number, or b infinite."""
    over, wide = a.astype(np.float64), b.astype(np.float64)
    quotient = np.empty(out.shape)
    with np.errstate(all="ignore"):
        np.divide(over, wide, out=quotient)
        least, greatest = np.minimum.reduce(quotient), np.maximum.reduce(quotient)
        if least > -_LARGEST and greatest < _LARGEST and np.isfinite(np.add.reduce(wide, None)):
            whole(quotient, out=quotient)
            if rest:
                np.multiply(quotient, wide, out=quotient)
                np.subtract(over, quotient, out=quotient)
            out[...] = quotient
            return
    slow(a, b, out=out)
