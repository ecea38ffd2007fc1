"""Matrix products that are the same bit for bit on any number of threads.

BLAS computes on one thread; a big product is made in pieces, some rows or columns, or some matrices of a batch, that
kytorch's own threads share. The pieces depend on the shapes alone: some of BLAS's kernels add up an element in another
order when it is computed beside others. Of another BLAS than OpenBLAS nothing is known: it makes each product itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.blas import FOUND, one_thread
from kytorch.kernels.threads import each, number_of_threads

Array = npt.NDArray[Any]

# Up to here, in multiplications, OpenBLAS uses one thread anyway: with two matrices, and with a vector.
_ALONE = 1 << 18
ALONE_WITH_VECTOR = 9216
# From so many on a product is made in so many pieces: fewer leave threads idle, more cost a little on one thread.
SHARED = 1 << 25
_PIECES = ((1 << 30, 8), (1 << 28, 4), (SHARED, 2))
# A product's rows and columns are cut at multiples of this, which BLAS's kernels compute at once.
_TILE = 96


def dot(a: Array, b: Array) -> Array:
    """NumPy's `dot` of matrices and vectors."""
    y: Array
    if a.ndim == b.ndim == 2:  # what is small is many
        work = a.size * b.shape[1]
        if work <= ALONE_WITH_VECTOR or (work <= _ALONE and len(a) > 1 and b.shape[1] > 1):
            y = a.dot(b)
            return y
        if work < SHARED:
            with one_thread():
                y = a.dot(b)
            return y
    shape = a.shape[:-1] + b.shape[1:]
    work = a.shape[-1] * math.prod(shape)
    if work <= ALONE_WITH_VECTOR:
        y = a.dot(b)
        return y
    with one_thread():
        if len(shape) < 2 or _number_of_pieces(work) == 1:
            y = a.dot(b)
            return y
    y = np.empty_like(a, np.result_type(a, b), "C", shape=shape)
    multiply(a, b, y)
    return y


def matmul(a: Array, b: Array) -> Array:
    """NumPy's product of matrices, vectors or broadcast batches of matrices."""
    if 0 < a.ndim <= 2 and 0 < b.ndim <= 2 and a.shape[-1] == b.shape[0]:
        return dot(a, b)
    y: Array
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-2]:
        with one_thread():
            y = np.matmul(a, b)
        return y
    lead = a.shape[:-2]
    shape = (*(lead if lead == b.shape[:-2] else np.broadcast_shapes(lead, b.shape[:-2])), a.shape[-2], b.shape[-1])
    work = a.shape[-1] * math.prod(shape)
    if work <= ALONE_WITH_VECTOR:
        y = np.matmul(a, b)
        return y
    y = np.empty_like(a, np.result_type(a, b), "C", shape=shape)
    multiply(a, b, y)
    return y


def multiply(a: Array, b: Array, out: Array) -> None:
    """Write to `out`, of the answer's shape, the product of two matrices, or of batches of them that broadcast."""
    *lead, rows, columns = out.shape
    pieces = _number_of_pieces(a.shape[-1] * out.size)
    with one_thread():
        if lead:
            pieces = min(pieces, lead[0])
        if pieces <= 1:  # 0 of an empty batch
            np.matmul(a, b, out=out)
        elif lead:
            a, b = (np.broadcast_to(x, (*lead, *x.shape[-2:])) for x in (a, b))
            _share((a[s], b[s], out[s]) for s in _cuts(lead[0], pieces, 1))
        elif rows >= columns:
            _share((a[s], b, out[s]) for s in _cuts(rows, pieces, _TILE))
        else:
            _share((a, b[:, s], out[:, s]) for s in _cuts(columns, pieces, _TILE))


def multiply_transposed(a: Array, out: Array) -> None:
    """Write a a^T of a matrix to `out`, at half the price of a product: what is symmetric is computed once."""
    half = len(a) // (2 * _TILE) * _TILE
    with one_thread():
        if not half or _number_of_pieces(a.size * len(a)) == 1:
            np.matmul(a, a.T, out=out)
            return
        above, below = a[:half], a[half:]
        # The one that takes longest comes first.
        _share(
            (
                (below, above.T, out[half:, :half]),
                (below, below.T, out[half:, half:]),
                (above, above.T, out[:half, :half]),
            )
        )
    out[:half, half:] = out[half:, :half].T


def _share(products: Iterable[tuple[Array, Array, Array]]) -> None:
    each(_make, products, number_of_threads())


def _make(product: tuple[Array, Array, Array]) -> None:
    a, b, out = product
    np.matmul(a, b, out=out)


def _number_of_pieces(work: int) -> int:
    return next((pieces for least, pieces in _PIECES if work >= least), 1) if FOUND else 1


def _cuts(size: int, pieces: int, tile: int) -> list[slice]:
    """About `pieces` of them, of about the same size."""
    step = max(1, round(size / (pieces * tile))) * tile
    return [slice(start, start + step) for start in range(0, size, step)]
