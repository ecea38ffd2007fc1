"""sin(pi x) / (pi x) and its derivatives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def sinc(x: Array, order: int) -> Array:
    """The derivative of that order of sin(pi x) / (pi x), with respect to x; at 0 its limit.

    With u = pi x, from u f(u) = sin u comes u f' + f = cos u, and so on: each derivative follows from the one before.
    That loses digits near 0, where the power series takes over.
    """
    if x.dtype.char not in "fd":
        return sinc(x.astype(np.float32 if x.dtype.char == "e" else np.float64), order).astype(_kind(x))
    u = math.pi * (x if x.ndim else x.reshape(1))
    near = np.abs(u) <= (1.0 + order if order else 0.0)
    some = near.any()
    away = np.where(near, 1.0, u) if some else u
    y = np.sin(away) / away
    for n in range(1, order + 1):
        y = (_turned_sine(away, n) - n * y) / away
    if some:
        y[near] = _series(u[near], order)
    y *= math.pi**order
    return y.reshape(x.shape)


def _kind(x: Array) -> Any:
    return np.float16 if x.dtype.char == "e" else np.float64


def _turned_sine(u: Array, n: int) -> Array:
    """The n-th derivative of sin u."""
    y: Array = np.cos(u) if n % 2 else np.sin(u)
    return -y if n % 4 in (2, 3) else y


def _series(u: Array, order: int) -> Array:
    """The sum of (-1)^m (2m)! / ((2m - n)! (2m + 1)!) u^(2m - n) over m from n/2, for |u| up to about n + 1."""
    first = (order + 1) // 2
    y = np.zeros_like(u)
    for m in range(first + 12 + order, first - 1, -1):
        size = math.perm(2 * m, order) / math.factorial(2 * m + 1)
        y *= u * u
        y += -size if m % 2 else size
    if order % 2:
        y *= u
    return y
