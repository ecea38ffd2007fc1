"""Rows of a matrix by their numbers: looked up, summed, limited in length, and the greatest of several."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels import norm, scatter

Array = npt.NDArray[Any]

# Up to so many rows a product with the indices' one-hot rows takes less time than adding rows.
_FEW = 80


def rows_summed(g: Array, index: Array, n: int) -> Array:
    """A matrix of n rows, in which each row of `g` is added to the one that `index` names."""
    y: Array
    if 1 < n <= _FEW and len(index) and g.dtype.char in "fd":
        hot = np.zeros_like(g, shape=(n, len(index)))
        hot[index, np.arange(len(index))] = 1
        y = hot @ g
        return y
    y = np.zeros_like(g, order="C", shape=(n, g.shape[1]))
    scatter.add(y, index, g)
    return y


def limited(weight: Array, index: Array, longest: float, p: float) -> Array | None:
    """`weight` with rows that `index` names scaled to a p-norm of `longest` if they exceed it; None if none does."""
    rows = np.unique(index)
    lengths = norm.norm(weight[rows], p, (1,), True)
    over = (lengths > longest).reshape(-1)
    if not over.any():
        return None
    y = weight.copy()
    y[rows[over]] *= longest / (lengths[over] + 1e-7)
    return y


def greatest(rows: Array, starts: Array) -> Array:
    """Of bags of rows, which begin at `starts` and are not empty, the row with the greatest element in each column.

    The first one of equal ones; NaN counts as the greatest.
    """
    top = np.repeat(np.maximum.reduceat(rows, starts, 0), np.diff(starts, append=len(rows)), 0)
    numbers = np.arange(len(rows))[:, None]
    found: Array = np.minimum.reduceat(np.where((rows == top) | (rows != rows), numbers, len(rows)), starts, 0)
    return found
