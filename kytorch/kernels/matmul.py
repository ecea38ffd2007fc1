"""Matrix products that are the same bit for bit on any number of threads.

BLAS computes on one thread; a big product's rows or columns, or a batch's matrices, are shared among kytorch's own. An
element of the product is made of one row and one column in one order, whichever others are computed beside it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.blas import one_thread
from kytorch.kernels.threads import each, number_of_threads

Array = npt.NDArray[Any]

# Up to here, in multiplications, OpenBLAS uses one thread anyway.
_ALONE = 1 << 18
# From here on a second thread pays.
_SHARED = 1 << 24
# A product's rows and columns are cut at multiples of this, which BLAS's kernels compute at once.
_TILE = 32


def dot(a: Array, b: Array) -> Array:
    """The product of two matrices."""
    rows, inner = a.shape
    columns = b.shape[1]
    work = rows * inner * columns
    y: Array
    if work <= _ALONE:
        y = a.dot(b)
        return y
    threads = number_of_threads() if work >= _SHARED else 1
    with one_thread():
        if threads == 1:
            y = a.dot(b)
            return y
        y = np.empty_like(a, np.result_type(a, b), "C", shape=(rows, columns))
        if rows >= columns:
            each(lambda s: _multiply(a[s], b, y[s]), _cuts(rows, threads), threads)
        else:
            each(lambda s: _multiply(a, b[:, s], y[:, s]), _cuts(columns, threads), threads)
    return y


def matmul(a: Array, b: Array) -> Array:
    """NumPy's product of matrices, vectors or broadcast batches of matrices."""
    if a.ndim == 2 and b.ndim == 2 and a.shape[1] == b.shape[0]:
        return dot(a, b)
    y: Array
    if a.ndim < 2 or b.ndim < 2 or max(a.ndim, b.ndim) == 2 or a.shape[-1] != b.shape[-2]:
        with one_thread():
            y = np.matmul(a, b)
        return y
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    threads = number_of_threads() if math.prod((*batch, *a.shape[-2:], b.shape[-1])) >= _SHARED else 1
    with one_thread():
        if threads == 1 or batch[0] == 1:
            y = np.matmul(a, b)
            return y
        y = np.empty_like(a, np.result_type(a, b), "C", shape=(*batch, a.shape[-2], b.shape[-1]))
        a, b = (np.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (a, b))
        each(lambda s: _multiply(a[s], b[s], y[s]), _cuts(batch[0], threads, 1), threads)
    return y


def _multiply(a: Array, b: Array, out: Array) -> None:
    np.matmul(a, b, out=out)


def _cuts(size: int, threads: int, tile: int = _TILE) -> list[slice]:
    """Pieces of about the same size, twice as many as threads, since not all are equally quick."""
    step = max(1, -(-size // (2 * threads * tile))) * tile
    return [slice(start, start + step) for start in range(0, size, step)]
