"""Norms of arrays, as vectors, without overflow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels import reduce
from kytorch.kernels.blas import one_thread

Array = npt.NDArray[Any]

# So few float32 are squared in float64, in which nothing overflows, as one vector.
_FEW = 1024
_GREATEST = float(np.finfo(np.float32).max)
# Of each dtype, from where on a root has all its digits although it is of a sum of squares.
_LEAST = {char: math.sqrt(np.finfo(char).tiny) / float(np.finfo(char).eps) for char in "fd"}


def norm(x: Array, p: float, dims: tuple[int, ...], keepdim: bool) -> Array:
    """(sum |x|^p)^(1/p) over `dims`; float16 goes through float32."""
    if x.dtype.char == "e":
        return norm(x.astype(np.float32), p, dims, keepdim).astype(x.dtype)
    y: Array
    if p == 2:
        if type(x) is np.ndarray and x.dtype.char == "f" and x.size <= _FEW and len(dims) == x.ndim and not keepdim:
            line = x.astype(np.float64).reshape(-1)
            root = math.sqrt(line.dot(line))
            if root < _GREATEST:
                return np.array(root, x.dtype)
        with one_thread():
            y = _euclidean(x, dims, keepdim)
    elif p == 1:
        y = reduce.sum(np.abs(x), dims, keepdim)
    elif p == 0:
        y = reduce.sum(x != 0, dims, keepdim).astype(x.dtype)
    elif p in (math.inf, -math.inf):
        y = reduce.extreme(np.maximum if p > 0 else np.minimum, np.abs(x), dims, keepdim)
    else:
        with np.errstate(divide="ignore"):  # 0 to a negative power
            y = _scaled(x, p, dims)
        y = y if keepdim else y.reshape([n for i, n in enumerate(x.shape) if i not in dims])
    return y


@np.errstate(over="ignore")
def _euclidean(x: Array, dims: tuple[int, ...], keepdim: bool) -> Array:
    y: Array = np.sqrt(reduce.sum_of_squares(x, dims, keepdim))
    # What is squared may be too large or too small where its root is not.
    # The places are found sooner than the least and the greatest themselves.
    if y.size and not (y.item(y.argmin()) > _LEAST[x.dtype.char] and math.isfinite(y.item(y.argmax()))):
        scaled = _scaled(x, 2, dims)
        return scaled if keepdim else scaled.reshape(y.shape)
    return y


def _scaled(x: Array, p: float, dims: tuple[int, ...]) -> Array:
    """The norm of x / m times m, with m the greatest |x|, or for p < 0 the least; the dimensions are kept."""
    magnitude = np.abs(x)
    function = np.maximum if p > 0 else np.minimum
    scale: Array = function.reduce(magnitude, dims, keepdims=True, initial=0.0 if p > 0 else math.inf)
    scale = np.where((scale > 0) & (scale < math.inf), scale, np.ones_like(scale))
    total = reduce.sum((magnitude / scale) ** p, dims, True)
    y: Array = total ** (1 / p) * scale
    return y
