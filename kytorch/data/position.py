"""Where a loader stands, as JSON can hold it, and what is wrong with what claims to be such."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

import numpy as np

from kytorch.data.datasets import Indices
from kytorch.tensor.generator_state import generator_state, prepared_generator_state
from kytorch.tensor.values import Json


class Listed:
    """The indices, batch by batch, from a sampler that may not give the same again."""

    def __init__(self, batches: Iterator[Indices]) -> None:
        self._batches = batches
        self._left: deque[Indices] = deque()  # what the sampler gave, and was not handed out
        self._taken = 0  # so many of them
        self._error: Exception | None = None  # the sampler's, behind which it gives nothing

    def __iter__(self) -> Iterator[Indices]:
        while self._taken < len(self._left) or self._asked():
            self._taken += 1
            yield self._left[self._taken - 1]

    def hand_out(self) -> None:
        """Forget the batch that was taken longest ago."""
        self._left.popleft()
        self._taken -= 1

    def left(self) -> list[list[int]]:
        """All that is not handed out yet."""
        while self._asked():
            pass
        return [batch.tolist() for batch in self._left]

    def _asked(self) -> bool:
        """Whether the sampler gave one more."""
        if self._error is not None:
            raise self._error
        try:
            batch = next(self._batches, None)
        except Exception as error:
            self._error = error
            raise
        if batch is not None:
            self._left.append(batch)
        return batch is not None


class Epoch:
    """What fixes an epoch, and how many of its batches have been handed out."""

    __slots__ = ("done", "listed", "seed")

    def __init__(self, seed: int | None, done: int = 0, listed: Listed | None = None) -> None:
        self.seed = seed
        self.done = done
        self.listed = listed

    def state(self) -> dict[str, Json]:
        """This position."""
        return {"batch": self.done, "seed": self.seed, "left": None if self.listed is None else self.listed.left()}


def state_of(
    epoch: Epoch | None, likeness: Mapping[str, Json], generators: Sequence[np.random.Generator]
) -> dict[str, Json]:
    """The state of a loader in `epoch`, or before one, that is like others of that `likeness`."""
    position = Epoch(None).state() if epoch is None else epoch.state()
    return {**likeness, **position, "generators": [generator_state(generator) for generator in generators]}


def epoch_of(
    state: Mapping[str, Json],
    likeness: Mapping[str, Json],
    generators: Sequence[np.random.Generator],
    batches: int | None,
) -> Epoch | None:
    """The epoch that `state` is in, if any; the `generators` are moved to where they stood.

    An epoch has so many `batches`: None, where its state lists those that are left.

    Raises ValueError, before anything changes, if it is the state of a loader that is not like this one.
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"load_state_dict: expected a loader's state_dict(), not {type(state).__name__}")
    missing = [name for name in (*likeness, "batch", "seed", "left", "generators") if name not in state]
    if missing:
        raise ValueError(f"load_state_dict: expected a loader's state_dict(), and there is no {', '.join(missing)}")
    differing = [name for name, value in likeness.items() if state[name] != value]
    if differing:
        theirs, ours = [", ".join([f"{name} {x[name]}" for name in differing]) for x in (state, likeness)]
        raise ValueError(f"load_state_dict: the state is of a loader with {theirs}, and this one has {ours}")
    batch, seed, left, stood = state["batch"], state["seed"], state["left"], state["generators"]
    begun = batch != 0 or seed is not None or left is not None
    if (
        not _is_count(batch)
        or not (seed is None or _is_count(seed))
        or (begun and (seed is None) == likeness["seeded"])
        or (begun and (left is None) == (batches is None))
        or (batches is not None and batch > batches)
    ):
        raise ValueError(f"load_state_dict: batch {batch!r} of the epoch of seed {seed!r} is no loader's position")
    listed = None if left is None else Listed(iter(_checked_batches(left)))
    _restore(generators, stood)
    return Epoch(seed, batch, listed) if begun else None


def _is_count(value: Json) -> TypeGuard[int]:
    return type(value) is int and value >= 0


def _checked_batches(left: Json) -> list[Indices]:
    if not isinstance(left, list) or not all(isinstance(x, list) and all(map(_is_index, x)) for x in left):
        raise ValueError("load_state_dict: what is left of the epoch is to be lists of indices")
    return [np.array(batch, np.intp) for batch in left]


def _is_index(value: Json) -> bool:
    return type(value) is int and -(1 << 63) <= value < 1 << 63


def _restore(generators: Sequence[np.random.Generator], states: Json) -> None:
    """Move each generator to where it stood; none, if one cannot be."""
    if not isinstance(states, list) or len(states) != len(generators):
        found = len(states) if isinstance(states, list) else states
        raise ValueError(
            f"load_state_dict: the state is of a loader to which {found} generators were given, and this one has "
            f"{len(generators)}"
        )
    try:
        moves = [prepared_generator_state(generator, state) for generator, state in zip(generators, states)]
    except ValueError as error:
        raise ValueError(f"load_state_dict: {error}") from None
    for move in moves:
        move()
