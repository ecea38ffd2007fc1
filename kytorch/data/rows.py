"""The items of a dataset, many at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TypeVar

import numpy as np

from kytorch.data.datasets import Dataset, Indices, Subset, TensorDataset
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.values import Array, lock

T = TypeVar("T")

# Small batches are views of a block of the epoch, of so many bytes: it stays in the cache, and a batch that is kept
# keeps no more than that alive. Rows that are consecutive are not gathered: those are views of the dataset.
_BLOCK = 1 << 18


def items_at(dataset: Dataset[T], indices: Indices) -> list[T]:
    """The items at `indices`; from a dataset with PyTorch's `__getitems__` all at once."""
    if type(dataset) is Subset:  # a subclass may have items of its own
        return items_at(dataset.dataset, dataset.indices[indices])
    at_once = getattr(dataset, "__getitems__", None)
    if at_once is None:
        return [dataset[i] for i in indices.tolist()]
    items: list[T] = list(at_once(indices.tolist()))
    if len(items) != len(indices):
        raise ValueError(f"DataLoader: __getitems__ gave {len(items)} items for {len(indices)} indices")
    return items


def tensors_of(dataset: Dataset[object]) -> tuple[tuple[Tensor, ...], Indices | None] | None:
    """The Tensors that the items are rows of, and which rows if not all in order; None for any other dataset."""
    if type(dataset) is TensorDataset:
        return dataset.tensors, None
    if type(dataset) is Subset and (found := tensors_of(dataset.dataset)) is not None:
        tensors, rows = found
        return tensors, dataset.indices if rows is None else rows[dataset.indices]
    return None


def rows_at(tensors: tuple[Tensor, ...], indices: Indices) -> tuple[Tensor, ...]:
    """The rows at `indices` of each Tensor."""
    return tuple([make(x._data[indices], CONSTANT) if x._grad_fn is CONSTANT else x[indices] for x in tensors])


def batches_of_rows(tensors: tuple[Tensor, ...], order: Indices, size: int) -> Iterator[tuple[Tensor, ...]]:
    """The rows in `order` of each Tensor, `size` at a time, the last batch maybe smaller."""
    if any(x._grad_fn is not CONSTANT for x in tensors):
        for start in range(0, len(order), size):
            yield rows_at(tensors, order[start : start + size])
        return
    arrays = [x._data for x in tensors]
    first = _first_of_run(order, len(arrays[0]))
    row = sum([math.prod(x.shape[1:]) * x.itemsize for x in arrays])
    step = size * max(1, _BLOCK // max(1, size * row))
    for start in range(0, len(order), step):
        n = min(step, len(order) - start)
        if first is None:
            blocks = [x[order[start : start + n]] for x in arrays]
            for block in blocks:
                lock(block)
        else:
            blocks = [x[first + start : first + start + n] for x in arrays]
        whole = n // size
        split = [x[: whole * size].reshape(whole, size, *x.shape[1:]) for x in blocks]
        for batch in zip(*split):
            yield tuple([_view(x) for x in batch])
        if n % size:
            yield tuple([_view(x[whole * size :]) for x in blocks])


def _first_of_run(order: Indices, n: int) -> int | None:
    """Where `order` begins, if it is consecutive rows of the `n` there are, which need not be gathered."""
    first, last = (int(order[0]), int(order[-1])) if len(order) else (0, -1)
    consecutive = 0 <= first <= last + 1 <= n and last - first == len(order) - 1 and bool((np.diff(order) == 1).all())
    return first if consecutive else None


def _view(array: Array) -> Tensor:
    """The Tensor of a view of a locked array, which is locked itself: `make` in a fifth of its time."""
    tensor = object.__new__(Tensor)
    tensor._data = array
    tensor._grad_fn = CONSTANT
    return tensor
