"""Activations of straight lines, with kinks, on arrays: forward, and the incoming gradient where it passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.blocks import BLOCK, by_blocks, filled

Array = npt.NDArray[Any]

_BITS = {"f": np.int32, "d": np.int64}


def put(y: Array, x: Array, mask: Array, value: float, t: Array) -> None:
    """Write `value` into y where `mask` is true, else x, by way of t, which may be x.

    Through the bits, which is quicker than NumPy's own ways.
    """
    kind = _BITS[y.dtype.char]
    bits, chosen = y.view(kind), np.array(value, y.dtype).view(kind)[()]
    np.bitwise_xor(x.view(kind), chosen, out=t.view(kind))
    np.copyto(bits, np.logical_not(mask, out=mask))
    np.multiply(bits, t.view(kind), out=bits)
    np.bitwise_xor(bits, chosen, out=bits)


def keep(x: Array, mask: Array, y: Array) -> None:
    """Write x where `mask` is true, else 0, into y: whatever x is."""
    kind = _BITS[y.dtype.char]
    bits = y.view(kind)
    np.copyto(bits, mask)
    np.multiply(bits, x.view(kind), out=bits)


def passed(g: Array, x: Array, mask: Callable[[Array], Array], scale: float = 1.0) -> Array:
    """`scale` g where mask(x) is true, else 0."""

    def step(g: Array, x: Array, y: Array) -> None:
        keep(g, mask(x), y)
        if scale != 1:
            np.multiply(y, scale, out=y)

    return by_blocks(step, 0, g, x)


def _few(x: Array, slope: float) -> bool:
    """Whether NumPy's plain functions are the quickest: on one block, where nothing can overflow."""
    return x.ndim > 0 and x.size <= BLOCK and 0 < slope <= 1 and x.dtype.char in "fd"


def leaky_relu(x: Array, slope: float) -> Array:
    """x where x > 0, else slope x."""
    if _few(x, slope):
        small: Array = x * slope
        return np.maximum(x, small, out=small)

    def step(x: Array, y: Array) -> None:
        if 0 < slope <= 1:
            np.multiply(x, slope, out=y)
            np.maximum(x, y, out=y)
            return
        zeros = filled(0.0, x.dtype.char)[: x.size]
        np.minimum(x, zeros, out=y)
        np.multiply(y, slope, out=y)
        np.add(y, np.maximum(x, zeros), out=y)

    return by_blocks(step, 0, x)


def leaky_relu_vjp(g: Array, x: Array, slope: float) -> Array:
    """g where x > 0, else slope g."""
    if _few(x, slope):
        small: Array = (x > 0).astype(x.dtype)
        np.maximum(small, slope, out=small)
        return np.multiply(small, g, out=small)

    def step(g: Array, x: Array, y: Array) -> None:
        np.copyto(y, np.greater(x, 0))
        if 0 <= slope <= 1:
            np.maximum(y, filled(slope, y.dtype.char)[: y.size], out=y)
        else:
            np.multiply(y, 1.0 - slope, out=y)
            np.add(y, slope, out=y)
        np.multiply(y, g, out=y)

    return by_blocks(step, 0, g, x)


def hardtanh(x: Array, low: float, high: float) -> Array:
    """x limited to [low, high]."""

    def step(x: Array, y: Array) -> None:
        x.clip(low, high, y)

    return by_blocks(step, 0, x)


def softshrink(x: Array, limit: float) -> Array:
    """x less x limited to [-limit, limit]."""

    def step(x: Array, y: Array) -> None:
        x.clip(-limit, limit, y)
        np.subtract(x, y, out=y)

    return by_blocks(step, 0, x)


def threshold(x: Array, limit: float, value: float) -> Array:
    """`value` where x <= limit, else x."""

    def step(x: Array, y: Array, t: Array) -> None:
        put(y, x, np.less_equal(x, limit), value, t)

    return by_blocks(step, 1, x)


def hardsigmoid(x: Array) -> Array:
    """x / 6 + 1/2 limited to [0, 1]."""
    return by_blocks(_hardsigmoid, 0, x)


def _hardsigmoid(x: Array, y: Array) -> None:
    np.add(x, 3.0, out=y)
    y.clip(0.0, 6.0, y)
    np.multiply(y, 1 / 6, out=y)


def hardswish(x: Array) -> Array:
    """x hardsigmoid(x)."""
    return by_blocks(_hardswish, 0, x)


def hardswish_vjp(g: Array, x: Array) -> Array:
    """g where x >= 3, 0 where x <= -3, g (x / 3 + 1/2) between."""
    return by_blocks(_hardswish_vjp, 1, g, x)


def _hardswish(x: Array, y: Array) -> None:
    _hardsigmoid(x, y)
    np.multiply(y, x, out=y)


def _hardswish_vjp(g: Array, x: Array, y: Array, t: Array) -> None:
    # c + 1/2 - [c is 1 or -1] c / 2, c = x / 3 limited to [-1, 1]; the quotient of no smaller x rounds to 1
    np.divide(x, 3.0, out=y)
    np.minimum(y, filled(1.0, y.dtype.char)[: y.size], out=y)
    np.maximum(y, filled(-1.0, y.dtype.char)[: y.size], out=y)
    np.trunc(y, out=t)
    np.multiply(t, 0.5, out=t)
    np.subtract(y, t, out=y)
    np.add(y, 0.5, out=y)
    np.multiply(y, g, out=y)
