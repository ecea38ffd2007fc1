"""The Newton-Schulz iteration that makes a matrix nearly orthogonal."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.matmul import dot, multiply, multiply_transposed

Array = npt.NDArray[Any]


def newton_schulz(x: Array, coefficients: tuple[float, float, float], steps: int, eps: float) -> Array:
    """U p(S) V^T of the matrix x = U S V^T, in a new array: S is divided by its 2-norm, which is at least `eps`, and
    then `steps` times becomes a S + b S^3 + c S^5 (Bernstein & Newhouse 2024, appendix A).
    """
    if x.shape[0] > x.shape[1]:
        return newton_schulz(x.T, coefficients, steps, eps).T
    a, b, c = coefficients
    most = float(np.abs(x).max(initial=0.0)) or 1.0  # the squares of x / most do not overflow
    y = x / most
    line = y.ravel("K")
    y /= max(math.sqrt(dot(line, line)), eps / most)
    gram, square = np.empty((2, len(y), len(y)), y.dtype)
    moved = np.empty_like(y)
    for _ in range(steps):
        multiply_transposed(y, gram)
        multiply_transposed(gram, square)  # as gram gram, at half the price
        square *= c
        gram *= b
        square += gram
        multiply(square, y, moved)
        y *= a
        y += moved
    return y
