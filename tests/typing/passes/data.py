"""Datasets, samplers and loaders as users write them."""

from collections.abc import Iterator
from typing import assert_type

import numpy as np
import numpy.typing as npt

from kytorch import Tensor
from kytorch.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    random_split,
)

generator = np.random.default_rng(0)
x = np.zeros((4, 2), np.float32)
dataset = TensorDataset(x, Tensor([0, 1, 0, 1]))

loader = DataLoader(dataset, 2, True, generator=generator)
assert_type(loader, DataLoader[tuple[Tensor, ...]])
for images, labels in loader:
    assert_type(images, Tensor)
    assert_type(labels, Tensor)
length: int = len(loader)
loader.load_state_dict(loader.state_dict())


class Images(Dataset[tuple[npt.NDArray[np.float32], int]]):
    """A dataset by the base class."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int, /) -> tuple[npt.NDArray[np.float32], int]:
        return np.zeros(2, np.float32), index


class Words:
    """A dataset by its methods alone."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> dict[str, float]:
        return {"length": 1.0}


assert_type(DataLoader(Images()), DataLoader[tuple[Tensor, ...]])
assert_type(DataLoader(Words(), num_workers=2, prefetch_factor=3), DataLoader[dict[str, Tensor]])
assert_type(DataLoader([1.0, 2.0]), DataLoader[Tensor])
assert_type(DataLoader([Tensor(1.0)], 2, sampler=[0, 0]), DataLoader[Tensor])
assert_type(DataLoader([(Tensor(1.0), 3)], batch_sampler=[[0]]), DataLoader[tuple[Tensor, ...]])
mixed = DataLoader([(1.0, "one"), (2.0, "two")])
for batch in mixed:
    assert not isinstance(batch, Tensor)


def lengths(items: list[dict[str, float]]) -> list[int]:
    return [len(item) for item in items]


def noisy(batch: tuple[Tensor, ...], generator: np.random.Generator) -> tuple[Tensor, Tensor]:
    images, labels = batch
    return images + Tensor(generator.normal(size=images.shape)), labels


assert_type(DataLoader(Words(), 2, collate_fn=lengths), DataLoader[list[int]])
assert_type(DataLoader(dataset, 2, transform=noisy), DataLoader[tuple[Tensor, ...]])
assert_type(DataLoader(["a", "b"], collate_fn=" ".join), DataLoader[str])

part: Subset[tuple[Tensor, ...]] = Subset(dataset, [1, 0])
train, test = random_split(dataset, [0.5, 0.5], generator)
assert_type(train, Subset[tuple[Tensor, ...]])
both = ConcatDataset([train, test])
assert_type(both[0], tuple[Tensor, ...])
sizes: list[int] = both.cumulative_sizes
assert_type(Subset(Words(), [0])[0], dict[str, float])


class Halves(Sampler[int]):
    """A sampler of one's own."""

    def __len__(self) -> int:
        return 2

    def __iter__(self) -> Iterator[int]:
        return iter([0, 1])


for sampler in (
    Halves(),
    SequentialSampler(dataset),
    RandomSampler(dataset, True, 9, generator),
    SubsetRandomSampler([0, 2], generator),
    WeightedRandomSampler([0.5, 1, 2, 0], 8, generator=generator),
    WeightedRandomSampler(np.ones(4), 2, False),
):
    assert_type(DataLoader(dataset, sampler=sampler), DataLoader[tuple[Tensor, ...]])
    DataLoader(dataset, batch_sampler=BatchSampler(sampler, 2, drop_last=True))

assert_type(default_collate([(x, 1)]), tuple[Tensor, ...])
assert_type(default_collate([1, 2]), Tensor)
assert_type(default_collate(["a"]), list[str])
assert_type(default_collate([{"x": 1.0}]), dict[str, Tensor])


def trained(loader: DataLoader[tuple[Tensor, ...]]) -> None:
    """A function that takes any loader of Tensors."""


pairs: DataLoader[tuple[Tensor, Tensor]] = DataLoader(Words(), collate_fn=lambda items: (Tensor(1.0), Tensor(2.0)))
trained(pairs)
