"""Datasets: what has a length and gives the item at an index."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from kytorch.ops.join import stack
from kytorch.tensor.core import Tensor
from kytorch.tensor.random import generator_or_default
from kytorch.tensor.values import Array

Item = tuple[Tensor, ...]
Indices = npt.NDArray[np.intp]
_NUMBERS = (int, float, np.integer, np.floating)


class Dataset(Protocol):
    """Anything with a length whose items are tuples of Tensors; a list of such tuples will do."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> tuple[Tensor, ...]: ...


class TensorDataset:
    """The examples of some Tensors: item i is the tuple of their i-th elements. An array is copied."""

    __slots__ = ("tensors",)

    def __init__(self, *tensors: Tensor | Array) -> None:
        self.tensors: tuple[Tensor, ...] = tuple([x if isinstance(x, Tensor) else Tensor(x) for x in tensors])
        shapes = [x.shape for x in self.tensors]
        if not shapes:
            raise ValueError("TensorDataset: expected at least one Tensor")
        if any(not shape or shape[0] != shapes[0][0] for shape in shapes):
            raise ValueError(f"TensorDataset: shapes {', '.join(map(str, shapes))} must begin with the same size")

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: int) -> Item:
        return tuple([x[operator.index(index)] for x in self.tensors])


class Subset:
    """The items of `dataset` at `indices`. Raises IndexError for one out of range."""

    __slots__ = ("dataset", "indices")

    def __init__(self, dataset: Dataset, indices: Sequence[int] | Indices) -> None:
        check_dataset("Subset", dataset)
        self.dataset = dataset
        chosen = np.array(indices)
        if chosen.ndim != 1 or (chosen.dtype.kind not in "iu" and chosen.size):
            raise TypeError(f"Subset: indices are to be a sequence of ints, not {chosen.dtype} of shape {chosen.shape}")
        self.indices: Indices = chosen.astype(np.intp)
        n = len(dataset)
        wrong = self.indices[(self.indices < -n) | (self.indices >= n)]
        if wrong.size:
            raise IndexError(f"Subset: index {wrong[0]} is out of range for a dataset of {n} items")
        self.indices.setflags(write=False)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Item:
        return self.dataset[int(self.indices[operator.index(index)])]


def random_split(
    dataset: Dataset, lengths: Sequence[float], generator: np.random.Generator | None = None
) -> list[Subset]:
    """Subsets of the given lengths, drawn at random, that share no item.

    The lengths are ints that add up to the dataset's, or fractions that add up to 1: each is rounded down, and what
    is left over goes to the first ones, one each. Raises ValueError if they do not add up.
    """
    check_dataset("random_split", dataset)
    check_generator("random_split", generator)
    n = len(dataset)
    sizes = _sizes(n, lengths)
    order = generator_or_default(generator).permutation(n)
    return [Subset(dataset, part) for part in np.split(order, np.cumsum(sizes)[:-1])]


def check_dataset(operation: str, dataset: Dataset) -> None:
    """Raise TypeError for what has no length or no items."""
    if isinstance(dataset, type) or not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__"):
        found = f"the class {dataset.__name__}" if isinstance(dataset, type) else type(dataset).__name__
        raise TypeError(f"{operation}: dataset is to have a length and items, as TensorDataset has, not {found}")


def check_generator(operation: str, generator: np.random.Generator | None) -> None:
    """Raise TypeError for what is no generator, such as a seed."""
    if generator is not None and not isinstance(generator, np.random.Generator):
        raise TypeError(
            f"{operation}: generator is to be a numpy.random.Generator, not {type(generator).__name__}; "
            "numpy.random.default_rng(seed) makes one"
        )


def _sizes(n: int, lengths: Sequence[float]) -> list[int]:
    if isinstance(lengths, str) or not hasattr(lengths, "__len__") or not hasattr(lengths, "__iter__"):
        raise TypeError(f"random_split: lengths is to be a list, such as [0.8, 0.2], not {type(lengths).__name__}")
    if not len(lengths):
        raise ValueError("random_split: expected at least one length")
    if any(isinstance(x, bool) or not isinstance(x, _NUMBERS) for x in lengths):
        raise TypeError(f"random_split: lengths are to be ints or fractions, not {list(lengths)!r}")
    if not all(x >= 0 for x in lengths):
        raise ValueError(f"random_split: lengths {list(lengths)} must not be negative")
    if not all(isinstance(x, (int, np.integer)) for x in lengths):
        if not math.isclose(sum(lengths), 1.0):
            raise ValueError(f"random_split: fractions {list(lengths)} add up to {sum(lengths)}, not to 1")
        sizes = [math.floor(n * x) for x in lengths]
        left = n - sum(sizes)
        return [size + left // len(sizes) + (i < left % len(sizes)) for i, size in enumerate(sizes)]
    if sum(lengths) != n:
        raise ValueError(f"random_split: lengths {list(lengths)} add up to {sum(lengths)}, not to the {n} items")
    return [int(x) for x in lengths]


def gather(dataset: Dataset, indices: Indices) -> Item:
    """The items at `indices`, stacked. Raises TypeError or ValueError if they do not stack."""
    if type(dataset) is Subset:  # a subclass may have items of its own
        return gather(dataset.dataset, dataset.indices[indices])
    if type(dataset) is TensorDataset:
        return tuple([x[indices] for x in dataset.tensors])
    items = [dataset[i] for i in indices.tolist()]
    for i, item in zip(indices, items):
        if not isinstance(item, tuple) or not all(isinstance(x, Tensor) for x in item):
            kind = type(item).__name__
            raise TypeError(f"DataLoader: item {i} of the dataset is to be a tuple of Tensors, not a {kind}")
        if len(item) != len(items[0]):
            raise ValueError(
                f"DataLoader: item {i} of the dataset has {len(item)} Tensors, item {indices[0]} has {len(items[0])}"
            )
    return tuple([stack(column) for column in zip(*items)])
