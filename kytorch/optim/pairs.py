"""The pairs of changes that L-BFGS goes by: vectors of all weights, which one state shares with the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Literal, NamedTuple

import numpy as np

from kytorch.kernels.matmul import dot
from kytorch.optim.state import ByWeight, working_dtype
from kytorch.tensor.core import TrainableWeight
from kytorch.tensor.values import Array, lock


class Pair(NamedTuple):
    """A change of the weights, that of the gradient with it, and their product."""

    change: Array
    gradient_change: Array
    curvature: float


class Layout:
    """How arrays by weight lie one after another in a vector, in the weights' widest working dtype."""

    def __init__(self, weights: Iterable[TrainableWeight]) -> None:
        self.weights = list(weights)
        self._shapes = [weight.shape for weight in self.weights]
        self._dtypes = [working_dtype(weight) for weight in self.weights]
        self._dtype = np.result_type(*self._dtypes)
        ends = accumulate([weight.size for weight in self.weights], initial=0)
        self._places = [slice(start, end) for start, end in pairwise(ends)]
        self._index = {weight: i for i, weight in enumerate(self.weights)}

    def is_as(self, other: Layout) -> bool:
        """Whether the weights are the same, with the same shapes and dtypes."""
        return (self.weights, self._shapes, self._dtypes) == (other.weights, other._shapes, other._dtypes)

    def flat(self, by_weight: ByWeight) -> Array:
        """The arrays as one vector; of no arrays zeros."""
        if not by_weight:
            return np.zeros(self._places[-1].stop, self._dtype)
        return np.concatenate([by_weight[weight].reshape(-1) for weight in self.weights], dtype=self._dtype)

    def by_weight(self, x: Array) -> dict[TrainableWeight, Array]:
        """The parts of the vector, in the weights' shapes and working dtypes. All is locked, `x` too."""
        lock(x)
        parts: dict[TrainableWeight, Array] = {}
        for weight, shape, dtype, place in zip(self.weights, self._shapes, self._dtypes, self._places):
            parts[weight] = part = x[place].reshape(shape).astype(dtype, copy=False)
            lock(part)
        return parts

    def rows(self, weight: TrainableWeight, vectors: Sequence[Array]) -> Array:
        """The parts of the vectors that are the weight's, as one array. Raises KeyError if there are none."""
        i = self._index[weight]
        rows = np.empty((len(vectors), *self._shapes[i]), self._dtypes[i])
        for row, vector in zip(rows.reshape(len(vectors), -1) if rows.size else (), vectors):
            row[...] = vector[self._places[i]]
        lock(rows)
        return rows

    def pair(self, change: Array, gradient_change: Array) -> Pair:
        """The two vectors, exactly as a state remembers them in the weights' dtypes, and their product."""
        if any(dtype != self._dtype for dtype in self._dtypes):
            change, gradient_change = self.flat(self.by_weight(change)), self.flat(self.by_weight(gradient_change))
        lock(change)
        lock(gradient_change)
        return Pair(change, gradient_change, float(dot(change, gradient_change)))

    def pairs(self, changes: ByWeight, gradient_changes: ByWeight) -> tuple[Pair, ...]:
        """Those of which the arrays have the rows."""
        pairs = changes.pairs if isinstance(changes, History) and changes.layout.is_as(self) else None
        if pairs is not None and isinstance(gradient_changes, History) and gradient_changes.pairs is pairs:
            return pairs
        vectors = [self._flat_rows(dict(by_weight)) for by_weight in (changes, gradient_changes)]
        return tuple([self.pair(*pair) for pair in zip(*vectors)])

    def _flat_rows(self, by_weight: ByWeight) -> list[Array]:
        count = len(next(iter(by_weight.values()), ()))
        return [self.flat({weight: rows[i] for weight, rows in by_weight.items()}) for i in range(count)]


class History(Mapping[TrainableWeight, Array]):
    """Of each weight the rows of the pairs, oldest first, put together when they are asked for."""

    def __init__(self, layout: Layout, pairs: tuple[Pair, ...], which: Literal[0, 1]) -> None:
        self.layout = layout
        self.pairs = pairs
        self._which = which

    def __getitem__(self, weight: TrainableWeight) -> Array:
        return self.layout.rows(weight, [pair[self._which] for pair in self.pairs])

    def __iter__(self) -> Iterator[TrainableWeight]:
        return iter(self.layout.weights)

    def __len__(self) -> int:
        return len(self.layout.weights)
