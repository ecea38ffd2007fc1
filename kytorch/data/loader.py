"""The loader: a dataset in batches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kytorch.data.datasets import Dataset, check_dataset, check_generator, gather
from kytorch.tensor.core import Tensor
from kytorch.tensor.random import generator_or_default


class DataLoader:
    """The items of `dataset` in batches: each iteration is one epoch of tuples of Tensors, stacked along dim 0.

    With `shuffle` each epoch has an order of its own, drawn from `generator` or the default one, so that a seed
    fixes the batches of all epochs. `drop_last` leaves out a last batch that is not full.
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int = 1,
        shuffle: bool = False,
        generator: np.random.Generator | None = None,
        drop_last: bool = False,
    ) -> None:
        if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)):
            raise TypeError(f"DataLoader: batch_size is to be an int, not {type(batch_size).__name__}")
        if batch_size < 1:
            raise ValueError(f"DataLoader: batch_size is {batch_size}; it is to be at least 1")
        check_dataset("DataLoader", dataset)
        check_generator("DataLoader", generator)
        self.dataset = dataset
        self.batch_size = int(batch_size)
        self.shuffle = shuffle
        self.generator = generator
        self.drop_last = drop_last

    def __len__(self) -> int:
        """The number of batches in an epoch."""
        full, left = divmod(len(self.dataset), self.batch_size)
        return full + (left > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        n = len(self.dataset)
        order = generator_or_default(self.generator).permutation(n) if self.shuffle else np.arange(n)
        starts = range(0, len(self) * self.batch_size, self.batch_size)
        return (gather(self.dataset, order[start : start + self.batch_size]) for start in starts)
