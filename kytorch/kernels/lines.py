"""How a dimension of n elements becomes one of m: the taps of each mode of `interpolate`, as in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.resampling import Line

Array = npt.NDArray[Any]


@lru_cache(64)
def nearest(n: int, m: int, scale: float | None, single: bool, exact: bool) -> Line:
    """y[i] = x[floor(i s)] with s = n / m, or 1 / `scale` if it is given; `exact` takes the elements' middles.

    Places are rounded as PyTorch rounds them: s to float32 if `single`, and they to float32 always.
    """
    step = 1 / scale if scale else n / m
    if single:
        step = float(np.float32(step))
    i = np.arange(m)
    place = (step * (i + 0.5) - 0.5).astype(np.float32) + np.float32(0.5) if exact else (step * i).astype(np.float32)
    return Line(n, np.clip(np.floor(place).astype(np.intp), 0, n - 1)[:, None], None)


@lru_cache(64)
def linear(n: int, m: int, scale: float | None, align_corners: bool) -> Line:
    """y[i] = (1 - t) x[j] + t x[j + 1] at the place j + t of i."""
    j, t = _places(n, m, scale, align_corners, clipped=True)
    return Line(n, np.stack([j, np.minimum(j + 1, n - 1)], 1), np.stack([1 - t, t], 1))


@lru_cache(64)
def cubic(n: int, m: int, scale: float | None, align_corners: bool) -> Line:
    """Cubic convolution (Keys 1981) with a = -3/4 of the four elements around a place."""
    j, t = _places(n, m, scale, align_corners, clipped=False)
    weights = _keys(np.stack([t + 1, t, 1 - t, 2 - t], 1), -0.75)
    return Line(n, np.clip(j[:, None] + np.arange(-1, 3), 0, n - 1), weights)


@lru_cache(64)
def area(n: int, m: int) -> Line:
    """y[i] = the mean of x from floor(i n / m) to below ceil((i + 1) n / m)."""
    i = np.arange(m)
    low, high = i * n // m, -(-(i + 1) * n // m)
    places = low[:, None] + np.arange((high - low).max())
    inside = places < high[:, None]
    return Line(n, np.where(inside, places, low[:, None]), inside / (high - low)[:, None])


@lru_cache(64)
def antialiased(n: int, m: int, scale: float | None, align_corners: bool, mode: str) -> Line:
    """A filter as wide as an output where the image shrinks, around an output's middle, its weights summing to 1."""
    radius, weigh = _FILTERS[mode]
    step = _step(n, m, scale, align_corners)
    widen = max(step, 1.0)
    centre = step * (np.arange(m) + 0.5)
    low = np.maximum((centre - radius * widen + 0.5).astype(np.intp), 0)
    high = np.minimum((centre + radius * widen + 0.5).astype(np.intp), n)
    places = low[:, None] + np.arange(max(int((high - low).max()), 1))
    inside = places < high[:, None]
    weights = np.where(inside, weigh((places - centre[:, None] + 0.5) / widen), 0.0)
    total = weights.sum(1, keepdims=True)
    return Line(n, np.where(inside, places, np.minimum(low, n - 1)[:, None]), weights / np.where(total == 0, 1, total))


def _step(n: int, m: int, scale: float | None, align_corners: bool) -> float:
    """How far the places of two outputs are from each other."""
    if align_corners:
        return (n - 1) / (m - 1) if m > 1 else 0.0
    return 1 / scale if scale else n / m


def _places(n: int, m: int, scale: float | None, align_corners: bool, clipped: bool) -> tuple[Array, Array]:
    """The outputs' places: the elements before them, and how far behind these they are, in [0, 1]."""
    step, i = _step(n, m, scale, align_corners), np.arange(m)
    place = step * i if align_corners else step * (i + 0.5) - 0.5
    if clipped:
        place = np.maximum(place, 0)
    j = np.minimum(np.floor(place).astype(np.intp), n - 1)
    return j, np.clip(place - j, 0, 1)


def _keys(x: Array, a: float) -> Array:
    """The cubic convolution kernel at `x` (Keys 1981, eq. 4, with any a)."""
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((x - 5) * x + 8) * x * a - 4 * a
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def _triangle(x: Array) -> Array:
    y: Array = np.maximum(1 - np.abs(x), 0)
    return y


def _lanczos(x: Array) -> Array:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


def _smooth_keys(x: Array) -> Array:
    return _keys(x, -0.5)


_FILTERS: dict[str, tuple[int, Callable[[Array], Array]]] = {
    "bilinear": (1, _triangle),
    "bicubic": (2, _smooth_keys),
    "lanczos": (3, _lanczos),
}
"""Of each mode half the filter's width, and its values."""
