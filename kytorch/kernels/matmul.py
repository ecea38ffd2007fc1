"""Matrix products that are the same bit for bit on any number of threads.

BLAS computes on one thread; a big product is made in pieces, some rows or columns, or some matrices of a batch, that
kytorch's own threads share. The pieces depend on the shapes alone: some of BLAS's kernels add up an element in another
order when it is computed beside others.
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
# From so many on a product is made in so many pieces: fewer leave threads idle, more cost a little on one thread.
_PIECES = ((1 << 30, 8), (1 << 28, 4), (1 << 25, 2))
# A product's rows and columns are cut at multiples of this, which BLAS's kernels compute at once.
_TILE = 96


def dot(a: Array, b: Array) -> Array:
    """The product of two matrices."""
    rows, inner = a.shape
    columns = b.shape[1]
    work = rows * inner * columns
    y: Array
    if work <= _ALONE:
        y = a.dot(b)
        return y
    pieces = _number_of_pieces(work)
    with one_thread():
        if pieces == 1:
            y = a.dot(b)
            return y
        y = np.empty_like(a, np.result_type(a, b), "C", shape=(rows, columns))
        if rows >= columns:
            each(lambda s: _multiply(a[s], b, y[s]), _cuts(rows, pieces, _TILE), number_of_threads())
        else:
            each(lambda s: _multiply(a, b[:, s], y[:, s]), _cuts(columns, pieces, _TILE), number_of_threads())
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
    pieces = _number_of_pieces(math.prod((*batch, *a.shape[-2:], b.shape[-1])))
    with one_thread():
        if pieces == 1 or batch[0] == 1:
            y = np.matmul(a, b)
            return y
        y = np.empty_like(a, np.result_type(a, b), "C", shape=(*batch, a.shape[-2], b.shape[-1]))
        a, b = (np.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (a, b))
        each(lambda s: _multiply(a[s], b[s], y[s]), _cuts(batch[0], pieces, 1), number_of_threads())
    return y


def _multiply(a: Array, b: Array, out: Array) -> None:
    np.matmul(a, b, out=out)


def _number_of_pieces(work: int) -> int:
    return next((pieces for least, pieces in _PIECES if work >= least), 1)


def _cuts(size: int, pieces: int, tile: int) -> list[slice]:
    """About `pieces` of them, of about the same size."""
    step = max(1, round(size / (pieces * tile))) * tile
    return [slice(start, start + step) for start in range(0, size, step)]
