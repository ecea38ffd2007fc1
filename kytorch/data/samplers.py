"""Samplers: the order in which the items of a dataset are taken."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Generic, TypeGuard, TypeVar

import numpy as np
import numpy.typing as npt

from kytorch.data.datasets import Indices, check_generator, indices_of, numbers_of
from kytorch.tensor.core import Tensor
from kytorch.tensor.random import generator_or_default
from kytorch.tensor.values import Array

T_co = TypeVar("T_co", covariant=True)


class Sampler(ABC, Generic[T_co]):
    """The base class of samplers: each iteration gives the indices of one epoch, or lists of them, in order.

    One with a length gives a loader its length.
    """

    @abstractmethod
    def __iter__(self) -> Iterator[T_co]: ...


class SequentialSampler(Sampler[int]):
    """The indices of `data_source` in order."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = _sized("SequentialSampler", data_source)

    def __len__(self) -> int:
        return len(self.data_source)

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))


class SeededSampler(Sampler[int]):
    """A sampler whose order is a function of one number, which each iteration draws from `generator`, or the default.

    So one number is all that must be kept to go on in the middle of an epoch.
    """

    generator: np.random.Generator | None

    @abstractmethod
    def order(self, seed: int) -> Indices:
        """All indices of the epoch that `seed` stands for."""

    def __iter__(self) -> Iterator[int]:
        return iter(self.order(drawn_seed(self.generator)).tolist())


