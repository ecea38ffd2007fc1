"""Losses on arrays, without overflow, in blocks that fit the cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# Elements that a pass over several steps takes at once.
BLOCK = 1 << 15
# As arrays of shape (), beside which NumPy computes in half the time that it takes beside a number.
_ONE = {char: np.ones((), char) for char in "efd"}


def _flat(*arrays: Array) -> list[Array] | None:
    """`arrays` of one shape as vectors of the same order, without a copy; None if they cannot be."""
    if all(x.flags.c_contiguous for x in arrays):
        return [x.reshape(-1) for x in arrays]
    if all(x.flags.f_contiguous for x in arrays):
        return [x.T.reshape(-1) for x in arrays]
    return None


def total(value: Callable[[Array, Array], Array], a: Array, b: Array) -> Array:
    """The sum of value(a, b), an array of the same shape that is not made as a whole."""
    flat = _flat(a, b)
    if flat is None:
        whole: Array = np.add.reduce(value(a, b), None)
        return whole
    x, y = flat
    sums = [np.add.reduce(value(x[i : i + BLOCK], y[i : i + BLOCK])) for i in range(0, x.size, BLOCK)]
    few = np.array(sums)
    total: Array = np.add.reduce(few, dtype=np.float64).astype(few.dtype)
    return total


def by_blocks(slope: Callable[[Array, Array], Array], g: Array, a: Array, b: Array) -> Array:
    """slope(a, b) g, for `g` of one element or of the shape of `a` and `b`."""
    out = np.empty_like(a, np.result_type(a, b, g))
    flat = _flat(a, b, out) if g.size == 1 else _flat(a, b, out, g)
    if flat is None:
        np.multiply(slope(a, b), g, out=out)
        return out
    x, y, target, *gs = flat
    for i in range(0, x.size, BLOCK):
        part = slice(i, i + BLOCK)
        np.multiply(slope(x[part], y[part]), gs[0][part] if gs else g, out=target[part])
    return out


def huber(a: Array, b: Array, delta: float, factor: float) -> Array:
    """c (|d| - c / 2) times `factor`, for d = a - b and c = min(|d|, delta)."""
    d = np.atleast_1d(a - b)
    np.abs(d, out=d)
    c = np.minimum(d, np.full_like(d, delta))  # several times quicker than beside a number
    y: Array = c * (-0.5 * factor)
    if factor != 1:
        d *= factor
    y += d
    y *= c
    return y.reshape(a.shape)


def clamped_log(x: Array) -> Array:
    """log x, but at least -100, so that a loss is finite at 0."""
    y = np.full_like(x, -100)
    np.log(x, out=y, where=x > 0)
    return np.maximum(y, -100, out=y)


def binary_cross_entropy(p: Array, t: Array, inside: bool) -> Array:
    """-(t log p + (1 - t) log(1 - p)), each logarithm at least -100; `inside` says that they all are."""
    log = np.log if inside else clamped_log
    one = _ONE[p.dtype.char]
    loss: Array = (t - one) * log(one - p) - t * log(p)
    return loss


def binary_cross_entropy_with_logits(x: Array, t: Array, pos_weight: Array | None = None) -> Array:
    """The same at p = sigmoid(x): max(x, 0) - x t + log(1 + e^-|x|), the target 1's part times `pos_weight`."""
    above = np.log1p(np.exp(-np.abs(x)))
    if pos_weight is None:
        loss: Array = np.maximum(x, 0) - x * t + above
        return loss
    loss = (1 - t) * x + (1 + (pos_weight - 1) * t) * (above + np.maximum(-x, 0))
    return loss


def soft_margin(x: Array, t: Array) -> Array:
    """log(1 + e^(-t x))."""
    z = x * t
    loss: Array = np.log1p(np.exp(-np.abs(z))) + np.maximum(-z, 0)
    return loss
