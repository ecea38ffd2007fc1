"""Indices as users write them: checked, and counted from 0."""

from __future__ import annotations

import numpy as np

from kytorch.tensor.core import Tensor
from kytorch.tensor.values import Array, Shape, lock


def integers(name: str, index: Tensor | Array) -> Array:
    """The integers of `index`, locked, in an array that a graph may keep. Raises for others."""
    if isinstance(index, Tensor):
        array = index._data
        if array.dtype == np.intp and array.ndim:
            return array
    elif hasattr(index, "dtype") and hasattr(index, "shape"):
        array = np.array(index)
    else:
        raise TypeError(f"{name}: the index is a Tensor or an array of integers, not {type(index).__name__}")
    if array.dtype.kind not in "iu":
        raise IndexError(f"{name}: an index is of integers, not {array.dtype}")
    array = np.asarray(array.astype(np.intp, copy=False))
    lock(array)
    return array


def _greatest(index: Array) -> int:
    """The greatest integer, and a very great one if one is negative, by which one comparison tells both."""
    unsigned = index.view(np.uintp)
    greatest: int = unsigned.item(unsigned.argmax())  # several times quicker than max for few elements
    return greatest


def from_zero(name: str, index: Array, n: int) -> Array:
    """`index` itself. Raises IndexError unless all of it is in [0, n)."""
    if index.size and _greatest(index) >= n:
        wrong = index[(index < 0) | (index >= n)].flat[0]
        raise IndexError(f"{name}: index {wrong} is out of range; it goes from 0 to {n - 1}")
    return index


def from_either_end(name: str, index: Array, n: int) -> Array:
    """`index` counted from the left. Raises IndexError outside [-n, n)."""
    if not index.size or _greatest(index) < n:
        return index
    out = (index < -n) | (index >= n)
    if out.any():
        raise IndexError(f"{name}: index {index[out].flat[0]} is out of range; it goes from {-n} to {n - 1}")
    counted: Array = index % n
    lock(counted)
    return counted


def fitting(name: str, dim: int, index: Array, shape: Shape) -> None:
    """Raises ValueError unless `index` has as many dimensions as `shape`, and none larger but `dim`."""
    if index.ndim != len(shape):
        raise ValueError(f"{name}: an index of shape {index.shape} for shape {shape}: as many dimensions are needed")
    if index.shape != shape and any(n > m for i, (n, m) in enumerate(zip(index.shape, shape)) if i != dim):
        raise ValueError(f"{name}: an index of shape {index.shape} is larger than {shape} outside dim {dim}")


def vector(name: str, index: Tensor | Array) -> Array:
    """The integers of `index`, of one dimension. Raises IndexError if it has more."""
    own = integers(name, index)
    if own.ndim > 1:
        raise IndexError(f"{name}: the index is a vector, not of shape {own.shape}")
    return own if own.ndim else own.reshape(1)
