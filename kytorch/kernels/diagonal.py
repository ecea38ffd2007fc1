"""Diagonals and triangles of matrices, on arrays."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Place = tuple[int, int, int]

# Up to this many rows and columns a triangle is cut out with a mask; in larger matrices, block by block.
_BLOCK = 128
# Integers of as many bytes as a float, to which masks are applied: 0 times an infinity would be NaN.
_BITS = {n: np.dtype(f"i{n}") for n in (1, 2, 4, 8)}


def spread(x: Array, place: Place, shape: tuple[int, ...]) -> Array:
    """Zeros, with `x` on the diagonal at `place`: offset and two dimensions."""
    y: Array = np.zeros_like(x, order="C", shape=shape)
    _writable(y, place)[...] = x
    return y


def add(total: Array, place: Place, x: Array) -> None:
    """Add `x` on the diagonal at `place`."""
    diagonal = _writable(total, place)
    diagonal += x


def _writable(y: Array, place: Place) -> Array:
    diagonal: Array = y.diagonal(*place)
    diagonal.setflags(write=True)
    return diagonal


@lru_cache(32)
def _mask(rows: int, columns: int, k: int, upper: bool, dtype: np.dtype[Any]) -> Array:
    """All bits where an element stays: in column j of row i for j <= i + k, or with `upper` for the others."""
    kept = np.less_equal.outer(np.arange(columns), np.arange(rows) + k).T
    mask: Array = -(kept != upper).astype(dtype)
    mask.setflags(write=False)
    return mask


def _cut(x: Array, k: int, upper: bool) -> Array:
    dtype = _BITS[x.dtype.itemsize]
    rows, columns = x.shape[-2:]
    y: Array = x.view(dtype) & _mask(rows, columns, k, upper, dtype)
    return y.view(x.dtype)


def triangle(x: Array, k: int, upper: bool) -> Array:
    """Of each matrix the columns j <= i + k of row i, or with `upper` the others; 0 elsewhere."""
    rows, columns = x.shape[-2:]
    k = min(k, columns) if k >= 0 else max(k, -rows - 1)
    if rows <= _BLOCK and columns <= _BLOCK:
        return _cut(x, k, upper)
    y: Array = np.zeros_like(x, order="C")
    # Rows above `first` have no column j <= i + k, those from `last` on have all.
    first, last = min(max(-k, 0), rows), min(max(columns - k - 1, 0), rows)
    whole = slice(first) if upper else slice(last, None)
    y[..., whole, :] = x[..., whole, :]
    for start in range(first, last, _BLOCK):
        stop = min(start + _BLOCK, last)
        left, right = start + k + 1, stop + k
        band = (..., slice(start, stop), slice(left, right))
        sure = (..., slice(start, stop), slice(right, None) if upper else slice(left))
        y[sure] = x[sure]
        y[band] = _cut(x[band], -1, upper)
    return y
