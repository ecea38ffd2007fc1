"""The loader: a dataset in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from operator import index
from typing import Any, Generic, TypeAlias, TypedDict, TypeVar, Unpack, cast, overload

import numpy as np

from kytorch.data.collate import Batch, Item, Leaf, default_collate
from kytorch.data.datasets import Dataset, Indices, check_dataset, check_generator
from kytorch.data.position import Epoch, Listed, epoch_of, state_of
from kytorch.data.rows import batches_of_rows, items_at, rows_at, tensors_of
from kytorch.data.samplers import (
    BatchSampler,
    RandomSampler,
    SequentialSampler,
    check_sampler,
    checked_count,
    checked_flag,
    drawn_seed,
    is_seeded,
    number_of_batches,
)
from kytorch.data.workers import computed_ahead
from kytorch.tensor.core import Tensor
from kytorch.tensor.values import Json

T = TypeVar("T")
K = TypeVar("K")
B_co = TypeVar("B_co", covariant=True)
Transform: TypeAlias = Callable[[T, np.random.Generator], T]


class LoaderOptions(TypedDict, Generic[T], total=False):
    """What a type checker wants by name, though PyTorch's order holds; `T` is a batch."""

    sampler: Iterable[int] | None
    batch_sampler: Iterable[Sequence[int]] | None
    num_workers: int
    drop_last: bool
    generator: np.random.Generator | None
    prefetch_factor: int
    transform: Transform[T] | None


