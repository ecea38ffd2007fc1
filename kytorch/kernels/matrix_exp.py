"""The exponential of a matrix, by Pade's approximation, scaling and squaring.

Nicholas Higham, "The scaling and squaring method for the matrix exponential revisited", 2005.
"""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.blas import one_thread
from kytorch.kernels.matmul import matmul

Array = npt.NDArray[Any]

# Up to which 1-norm the approximation of a degree is exact in double and in single precision.
DOUBLE = {3: 1.495585217958292e-2, 5: 2.539398330063230e-1, 7: 9.504178996162932e-1, 9: 2.097847961257068e0,
          13: 5.371920351148152e0}  # fmt: skip
SINGLE = {3: 4.258730016922831e-1, 5: 1.880152677804762e0, 7: 3.925724783138660e0}


def matrix_exp(x: Array) -> Array:
    """The exponentials of a batch of square matrices."""
    if not x.size:
        return x.copy()
    norm = np.abs(x).sum(-2).max(-1)
    bounds = SINGLE if x.dtype == np.float32 else DOUBLE
    most = float(norm.max())
    degree = next((m for m, bound in bounds.items() if most <= bound), max(bounds))
    if most <= bounds[degree]:
        return _pade(x, degree)
    # Each matrix is squared as often as its own norm asks for.
    times = np.where(np.isfinite(norm), np.maximum(np.frexp(norm / bounds[degree])[1], 0), 0)
    y = _pade(np.ldexp(x, -times[..., None, None]), degree)
    for i in range(int(times.max())):
        if y.ndim == 2:
            y = matmul(y, y)
        else:
            often = times > i
            y[often] = matmul(y[often], y[often])
    return y


def _pade(x: Array, degree: int) -> Array:
    """p(x) / p(-x), for the polynomial of Pade's approximation of the exponential, of this degree."""
    b = [factorial(2 * degree - i) * factorial(degree) / (factorial(2 * degree) * factorial(degree - i) * factorial(i))
         for i in range(degree + 1)]  # fmt: skip
    eye = np.eye(x.shape[-1], dtype=x.dtype)
    x2 = matmul(x, x)
    if degree < 13:
        even, odd, power = b[0] * eye, b[1] * eye, x2
        for i in range(2, degree, 2):
            even, odd = even + b[i] * power, odd + b[i + 1] * power
            power = matmul(power, x2) if i + 2 < degree else power
    else:
        x4 = matmul(x2, x2)
        x6 = matmul(x4, x2)
        even = matmul(x6, b[12] * x6 + b[10] * x4 + b[8] * x2) + b[6] * x6 + b[4] * x4 + b[2] * x2 + b[0] * eye
        odd = matmul(x6, b[13] * x6 + b[11] * x4 + b[9] * x2) + b[7] * x6 + b[5] * x4 + b[3] * x2 + b[1] * eye
    odd = matmul(x, odd)
    with one_thread():
        y: Array = np.linalg.solve(even - odd, even + odd)
    return y
