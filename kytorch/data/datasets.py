"""Datasets: what has a length and gives the item at an index."""

from __future__ import annotations

import math
import operator
from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Protocol, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from kytorch.tensor.core import Tensor
from kytorch.tensor.random import generator_or_default
from kytorch.tensor.values import Array

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Indices: TypeAlias = npt.NDArray[np.intp]
_NUMBERS = (int, float, np.integer, np.floating)


class Dataset(Protocol[T_co]):
    """What has a length and an item for each index from 0 on: a base class, or whatever has both, such as a list."""

    __slots__ = ()

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __getitem__(self, index: int, /) -> T_co: ...


class TensorDataset(Dataset[tuple[Tensor, ...]]):
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

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        return tuple([x[operator.index(index)] for x in self.tensors])


class ConcatDataset(Dataset[T_co]):
    """The items of several datasets, one behind the other; `cumulative_sizes` are the lengths up to each one's end."""

    __slots__ = ("cumulative_sizes", "datasets")

    def __init__(self, datasets: Iterable[Dataset[T_co]]) -> None:
        if not isinstance(datasets, Iterable):
            raise TypeError(f"ConcatDataset: datasets are to be several in a list, not {type(datasets).__name__}")
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset: expected at least one dataset")
        for dataset in self.datasets:
            check_dataset("ConcatDataset", dataset)
        self.cumulative_sizes = list(accumulate(map(len, self.datasets)))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> T_co:
        n, i = len(self), operator.index(index)
        if not -n <= i < n:
            raise IndexError(f"ConcatDataset: index {i} is out of range for {n} items")
        i %= n
        part = bisect_right(self.cumulative_sizes, i)
        dataset = self.datasets[part]
        return dataset[i - self.cumulative_sizes[part] + len(dataset)]


class Subset(Dataset[T_co]):
    """The items of `dataset` at `indices`, negative ones from its end. Raises IndexError for one out of range."""

    __slots__ = ("dataset", "indices")

    def __init__(self, dataset: Dataset[T_co], indices: Sequence[int] | Indices) -> None:
        check_dataset("Subset", dataset)
        self.dataset = dataset
        chosen, n = indices_of("Subset", indices), len(dataset)
        wrong = chosen[(chosen < -n) | (chosen >= n)]
        if wrong.size:
            raise IndexError(f"Subset: index {wrong[0]} is out of range for a dataset of {n} items")
        self.indices: Indices = np.where(chosen < 0, chosen + n, chosen)
        self.indices.setflags(write=False)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> T_co:
        return self.dataset[int(self.indices[operator.index(index)])]


def random_split(
    dataset: Dataset[T], lengths: Sequence[float], generator: np.random.Generator | None = None
) -> list[Subset[T]]:
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


def check_dataset(operation: str, dataset: Dataset[object]) -> None:
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


def indices_of(operation: str, indices: Sequence[int] | Indices) -> Indices:
    """A new array of `indices`. Raises TypeError for what is no sequence of ints."""
    return numbers_of(operation, "indices", "ints", "iu", indices).astype(np.intp)


def numbers_of(operation: str, name: str, kind: str, kinds: str, values: object) -> Array:
    """`values` as an array. Raises TypeError for what is no sequence of numbers of NumPy's `kinds`."""
    try:
        array = np.asarray(values)
    except ValueError:  # lists of different lengths
        array = np.asarray(values, object)
    if array.ndim != 1 or (array.size and array.dtype.kind not in kinds):
        found = f"{array.dtype} of shape {array.shape}"
        raise TypeError(f"{operation}: {name} are to be a sequence of {kind}, not {found}")
    return array


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
        return [size + (i < left) for i, size in enumerate(sizes)]
    if sum(lengths) != n:
        raise ValueError(f"random_split: lengths {list(lengths)} add up to {sum(lengths)}, not to the {n} items")
    return [int(x) for x in lengths]
