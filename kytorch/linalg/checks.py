"""What the operations on matrices demand of their operands, and their errors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from kytorch.kernels.blas import one_thread
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.core import A as V
from kytorch.tensor.operands import array_of
from kytorch.tensor.values import Array

F = TypeVar("F")


def floats(name: str, x: Tensor | Array) -> Array:
    """The array of `x`. Raises TypeError unless it is a Tensor or an array of float32 or float64."""
    data = array_of(name, x)
    if data.dtype.char not in "fd":
        raise TypeError(f"{name}: dtype {data.dtype}; matrices are of float32 or float64: x.to(kytorch.float32)")
    return data


def matrices(name: str, x: Tensor | Array) -> Array:
    """The array of `x`. Raises ValueError unless it is a matrix or a batch of matrices."""
    data = floats(name, x)
    if data.ndim < 2:
        raise ValueError(f"{name}: shape {data.shape} is no matrix; expected (..., n, m)")
    return data


def square(name: str, x: Tensor | Array) -> Array:
    """The array of `x`. Raises ValueError unless it is a square matrix or a batch of them."""
    data = matrices(name, x)
    if data.shape[-1] != data.shape[-2]:
        raise ValueError(f"{name}: shape {data.shape} is not square; expected (..., n, n)")
    return data


def which(wrong: Array) -> str:
    """The words for the first of a batch that is wrong."""
    if not wrong.ndim:
        return "the matrix"
    index = tuple([int(i) for i in np.argwhere(wrong)[0]])
    return f"matrix {index[0] if len(index) == 1 else index} of the batch"


def singular(name: str, x: Array) -> np.linalg.LinAlgError:
    """The error of a matrix that has no inverse."""
    sign, _ = np.linalg.slogdet(x)
    wrong = np.asarray(sign == 0)
    first = which(wrong) if wrong.any() else "a matrix"
    return np.linalg.LinAlgError(f"{name}: {first} is singular; linalg.pinv and linalg.lstsq take singular ones")


def decomposed(name: str, function: Callable[[Array], F], x: Array, whole: bool = True) -> F:
    """`function` of `x`. Raises numpy.linalg.LinAlgError if it does not converge, or `x` is not finite.

    If not `whole`, only a triangle of `x` is read, and the caller looks at the answer.
    """
    if whole and not math.isfinite(np.add.reduce(x, None)) and not np.isfinite(x).all():  # LAPACK may never end
        raise not_converged(name, np.asarray(~np.isfinite(x).all((-2, -1))), x)
    try:
        with one_thread():
            return function(x)
    except np.linalg.LinAlgError:
        raise not_converged(name, np.asarray(~np.isfinite(x).all((-2, -1))), x) from None


def not_converged(name: str, wrong: Array, x: Array) -> np.linalg.LinAlgError:
    """The error of a decomposition that failed, given which of the batch are suspected."""
    reason = "scaling the matrix may help"
    if wrong.any() and not np.isfinite(x).all():
        reason = f"{which(wrong)} is not finite"
    return np.linalg.LinAlgError(f"{name}: the iteration did not converge; {reason}")


def constant_like(array: Array, like: V) -> V:
    """`array`, as a constant Tensor if `like` is a Tensor."""
    return make(array, CONSTANT) if isinstance(like, Tensor) else array
