"""Choice between elements, on arrays, without branches: np.where is slow where its condition is not regular."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# By an element's size the integers that hold its bits.
_BITS: dict[int, type[np.signedinteger[Any]]] = {1: np.int8, 2: np.int16, 4: np.int32, 8: np.int64}
# Below this number of elements one call of NumPy's is quicker than several.
_FEW = 2048


def masked(g: Array, mask: Array) -> Array:
    """`g` where `mask` is true, 0 elsewhere, also where g is infinite or NaN: its bits times 1 or 0."""
    bits: Array = np.multiply(g.view(_BITS[g.itemsize]), mask)
    return bits.view(g.dtype)


def where(condition: Array, a: Array, b: Array) -> Array:
    """`a` where `condition` is true, else `b`."""
    if condition.size < _FEW or a.dtype != b.dtype or a.dtype.kind == "b":
        return np.where(condition, a, b)
    integers = _BITS[a.itemsize]
    a_bits, b_bits = a.view(integers), b.view(integers)
    chosen: Array = np.multiply(a_bits ^ b_bits, condition)
    return np.bitwise_xor(chosen, b_bits, out=chosen if chosen.ndim >= b.ndim else None).view(a.dtype)


def sign(x: Array) -> Array:
    """-1, 0 or 1 by the sign of each element, 0 for NaN."""
    if x.dtype.kind in "bu" or x.size >= _FEW:
        y: Array = (np.greater(x, 0).view(np.int8) - np.less(x, 0).view(np.int8)).astype(x.dtype)
        return y
    y = np.sign(x)
    if x.dtype.kind == "f" and np.count_nonzero(lost := y != y):
        y = np.where(lost, np.zeros((), x.dtype), y)
    return y


def clip(x: Array, low: npt.ArrayLike | None, high: npt.ArrayLike | None) -> Array:
    """`x` limited to [low, high], and `high` where low > high; NaN stays."""
    y: Array
    # Of numbers beside an array clip is several times quicker than maximum and minimum, which are quicker of arrays.
    if x.dtype.kind == "f" and not getattr(low, "ndim", 0) and not getattr(high, "ndim", 0):
        y = x.clip(-np.inf if low is None else low, np.inf if high is None else high)
    elif low is None:
        y = np.minimum(x, high)  # type: ignore[arg-type]  # not None: one of them is a limit
    else:
        y = np.maximum(x, low)
        if high is not None:
            y = np.minimum(y, high)
    return y


def all_finite(x: Array) -> bool:
    """Whether no element of `x` is infinite or NaN."""
    return bool(np.logical_and.reduce(np.isfinite(x), None))
