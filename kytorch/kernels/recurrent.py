"""What the recurrent kernels share.

Of a sequence of T steps, `states` of shape (T + 1, batch, features) are the hidden states before, between and after
the steps, in the order of processing. `held` of shape (T, batch, 1), or None, says which sequences a step leaves as
they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]

# A block of steps has about so many elements of the gates, and stays in cache.
_BLOCK = 1 << 16
# From so many steps on, a weight is laid out anew, so that each step's product is faster.
_MANY = 4
# The multiply-adds of a product that is fast without being packed, and the columns of one operand.
_SMALL = 600_000
_COLUMNS = 64


def projected(x: Array, w_ih: Array, bias: Array | None) -> Array:
    """x w_ih^T + bias for all steps at once: (T, batch, features) to (T, batch, gates)."""
    steps, batch, features = x.shape
    y: Array = np.dot(x.reshape(steps * batch, features), w_ih.T)
    if bias is not None:
        y += bias
    return y.reshape(steps, batch, len(w_ih))


def product_by(matrix: Array, rows: int, steps: int) -> Callable[[Array, Array], object]:
    """A function of x, (rows, k), and out, (rows, n), which it fills with x times `matrix`, (k, n), for many steps.

    OpenBLAS with AVX-512 does products of up to a million multiply-adds unpacked, in half the time, if their operands
    are contiguous; without, this costs nothing. So the matrix is cut into tiles of columns, and of rows if those are
    many, and the products of the latter are added.
    """
    k, n = matrix.shape
    if steps < _MANY:
        return lambda x, out: np.dot(x, matrix, out)
    cuts = next((cuts for cuts in (1, 2, 4, 8) if rows * k * _COLUMNS <= cuts * _SMALL), None)
    if rows == 1 or rows * k * n <= _SMALL or n % _COLUMNS or cuts is None or k % cuts:
        by_rows = np.ascontiguousarray(matrix)
        return lambda x, out: np.dot(x, by_rows, out)
    across = n // _COLUMNS
    tiles = np.ascontiguousarray(matrix.reshape(cuts, k // cuts, across, _COLUMNS).swapaxes(1, 2))
    if cuts == 1:
        (tiles,) = tiles
        return lambda x, out: np.matmul(x, tiles, out.reshape(rows, across, _COLUMNS).swapaxes(0, 1))
    parts = np.empty((cuts, across, rows, _COLUMNS), matrix.dtype)

    def multiply(x: Array, out: Array) -> None:
        np.matmul(x.reshape(rows, cuts, 1, k // cuts).transpose(1, 2, 0, 3), tiles, parts)
        np.add.reduce(parts, 0, out=out.reshape(rows, across, _COLUMNS).swapaxes(0, 1))

    return multiply


def blocks(array: Array) -> Iterator[slice]:
    """Parts of the steps, the last first, each small enough for the cache."""
    steps = len(array)
    size = max(1, _BLOCK * steps // max(array.size, 1))
    for end in range(steps, 0, -size):
        yield slice(max(end - size, 0), end)


def weight_gradient(d: Array, x: Array) -> Array:
    """The sum over steps and batch of d x^T, by columns in memory: (gates, features)."""
    y: Array = np.dot(_rows(x).T, _rows(d)).T
    return y


def bias_gradient(d: Array) -> Array:
    """The sum of d over steps and batch."""
    rows = _rows(d)
    y: Array = np.dot(np.ones(len(rows), d.dtype), rows)
    return y


def input_gradient(d: Array, w_ih: Array) -> Array:
    """d w_ih of every step."""
    steps, batch, _ = d.shape
    y: Array = np.dot(_rows(d), w_ih)
    return y.reshape(steps, batch, w_ih.shape[1])


def _rows(x: Array) -> Array:
    return x.reshape(x.shape[0] * x.shape[1], x.shape[2])
