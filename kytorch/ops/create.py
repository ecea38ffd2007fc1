"""Tensors made from nothing and from data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from kytorch.tensor.core import CONSTANT, A, LeafGradFn, Tensor, make
from kytorch.tensor.dims import positive_sizes
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.holder import ArrayHolder
from kytorch.tensor.values import Array, Nested, checked_dtype


def tensor(data: Tensor | Nested, dtype: npt.DTypeLike | None = None, *, requires_grad: bool = False) -> Tensor:
    """A Tensor of a copy of `data`: a constant, or with `requires_grad` an input to differentiate with respect to.

    Raises TypeError for an input of integers or bool.
    """
    made = Tensor(data, dtype)
    if not requires_grad:
        return made
    if made.dtype.kind != "f":
        raise TypeError(f"tensor: dtype {made.dtype} has no derivative; pass floats, or dtype=")
    return make(made._data, LeafGradFn())


def from_numpy(array: Array) -> Tensor:
    """A Tensor that shares the memory of `array`: writing to the array afterwards changes the Tensor.

    Raises TypeError for what is no array of real numbers. `Tensor(array)` copies, which is safe.
    """
    if not hasattr(array, "dtype"):
        raise TypeError(f"from_numpy: expected an array, not {type(array).__name__}")
    checked_dtype("from_numpy", array.dtype)
    return make(array[...].view(), CONSTANT)


class SupportsDLPack(Protocol):
    """What can be taken over without copying, from whichever library."""

    def __dlpack__(self, *, stream: None = ...) -> Any:  # a capsule, which Python has no type for before 3.13
        """The array, wrapped for others."""

    def __dlpack_device__(self) -> tuple[int, int]:
        """Where it lies."""


def from_dlpack(array: SupportsDLPack) -> Tensor:
    """A Tensor that shares the memory of `array`, of any library that speaks DLPack and of real numbers on the CPU.

    Writing to the array afterwards changes the Tensor. Raises TypeError for what does not speak DLPack.
    """
    if not hasattr(array, "__dlpack__"):
        raise TypeError(f"from_dlpack: expected what speaks DLPack, not {type(array).__name__}")
    return from_numpy(np.from_dlpack(array))


def zeros(*shape: int | Sequence[int], dtype: npt.DTypeLike = np.float32) -> Tensor:
    """Zeros."""
    return make(np.zeros(positive_sizes("zeros", shape), checked_dtype("zeros", dtype)), CONSTANT)


def ones(*shape: int | Sequence[int], dtype: npt.DTypeLike = np.float32) -> Tensor:
    """Ones."""
    return make(np.ones(positive_sizes("ones", shape), checked_dtype("ones", dtype)), CONSTANT)


def empty(*shape: int | Sequence[int], dtype: npt.DTypeLike = np.float32) -> Tensor:
    """Numbers that mean nothing: what was in memory."""
    return make(np.empty(positive_sizes("empty", shape), checked_dtype("empty", dtype)), CONSTANT)


def full(shape: Sequence[int], value: float, dtype: npt.DTypeLike | None = None) -> Tensor:
    """`value` everywhere; the dtype is that of Tensor(value)."""
    one = Tensor(value, dtype)
    return make(np.full(positive_sizes("full", (shape,)), one._data), CONSTANT)


def zeros_like(x: A, dtype: npt.DTypeLike | None = None) -> A:
    """Zeros, with the shape and dtype of `x`."""
    return full_like(x, 0, dtype)


def ones_like(x: A, dtype: npt.DTypeLike | None = None) -> A:
    """Ones, with the shape and dtype of `x`."""
    return full_like(x, 1, dtype)


def empty_like(x: A, dtype: npt.DTypeLike | None = None) -> A:
    """Numbers that mean nothing, with the shape and dtype of `x`."""
    target = None if dtype is None else checked_dtype("empty_like", dtype)
    if isinstance(x, Tensor):
        return make(np.empty_like(x._data, target), CONSTANT)
    if isinstance(x, ArrayHolder) or not hasattr(x, "dtype"):
        raise not_tensors("empty_like", x)
    return np.empty_like(x, target)


def full_like(x: A, value: float, dtype: npt.DTypeLike | None = None) -> A:
    """`value` everywhere, with the shape and dtype of `x`."""
    target = None if dtype is None else checked_dtype("full_like", dtype)
    if isinstance(x, Tensor):
        return make(np.full_like(x._data, value, target), CONSTANT)
    if isinstance(x, ArrayHolder) or not hasattr(x, "dtype"):
        raise not_tensors("full_like", x)
    return np.full_like(x, value, target)


def eye(n: int, m: int | None = None, dtype: npt.DTypeLike = np.float32) -> Tensor:
    """The (n, m) matrix, m = n if not given, of 1 on its diagonal and 0 elsewhere."""
    rows, columns = positive_sizes("eye", (n, n if m is None else m))
    return make(np.eye(rows, columns, dtype=checked_dtype("eye", dtype)), CONSTANT)


def arange(start: float, end: float | None = None, step: float = 1, dtype: npt.DTypeLike | None = None) -> Tensor:
    """The numbers from `start` (0 if it is the only argument) to below `end`; float32 unless all are integers."""
    first, last = (0, start) if end is None else (start, end)
    if not step or (last - first) / step < 0:
        raise ValueError(f"arange: cannot go from {first} to {last} in steps of {step}")
    integers = all(isinstance(x, (int, np.integer)) for x in (first, last, step))
    if dtype is None:
        dtype = np.int64 if integers else np.float32
    return make(np.arange(first, last, step).astype(checked_dtype("arange", dtype)), CONSTANT)


def linspace(start: float, end: float, steps: int, dtype: npt.DTypeLike = np.float32) -> Tensor:
    """`steps` numbers from `start` to `end`, both included, at equal distances."""
    [count] = positive_sizes("linspace", (steps,))
    return make(np.linspace(start, end, count).astype(checked_dtype("linspace", dtype)), CONSTANT)


def logspace(start: float, end: float, steps: int, base: float = 10.0, dtype: npt.DTypeLike = np.float32) -> Tensor:
    """`steps` numbers from base^start to base^end, both included, at equal ratios."""
    [count] = positive_sizes("logspace", (steps,))
    return make(np.logspace(start, end, count, base=base).astype(checked_dtype("logspace", dtype)), CONSTANT)


def tril_indices(row: int, col: int, offset: int = 0) -> Tensor:
    """Where a (row, col) matrix is on or below diagonal `offset`: rows and columns, of shape (2, n)."""
    rows, columns = positive_sizes("tril_indices", (row, col))
    return make(np.stack(np.tril_indices(rows, offset, columns)).astype(np.int64), CONSTANT)


def triu_indices(row: int, col: int, offset: int = 0) -> Tensor:
    """Where a (row, col) matrix is on or above diagonal `offset`: rows and columns, of shape (2, n)."""
    rows, columns = positive_sizes("triu_indices", (row, col))
    return make(np.stack(np.triu_indices(rows, offset, columns)).astype(np.int64), CONSTANT)
