"""Counts of values."""

from __future__ import annotations

import math

import numpy as np

from kytorch.ops.dtype import to
from kytorch.ops.take_along import put_along
from kytorch.tensor.core import CONSTANT, A, Tensor, make
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of
from kytorch.tensor.values import Array


@method
def bincount(x: A, weights: A | None = None, minlength: int = 0) -> A:
    """How often each of 0, 1, 2 ... is in `x`, (n,), or the sum of the `weights`, (n,), at each: (max(x) + 1,) or more.

    Differentiable with respect to `weights`. Raises TypeError for what is no integer, ValueError for negative ones,
    for other shapes, and for a negative `minlength`.
    """
    array = array_of("bincount", x)
    if array.dtype.kind not in "iu":
        raise TypeError(f"bincount: expected integers, not {array.dtype}; convert them with to()")
    if array.ndim != 1:
        raise ValueError(f"bincount: x has shape {array.shape}; expected one dimension")
    if minlength < 0:
        raise ValueError(f"bincount: minlength is {minlength}; expected 0 or more")
    least = array.item(array.argmin()) if array.size else 0  # quicker than min for few elements
    if least < 0:
        raise ValueError(f"bincount: {least} is negative; there are bins from 0 on")
    if weights is None:
        counts: Array = np.bincount(array.astype(np.int64, copy=False), minlength=minlength)
        if isinstance(x, Tensor):
            return make(counts, CONSTANT)
        return counts
    given = array_of("bincount", weights)
    if given.shape != array.shape:
        raise ValueError(f"bincount: weights of shape {given.shape} for x of shape {array.shape}; expected equal ones")
    if given.dtype.char not in "fd":
        weights = to(weights, np.float64)
    n = max(int(array.max()) + 1, minlength) if array.size else minlength
    return put_along(weights, np.array(array, np.int64), 0, (n,))


@method
def histc(x: A, bins: int = 100, min: float = 0, max: float = 0) -> A:
    """How many elements are in each of `bins` equal parts of [min, max]: a constant in `x`'s dtype.

    Without limits, or with equal ones, they are the least and the greatest element. Elements outside and NaN are not
    counted. Raises TypeError for integers, ValueError for limits that are not finite or cross, and for no bins.
    """
    array = array_of("histc", x)
    if array.dtype.kind != "f":
        raise TypeError(f"histc: expected floats, not {array.dtype}; convert them with to()")
    if bins < 1:
        raise ValueError(f"histc: bins is {bins}; expected 1 or more")
    low, high = float(min), float(max)
    if low == high and array.size:
        low, high = float(array.min()), float(array.max())
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"histc: the limits are {low} and {high}; expected finite ones, the lower first")
    if low == high:
        low, high = low - 1, high + 1
    inside = array[(array >= low) & (array <= high)]
    places = ((inside - low) * (bins / (high - low))).astype(np.int64)
    y: Array = np.bincount(np.minimum(places, bins - 1), minlength=bins).astype(array.dtype)
    if isinstance(x, Tensor):
        return make(y, CONSTANT)
    return y
