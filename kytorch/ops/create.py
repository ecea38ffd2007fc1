"""Tensors made from nothing and from data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from kytorch.tensor.core import CONSTANT, A, LeafGradFn, Tensor, make
from kytorch.tensor.dims import count_of, positive_sizes
from kytorch.tensor.operands import array_of
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


def zeros(size: int | Sequence[int] = (), *more: int, dtype: npt.DTypeLike = np.float32) -> Tensor:
    """Zeros. Raises ValueError for a negative size."""
    return make(np.zeros(positive_sizes("zeros", (size, *more)), checked_dtype("zeros", dtype)), CONSTANT)


def ones(size: int | Sequence[int] = (), *more: int, dtype: npt.DTypeLike = np.float32) -> Tensor:
    """Ones. Raises ValueError for a negative size."""
    return make(np.ones(positive_sizes("ones", (size, *more)), checked_dtype("ones", dtype)), CONSTANT)


def empty(size: int | Sequence[int] = (), *more: int, dtype: npt.DTypeLike = np.float32) -> Tensor:
    """Numbers that mean nothing: what was in memory. Raises ValueError for a negative size."""
    return make(np.empty(positive_sizes("empty", (size, *more)), checked_dtype("empty", dtype)), CONSTANT)


def full(size: Sequence[int], fill_value: float | Tensor, dtype: npt.DTypeLike | None = None) -> Tensor:
    """`fill_value`, a number or of shape (), everywhere; the dtype is that of Tensor(fill_value).

    Raises ValueError for a negative size.
    """
    one = Tensor(fill_value, dtype)
    _check_one("full", one)
    return make(np.full(positive_sizes("full", (size,)), one._data), CONSTANT)


def zeros_like(x: A, dtype: npt.DTypeLike | None = None) -> A:
    """Zeros, with the shape and dtype of `x`."""
    return _full_like("zeros_like", x, 0, dtype)


def ones_like(x: A, dtype: npt.DTypeLike | None = None) -> A:
    """Ones, with the shape and dtype of `x`."""
    return _full_like("ones_like", x, 1, dtype)


def empty_like(x: A, dtype: npt.DTypeLike | None = None) -> A:
    """Numbers that mean nothing, with the shape and dtype of `x`."""
    target = None if dtype is None else checked_dtype("empty_like", dtype)
    y = np.empty_like(array_of("empty_like", x), target)
    return make(y, CONSTANT) if isinstance(x, Tensor) else y


def full_like(x: A, fill_value: float | Tensor, dtype: npt.DTypeLike | None = None) -> A:
    """`fill_value`, a number or of shape (), everywhere, with the shape and dtype of `x`."""
    _check_one("full_like", fill_value)
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    return _full_like("full_like", x, value, dtype)


def _check_one(name: str, value: object) -> None:
    if shape := getattr(value, "shape", ()):
        raise ValueError(f"{name}: fill_value is a number or of shape (), not of shape {shape}")


def _numbers(name: str, *values: Any) -> list[Any]:
    """`values`, those of shape () as Python's numbers. Raises TypeError for what is no number."""
    numbers = [x.item() if isinstance(x, (Tensor, np.ndarray)) and not x.ndim else x for x in values]
    for x in numbers:
        if not isinstance(x, (int, float, np.number)):
            raise TypeError(f"{name}: expected numbers, not {type(x).__name__}")
    return numbers


def _full_like(name: str, x: A, value: float, dtype: npt.DTypeLike | None) -> A:
    target = None if dtype is None else checked_dtype(name, dtype)
    y = np.full_like(array_of(name, x), value, target)
    return make(y, CONSTANT) if isinstance(x, Tensor) else y


def eye(n: int, m: int | None = None, dtype: npt.DTypeLike = np.float32) -> Tensor:
    """The (n, m) matrix, m = n if not given, of 1 on its diagonal and 0 elsewhere."""
    rows, columns = positive_sizes("eye", (n, n if m is None else m))
    return make(np.eye(rows, columns, dtype=checked_dtype("eye", dtype)), CONSTANT)


def arange(
    start: float | None = None, end: float | None = None, step: float = 1, dtype: npt.DTypeLike | None = None
) -> Tensor:
    """The numbers from `start` (0 if there is only one) to below `end`; float32 unless all are integers.

    For an integer dtype the arguments are rounded toward 0. Raises ValueError for a step of 0, one that leads away
    from `end`, and what is not finite.
    """
    first, last = (0, start) if end is None else (0 if start is None else start, end)
    if last is None:
        raise TypeError("arange: no end; give one, as in arange(3) or arange(1, 3)")
    first, last, step = _numbers("arange", first, last, step)
    if not all(map(math.isfinite, (first, last, step))):
        raise ValueError(f"arange: cannot go from {first} to {last} in steps of {step}; expected finite numbers")
    if dtype is not None and np.issubdtype(checked_dtype("arange", dtype), np.integer):
        first, last, step = int(first), int(last), int(step)
    if not step or (last - first) / step < 0:
        raise ValueError(f"arange: cannot go from {first} to {last} in steps of {step}")
    integers = all(isinstance(x, (int, np.integer)) for x in (first, last, step))
    if dtype is None:
        dtype = np.int64 if integers else np.float32
    try:
        numbers = np.arange(first, last, step)
    except (ValueError, MemoryError):
        raise ValueError(f"arange: there is no room from {first} to {last} in steps of {step}") from None
    return make(numbers.astype(checked_dtype("arange", dtype)), CONSTANT)


def linspace(start: float, end: float, steps: int, dtype: npt.DTypeLike = np.float32) -> Tensor:
    """`steps` numbers from `start` to `end`, both included, at equal distances."""
    count = count_of("linspace", "steps", steps)
    start, end = _numbers("linspace", start, end)
    return make(np.linspace(start, end, count).astype(checked_dtype("linspace", dtype)), CONSTANT)


def logspace(start: float, end: float, steps: int, base: float = 10.0, dtype: npt.DTypeLike = np.float32) -> Tensor:
    """`steps` numbers from base^start to base^end, both included, at equal ratios."""
    count = count_of("logspace", "steps", steps)
    start, end, base = _numbers("logspace", start, end, base)
    return make(np.logspace(start, end, count, base=base).astype(checked_dtype("logspace", dtype)), CONSTANT)


def tril_indices(row: int, col: int, offset: int = 0) -> Tensor:
    """Where a (row, col) matrix is on or below diagonal `offset`: rows and columns, of shape (2, n)."""
    rows, columns = positive_sizes("tril_indices", (row, col))
    return make(np.stack(np.tril_indices(rows, offset, columns)).astype(np.int64), CONSTANT)


def triu_indices(row: int, col: int, offset: int = 0) -> Tensor:
    """Where a (row, col) matrix is on or above diagonal `offset`: rows and columns, of shape (2, n)."""
    rows, columns = positive_sizes("triu_indices", (row, col))
    return make(np.stack(np.triu_indices(rows, offset, columns)).astype(np.int64), CONSTANT)