class RandomSampler(SeededSampler):
    """The indices of `data_source` at random: `num_samples` of them, by default as many as there are.

    Without `replacement` each comes once before any comes again; with it each draw is from all of them.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        check_generator("RandomSampler", generator)
        if num_samples is not None:
            num_samples = checked_count("RandomSampler", "num_samples", num_samples)
        self.data_source = _sized("RandomSampler", data_source)
        self.replacement = checked_flag("RandomSampler", "replacement", replacement)
        self.generator = generator
        self._num_samples = num_samples

    @property
    def num_samples(self) -> int:
        """The number of indices in an epoch."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __len__(self) -> int:
        return self.num_samples

    def order(self, seed: int) -> Indices:
        n, samples = len(self.data_source), self.num_samples
        if not n and samples:
            raise ValueError(f"RandomSampler: {samples} samples cannot be drawn from a data_source of no items")
        drawing = np.random.default_rng(seed)
        if self.replacement and n:
            return drawing.integers(n, size=samples).astype(np.intp, copy=False)
        rounds = [drawing.permutation(n) for _ in range(-(-samples // max(n, 1)))]
        return (rounds[0] if len(rounds) == 1 else np.concatenate([*rounds, np.arange(0)]))[:samples]


class SubsetRandomSampler(SeededSampler):
    """The given `indices`, each once, at random."""

    def __init__(self, indices: Sequence[int] | Indices, generator: np.random.Generator | None = None) -> None:
        check_generator("SubsetRandomSampler", generator)
        self.indices = indices_of("SubsetRandomSampler", indices)
        self.generator = generator

    def __len__(self) -> int:
        return len(self.indices)

    def order(self, seed: int) -> Indices:
        return self.indices[np.random.default_rng(seed).permutation(len(self.indices))]


class WeightedRandomSampler(SeededSampler):
    """`num_samples` of the indices 0, 1, ... of `weights`, drawn with probabilities in proportion to their weights.

    With `replacement` all draws are alike. Without, an index that was drawn is out of the draws that follow: that is
    the order of the arrivals of independent exponential clocks, whose rates are the weights (Efraimidis and Spirakis,
    2006, "Weighted random sampling with a reservoir").
    """

    def __init__(
        self,
        weights: Sequence[float] | Array | Tensor,
        num_samples: int,
        replacement: bool = True,
        generator: np.random.Generator | None = None,
    ) -> None:
        check_generator("WeightedRandomSampler", generator)
        self.weights = _checked_weights(weights)
        self.num_samples = checked_count("WeightedRandomSampler", "num_samples", num_samples)
        self.replacement = checked_flag("WeightedRandomSampler", "replacement", replacement)
        self.generator = generator
        possible = np.count_nonzero(self.weights)
        if not replacement and num_samples > possible:
            raise ValueError(
                f"WeightedRandomSampler: {num_samples} samples without replacement are more than the {possible} "
                "weights above 0"
            )

    def __len__(self) -> int:
        return self.num_samples

    def order(self, seed: int) -> Indices:
        drawing = np.random.default_rng(seed)
        if not self.replacement:
            with np.errstate(divide="ignore"):  # a clock of rate 0 never comes
                arrivals = np.log(drawing.standard_exponential(len(self.weights))) - np.log(self.weights)
            return np.argsort(arrivals)[: self.num_samples]
        below = np.cumsum(self.weights)
        drawn: Indices = np.searchsorted(below, drawing.random(self.num_samples) * below[-1], "right")
        last: Indices = np.flatnonzero(self.weights)[-1:]
        return np.minimum(drawn, last)  # a subnormal product may be rounded up to the sum


class BatchSampler(Sampler[list[int]]):
    """The indices of `sampler` in lists of `batch_size`; `drop_last` leaves out a last one that is not full."""

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        check_sampler("BatchSampler", "sampler", sampler)
        self.sampler = sampler
        self.batch_size = checked_count("BatchSampler", "batch_size", batch_size)
        self.drop_last = checked_flag("BatchSampler", "drop_last", drop_last)

    def __len__(self) -> int:
        if not isinstance(self.sampler, Sized):
            raise TypeError(f"BatchSampler: sampler, a {type(self.sampler).__name__}, has no length")
        return number_of_batches(len(self.sampler), self.batch_size, self.drop_last)

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch


def is_seeded(sampler: object) -> TypeGuard[SeededSampler]:
    """Whether one number fixes what `sampler` gives: a subclass may iterate in a way of its own."""
    return isinstance(sampler, SeededSampler) and type(sampler).__iter__ is SeededSampler.__iter__


def drawn_seed(generator: np.random.Generator | None) -> int:
    """A number that fixes an epoch, drawn from `generator` or the default one."""
    return int(generator_or_default(generator).integers(1 << 63))


def number_of_batches(samples: int, batch_size: int, drop_last: bool) -> int:
    """How many batches `samples` make."""
    return samples // batch_size if drop_last else -(-samples // batch_size)


def check_sampler(operation: str, name: str, sampler: object) -> None:
    """Raise TypeError for what gives no indices."""
    if isinstance(sampler, type) or not isinstance(sampler, Iterable):
        raise TypeError(f"{operation}: {name} is to give indices, as those of kytorch.data do, not {sampler!r}")


def checked_count(operation: str, name: str, value: int, least: int = 1) -> int:
    """`value`, if it is an int of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{operation}: {name} is to be an int, not {type(value).__name__}")
    if value < least:
        raise ValueError(f"{operation}: {name} is {value}; it is to be at least {least}")
    return int(value)


def checked_flag(operation: str, name: str, value: bool) -> bool:
    """`value`, if it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{operation}: {name} is to be True or False, not {value!r}")
    return bool(value)


def _sized(operation: str, data_source: Sized) -> Sized:
    if isinstance(data_source, type) or not isinstance(data_source, Sized):
        raise TypeError(f"{operation}: data_source is to have a length, as a dataset has, not {data_source!r}")
    return data_source


def _checked_weights(weights: Sequence[float] | Array | Tensor) -> npt.NDArray[np.float64]:
    checked = numbers_of("WeightedRandomSampler", "weights", "numbers", "biuf", weights).astype(np.float64)
    checked.setflags(write=False)
    wrong = checked[~(np.isfinite(checked) & (checked >= 0))]
    if wrong.size:
        raise ValueError(f"WeightedRandomSampler: weight {wrong[0]} is negative or not finite")
    with np.errstate(over="ignore"):
        total = checked.sum()
    if not np.isfinite(total) or not total:
        raise ValueError(f"WeightedRandomSampler: the weights add up to {total}; expected a finite number above 0")
    return checked
