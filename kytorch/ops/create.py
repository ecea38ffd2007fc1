"""Tensors made from nothing, from data, and at random."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.dims import positive_sizes
from kytorch.tensor.values import Array, Nested, checked_dtype


def tensor(data: Tensor | Nested, dtype: npt.DTypeLike | None = None) -> Tensor:
    """A constant Tensor of a copy of `data`."""
    return Tensor(data, dtype)


def from_numpy(array: Array) -> Tensor:
    """A Tensor that shares the memory of `array`: writing to the array afterwards changes the Tensor.

    Raises TypeError for what is no array of real numbers. `Tensor(array)` copies, which is safe.
    """
    if not hasattr(array, "dtype"):
        raise TypeError(f"from_numpy: expected an array, not {type(array).__name__}")
    checked_dtype("from_numpy", array.dtype)
    return make(array[...].view(), CONSTANT)


def zeros(*shape: int | Sequence[int], dtype: npt.DTypeLike = np.float32) -> Tensor:
    """Zeros."""
    return make(np.zeros(positive_sizes("zeros", shape), checked_dtype("zeros", dtype)), CONSTANT)


def ones(*shape: int | Sequence[int], dtype: npt.DTypeLike = np.float32) -> Tensor:
    """Ones."""
    return make(np.ones(positive_sizes("ones", shape), checked_dtype("ones", dtype)), CONSTANT)


def full(shape: Sequence[int], value: float, dtype: npt.DTypeLike | None = None) -> Tensor:
    """`value` everywhere; the dtype is that of Tensor(value)."""
    one = Tensor(value, dtype)
    return make(np.full(positive_sizes("full", (shape,)), one._data), CONSTANT)


def arange(start: float, end: float | None = None, step: float = 1, dtype: npt.DTypeLike | None = None) -> Tensor:
    """The numbers from `start` (0 if it is the only argument) to below `end`; float32 unless all are integers."""
    first, last = (0, start) if end is None else (start, end)
    if not step or (last - first) / step < 0:
        raise ValueError(f"arange: cannot go from {first} to {last} in steps of {step}")
    integers = all(isinstance(x, (int, np.integer)) for x in (first, last, step))
    if dtype is None:
        dtype = np.int64 if integers else np.float32
    return make(np.arange(first, last, step).astype(checked_dtype("arange", dtype)), CONSTANT)
