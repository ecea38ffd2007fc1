"""What the recurrent kernels share.

Of a sequence of T steps, `states` of shape (T + 1, batch, features) are the hidden states before, between and after
the steps, in the order of processing. What gates take and give has shape (gates, T, batch, features). In memory a
large layer's gates lie apart, so that each is one block; those of a small one lie side by side in each row, so that a
product makes them all. `held` of shape (T, batch, 1), or None, says which sequences a step leaves as they are.

The steps are gone through on one thread: theirs are many small calls of NumPy, for which threads wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from kytorch.kernels.blas import one_thread
from kytorch.kernels.matmul import dot
from kytorch.kernels.threads import each, number_of_threads

Array: TypeAlias = npt.NDArray[Any]

# A block of steps has about so many elements of the gates, and stays in cache.
_BLOCK = 1 << 16
# From so many steps on, a weight is laid out anew, so that each step's product is faster.
_MANY = 4
# The multiply-adds of a product that is fast without being packed, and the columns of one operand.
_SMALL = 600_000
_COLUMNS = (64, 32)
# From so many multiply-adds on, threads share a product.
_SHARED = 1 << 24


def apart(batch: int, n: int) -> bool:
    """Whether the gates of a layer of `n` features lie apart."""
    return batch > 1 and batch * n * n > _SMALL and not n % _COLUMNS[-1]


def empty(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """An array of shape (gates, T, batch, features), as it is to lie in memory."""
    gates, steps, batch, n = shape
    if apart(batch, n):
        return np.empty(shape, dtype)
    return np.empty((steps, batch, gates, n), dtype).transpose(2, 0, 1, 3)


def by_step(gates: Array) -> Array:
    """What products take and give in each step: (T, gates, batch, n) if gates lie apart, else (T, batch, gates n)."""
    count, steps, batch, n = gates.shape
    if apart(batch, n):
        return gates.swapaxes(0, 1)
    return gates.transpose(1, 2, 0, 3).reshape(steps, batch, count * n)


def side_by_side(gates: Array) -> list[Array]:
    """Matrices (T, batch, columns) that have all gates in order."""
    return list(gates) if apart(*gates.shape[2:]) else [by_step(gates)]


def by_gate(weight: Array, gates: int) -> Array:
    """A weight of shape (gates times features, k), or a bias, as (gates, features, k)."""
    return weight.reshape(gates, len(weight) // gates, *weight.shape[1:])


def projected(x: Array, w_ih: Array, bias: Array | None, gates: int) -> Array:
    """x w_ih^T + bias for all steps at once: (T, batch, features) to (gates, T, batch, features of the state)."""
    steps, batch, _ = x.shape
    n = len(w_ih) // gates
    rows = _rows(x)
    if not apart(batch, n):
        flat = dot(rows, w_ih.T)
        if bias is not None:
            flat += bias
        return flat.reshape(steps, batch, gates, n).transpose(2, 0, 1, 3)
    y = np.empty((gates, steps, batch, n), x.dtype)
    weights, biases = by_gate(w_ih, gates), None if bias is None else by_gate(bias, gates)

    def project(gate: int) -> None:
        out = _rows(y[gate])
        np.matmul(rows, weights[gate].T, out)
        if biases is not None:
            np.add(out, biases[gate], out)

    with one_thread():
        each(project, range(gates), number_of_threads() if rows.size * len(w_ih) >= _SHARED else 1)
    return y


def product_by(matrix: Array, rows: int, steps: int) -> Callable[[Array, Array], object]:
    """A function of x, (rows, k), and out, (rows, n), which it fills with x times `matrix`, (k, n), for many steps."""
    if _tile(rows, *matrix.shape) is not None:
        multiply = products_by(matrix[None, None], rows, steps)
        return lambda x, out: multiply(x, out[None])
    whole = _contiguous(matrix) if steps >= _MANY else matrix
    return lambda x, out: np.dot(x, whole, out)


def _tile(rows: int, k: int, n: int) -> tuple[int, int] | None:
    """The columns of a tile and the cuts of the rows; None if a matrix is fast as it is."""
    if rows == 1 or rows * k * n <= _SMALL:
        return None
    sizes = ((wide, cuts) for cuts in (1, 2, 4, 8) for wide in _COLUMNS if not n % wide and not k % cuts)
    return next((size for size in sizes if rows * k * size[0] <= size[1] * _SMALL), None)


def gates_product(matrices: Array, batch: int, n: int, steps: int) -> Callable[[Array, Array], object]:
    """The product by `matrices`, (terms, gates, k, m), of what `by_step` gives of gates of `n` features."""
    if apart(batch, n):
        return products_by(matrices, batch, steps)
    terms, gates, k, m = matrices.shape
    return product_by(matrices.transpose(0, 2, 1, 3).reshape(terms * k, gates * m), batch, steps)


def products_by(matrices: Array, rows: int, steps: int) -> Callable[[Array, Array], None]:
    """A function of x, (terms, rows, k), and out, (gates, rows, n), which it fills with the sum over the terms of x
    times `matrices`, (terms, gates, k, n), for many steps.

    OpenBLAS with AVX-512 does products of up to a million multiply-adds unpacked, in half the time, if their operands
    are contiguous; without, this costs nothing. So the matrices are cut into tiles of columns, and of rows if those are
    many, and the products of the latter are added.
    """
    terms, gates, k, n = matrices.shape
    columns, cuts = _tile(rows, k, n) or (n, 1)
    across = n // columns
    tiles = matrices.reshape(terms, gates, cuts, k // cuts, across, columns).transpose(0, 2, 1, 4, 3, 5)
    if steps >= _MANY:
        tiles = _contiguous(tiles)

    def multiply(x: Array, out: Array) -> None:
        parts = out if terms * cuts == 1 else np.empty_like(out, order="C", shape=(terms * cuts, *out.shape))
        np.matmul(
            x.reshape(terms, rows, cuts, 1, 1, k // cuts).transpose(0, 2, 3, 4, 1, 5),
            tiles,
            parts.reshape(terms, cuts, gates, rows, across, columns).swapaxes(3, 4),
        )
        if terms * cuts > 1:
            np.add.reduce(parts, 0, out=out)

    return multiply


def _contiguous(tiles: Array) -> Array:
    """A copy of matrices in the last two axes, by rows."""
    if tiles.strides[-1] <= tiles.strides[-2]:
        return np.ascontiguousarray(tiles)
    # Each is transposed within the cache.
    columns = np.ascontiguousarray(tiles.swapaxes(-1, -2))
    y = np.empty_like(tiles, order="C")
    for tile in np.ndindex(y.shape[:-2]):
        y[tile] = columns[tile].T
    return y


def blocks(array: Array) -> Iterator[slice]:
    """Parts of the steps, the last first, each small enough for the cache."""
    steps = len(array)
    size = max(1, _BLOCK * steps // max(array.size, 1))
    for end in range(steps, 0, -size):
        yield slice(max(end - size, 0), end)


def _rows(x: Array) -> Array:
    return x.reshape(x.shape[0] * x.shape[1], x.shape[2])