class DataLoader(Generic[B_co]):
    """The items of `dataset` in batches: each iteration is one epoch.

    `batch_size` items make a batch; `drop_last` leaves out a last one that is not full. With `shuffle` each epoch has
    an order of its own; a `sampler` says which indices to take instead, a `batch_sampler` which make up each batch.
    `collate_fn` makes a batch of a list of items, `default_collate` by default: Tensors, stacked along dim 0.
    `transform(batch, generator)` changes it at random: its generator depends on the epoch and the batch's place alone.

    An epoch at random, shuffled or transformed, draws one number, which fixes it, from `generator` or the default one;
    a random sampler draws it from its own. `num_workers` threads read, collate and transform in the background, each
    `prefetch_factor` batches ahead: the batches are the same for any number of them. They pay where a dataset waits
    for files or computes in NumPy; a TensorDataset is faster without.

    `state_dict()` says which batch was handed out last, however many are prefetched; the first iteration after
    `load_state_dict(state)` gives those behind it, to the end of that epoch: none, if it was the last. Any other
    iteration is a new epoch, so a loop that was left early is gone on with by loading alone; and where one has come to
    its end, the state is the beginning of the next. Of two iterations at once, it is that of the last batch.

    The state holds where `generator` and the sampler's `generator` stand, and loading moves them there; the default
    one, which others share, it leaves alone. Of a sampler of one's own, which is not asked twice in an epoch, it holds
    all indices that are left.
    """

    @overload
    def __init__(
        self: DataLoader[tuple[Tensor, ...]],
        dataset: Dataset[tuple[Leaf, ...]],
        batch_size: int = 1,
        shuffle: bool | None = None,
        *,
        collate_fn: None = None,
        **options: Unpack[LoaderOptions[tuple[Tensor, ...]]],
    ) -> None: ...
    @overload
    def __init__(
        self: DataLoader[Tensor],
        dataset: Dataset[Leaf],
        batch_size: int = 1,
        shuffle: bool | None = None,
        *,
        collate_fn: None = None,
        **options: Unpack[LoaderOptions[Tensor]],
    ) -> None: ...
    @overload
    def __init__(
        self: DataLoader[dict[K, Tensor]],
        dataset: Dataset[Mapping[K, Leaf]],
        batch_size: int = 1,
        shuffle: bool | None = None,
        *,
        collate_fn: None = None,
        **options: Unpack[LoaderOptions[dict[K, Tensor]]],
    ) -> None: ...
    @overload
    def __init__(
        self: DataLoader[Batch],
        dataset: Dataset[Item],
        batch_size: int = 1,
        shuffle: bool | None = None,
        *,
        collate_fn: None = None,
        **options: Unpack[LoaderOptions[Batch]],
    ) -> None: ...
    @overload
    def __init__(
        self,
        dataset: Dataset[T],
        batch_size: int = 1,
        shuffle: bool | None = None,
        *,
        collate_fn: Callable[[list[T]], B_co],
        **options: Unpack[LoaderOptions[B_co]],
    ) -> None: ...
    def __init__(
        self: DataLoader[Any],  # as the overloads say
        dataset: Dataset[Any],
        batch_size: int = 1,
        shuffle: bool | None = None,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[Sequence[int]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[..., Any] | None = None,
        drop_last: bool = False,
        generator: np.random.Generator | None = None,
        *,
        prefetch_factor: int = 2,
        transform: Transform[Any] | None = None,
    ) -> None:
        check_dataset("DataLoader", dataset)
        check_generator("DataLoader", generator)
        batch_size = checked_count("DataLoader", "batch_size", batch_size)
        shuffle = checked_flag("DataLoader", "shuffle", False if shuffle is None else shuffle)
        drop_last = checked_flag("DataLoader", "drop_last", drop_last)
        _check_sampling(sampler, batch_sampler, shuffle, batch_size, drop_last)
        for name, function in (("collate_fn", collate_fn), ("transform", transform)):
            if function is not None and not callable(function):
                raise TypeError(f"DataLoader: {name} is to be a function, not {type(function).__name__}")
        if type(batch_sampler) is BatchSampler:
            sampler, batch_size, drop_last = batch_sampler.sampler, batch_sampler.batch_size, batch_sampler.drop_last
            batch_sampler = None
        if sampler is None and batch_sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        self.dataset: Dataset[object] = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = checked_count("DataLoader", "num_workers", num_workers, least=0)
        self.collate_fn: Callable[..., B_co] = default_collate if collate_fn is None else collate_fn
        self.drop_last = drop_last
        self.generator = generator
        self.prefetch_factor = checked_count("DataLoader", "prefetch_factor", prefetch_factor)
        self.transform: Transform[B_co] | None = transform
        self._epoch: Epoch | None = None  # of the batch that was last handed out; None behind the end of an epoch
        self._loaded: Epoch | None = None  # which the next iteration goes on with

    def __len__(self) -> int:
        """The number of batches in an epoch."""
        source = self._source
        if not isinstance(source, Sized):
            raise TypeError(f"DataLoader: its sampler, a {type(source).__name__}, has no length")
        return len(source) if self.sampler is None else number_of_batches(len(source), self.batch_size, self.drop_last)

    def __iter__(self) -> Iterator[B_co]:
        epoch, self._loaded = self._loaded or self._begun(), None
        self._epoch = epoch
        for batch in self._batches(epoch):
            if epoch.listed is not None:
                epoch.listed.hand_out()
            epoch.done += 1
            self._epoch = epoch
            yield batch
        if self._epoch is epoch:
            self._epoch = None

    def state_dict(self) -> dict[str, Json]:
        """The position behind the batch that was last handed out, as JSON can hold it.

        Raises TypeError within an epoch of a sampler that is not kytorch's and has no length: it may have no end.
        """
        epoch = self._loaded or self._epoch
        if epoch is not None and epoch.listed is not None and not isinstance(self._source, Sized):
            kind = type(self._source).__name__
            raise TypeError(f"state_dict: the sampler, a {kind}, has no length: what is left of it may have no end")
        return state_of(epoch, self._likeness(), self._generators())

    def load_state_dict(self, state: Mapping[str, Json]) -> None:
        """Stand where the loader stood that `state` is of; the next iteration goes on from there.

        Raises ValueError, and changes nothing, for the state of a loader with another length, batch size or sampler.
        """
        batches = None if self._lists() else len(self)
        self._loaded = epoch_of(state, self._likeness(), self._generators(), batches)
        self._epoch = None

    @property
    def _source(self) -> Iterable[int] | Iterable[Sequence[int]]:
        return cast(Iterable[int], self.sampler) if self.batch_sampler is None else self.batch_sampler

    def _likeness(self) -> dict[str, Json]:
        """What this loader must have in common with one whose state it loads."""
        source = self._source
        return {
            "items": len(self.dataset),
            "batch_size": None if self.sampler is None else self.batch_size,
            "drop_last": self.drop_last,
            "sampler": type(source).__name__,
            "samples": len(source) if isinstance(source, Sized) else None,
            "seeded": is_seeded(self.sampler) or self.transform is not None,
        }

    def _generators(self) -> list[np.random.Generator]:
        """Those that were given to this loader, its sampler, and the sampler that a batch sampler has."""
        source = self._source
        given = [getattr(x, "generator", None) for x in (self, source, getattr(source, "sampler", None))]
        return list({id(x): x for x in given if isinstance(x, np.random.Generator)}.values())

    def _begun(self) -> Epoch:
        """A next epoch."""
        if is_seeded(self.sampler):
            return Epoch(drawn_seed(self.sampler.generator))
        seed = None if self.transform is None else drawn_seed(self.generator)
        return Epoch(seed, 0, Listed(self._sampled()) if self._lists() else None)

    def _lists(self) -> bool:
        """Whether the sampler may not give the same again, so that what it gives is kept."""
        return not is_seeded(self.sampler) and type(self.sampler) is not SequentialSampler

    def _sampled(self) -> Iterator[Indices]:
        """What the sampler gives in one epoch, batch by batch."""
        name, kind, batches = "batch_sampler", "lists of ints", self.batch_sampler
        if batches is None:
            name, kind = "sampler", "ints"
            batches = BatchSampler(cast(Iterable[int], self.sampler), self.batch_size, self.drop_last)
        for batch in batches:
            try:
                indices = np.array([index(i) for i in batch], np.intp)
            except TypeError as error:
                raise TypeError(f"DataLoader: {name} is to give {kind}: {error}") from error
            yield indices

    def _batches(self, epoch: Epoch) -> Iterator[B_co]:
        """The batches of `epoch` that have not been handed out."""
        tensors, rows = (self.collate_fn is default_collate and tensors_of(self.dataset)) or (None, None)
        if epoch.listed is None:
            order = self._order(epoch)
            plain = not self.num_workers and self.transform is None
            if tensors is not None and plain and _are_within(order, len(self.dataset)):
                chosen = order if rows is None else rows[order]
                return cast(Iterator[B_co], batches_of_rows(tensors, chosen, self.batch_size))
            starts = range(0, len(order), self.batch_size)
            batches: Iterable[Indices] = (order[i : i + self.batch_size] for i in starts)
        else:
            batches = epoch.listed

        def made(numbered: tuple[int, Indices]) -> B_co:
            number, indices = numbered
            try:
                if tensors is None:
                    batch = self.collate_fn(items_at(self.dataset, indices))
                else:
                    batch = cast(B_co, rows_at(tensors, indices if rows is None else rows[indices]))
                return batch if self.transform is None else self.transform(batch, _generator_of(epoch, number))
            except Exception as error:
                error.add_note(f"DataLoader: in batch {number} of the epoch")
                raise

        numbered = enumerate(batches, epoch.done)
        if not self.num_workers:
            return (made(each) for each in numbered)  # in which, unlike in map, a StopIteration is an error
        return computed_ahead(made, numbered, self.num_workers, self.num_workers * self.prefetch_factor)

    def _order(self, epoch: Epoch) -> Indices:
        """The indices that have not been handed out, of a sampler that gives the same again."""
        if is_seeded(self.sampler):
            order = self.sampler.order(cast(int, epoch.seed))
        else:
            order = np.arange(len(cast(Sized, self.sampler)))
        stop = len(order) - len(order) % self.batch_size if self.drop_last else len(order)
        return order[epoch.done * self.batch_size : stop]


def _generator_of(epoch: Epoch, number: int) -> np.random.Generator:
    """For batch `number` of `epoch`, whichever thread makes it, and however often."""
    return np.random.default_rng(np.random.SeedSequence(cast(int, epoch.seed), spawn_key=(number,)))


def _are_within(order: Indices, n: int) -> bool:
    """Whether there are such items among `n`; if not, batches are read one by one, and the wrong one raises."""
    return not len(order) or bool(-n <= order.min() and order.max() < n)


def _check_sampling(
    sampler: Iterable[int] | None,
    batch_sampler: Iterable[Sequence[int]] | None,
    shuffle: bool,
    batch_size: int,
    drop_last: bool,
) -> None:
    """Raise for what is no sampler, and for two things that say which items to take."""
    for name, given in (("sampler", sampler), ("batch_sampler", batch_sampler)):
        if given is not None:
            check_sampler("DataLoader", name, given)
    if sampler is not None and shuffle:
        raise ValueError("DataLoader: shuffle and a sampler exclude each other; RandomSampler is what shuffle takes")
    if batch_sampler is not None and (sampler is not None or shuffle or drop_last or batch_size != 1):
        raise ValueError("DataLoader: a batch_sampler excludes batch_size, shuffle, sampler and drop_last")
