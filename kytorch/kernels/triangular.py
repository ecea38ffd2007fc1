"""Systems of equations with triangular matrices, on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.blas import one_thread
from kytorch.kernels.matmul import matmul

Array = npt.NDArray[Any]

# Systems of up to this size are left to LAPACK's solver of any matrix, as NumPy has none of triangular ones.
SMALL = 32


def solve(a: Array, b: Array, upper: bool, unit: bool) -> Array:
    """The x of a x = b, where only a triangle of `a` is read, nor its diagonal if it is of ones.

    By halves: the equations with the unknowns of one half alone are solved first, and all else is a matrix product.
    """
    n = a.shape[-1]
    if n <= SMALL or a.ndim < 2:
        read = np.triu(a) if upper else np.tril(a)
        if unit:
            diagonal = np.arange(n)
            read[..., diagonal, diagonal] = 1
        with one_thread():
            return np.linalg.solve(read, b)
    half = n // 2
    above, below = slice(None, half), slice(half, None)
    first, last = (below, above) if upper else (above, below)
    x = solve(a[..., first, first], b[..., first, :], upper, unit)
    y = solve(a[..., last, last], b[..., last, :] - matmul(a[..., last, first], x), upper, unit)
    return np.concatenate([y, x] if upper else [x, y], -2)
