"""What an optimizer remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeAlias

import numpy as np

from kytorch.tensor.core import Tensor, TrainableWeight
from kytorch.tensor.values import Array, lock

ByWeight: TypeAlias = Mapping[TrainableWeight, Array]
Counts: TypeAlias = Mapping[TrainableWeight, int]

COUNTS = {"kind": "counts"}
"""The metadata of a dataclass field that counts something for each weight."""

_SINGLE: np.dtype[Any] = np.dtype(np.float32)


def working_dtype(weight: TrainableWeight) -> np.dtype[Any]:
    """The dtype in which a weight's update is computed and remembered: the weight's, but float32 for float16."""
    dtype = weight._data.dtype
    return _SINGLE if dtype.char == "e" else dtype


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class State:
    """The base of the optimizers' states.

    A subclass is a frozen dataclass whose fields are numbers, mappings from weights to arrays of the weight's shape in
    its working dtype, or, with the metadata COUNTS, mappings from weights to ints from 1; the numbers have defaults,
    the mappings begin empty: then a checkpoint can save it. Raises TypeError or ValueError for other fields.
    """

    def __post_init__(self) -> None:
        for name, kind in kinds(type(self)).items():
            if kind == "numbers":
                continue
            by_weight = getattr(self, name)
            if type(by_weight) is not dict and not isinstance(by_weight, Mapping):
                raise self._other_kind(name, "a dict from weights", type(by_weight))
            for found in set(map(type, by_weight)):
                if not issubclass(found, TrainableWeight):
                    raise self._other_kind(name, "a dict whose keys are weights", found)
            for found in set(map(type, by_weight.values())):
                if kind == "counts" and found is not int:
                    raise self._other_kind(name, "a dict whose values are ints", found)
                if kind == "arrays" and (issubclass(found, Tensor) or not hasattr(found, "dtype")):
                    raise self._other_kind(name, "a dict whose values are arrays", found)
            if kind == "counts" and min(by_weight.values(), default=1) < 1:
                least = min(by_weight.values())
                raise ValueError(f"{type(self).__name__}: {name} has the value {least}; it counts from 1")

    def _other_kind(self, name: str, expected: str, found: type) -> TypeError:
        return TypeError(f"{type(self).__name__}: {name} is to be {expected}, not {found.__name__}")

    def numbers(self) -> dict[str, float]:
        """The fields that are numbers."""
        return {name: getattr(self, name) for name, kind in kinds(type(self)).items() if kind == "numbers"}

    def arrays(self) -> dict[str, ByWeight]:
        """The fields that map weights to arrays."""
        return {name: getattr(self, name) for name, kind in kinds(type(self)).items() if kind == "arrays"}

    def counts(self) -> dict[str, Counts]:
        """The fields that map weights to ints."""
        return {name: getattr(self, name) for name, kind in kinds(type(self)).items() if kind == "counts"}

    def check(self, operation: str, weights: Sequence[TrainableWeight]) -> None:
        """Raise ValueError unless what is remembered of `weights` has their shapes and working dtypes."""
        arrays = self.arrays()
        for i, weight in enumerate(weights):
            shape, dtype = weight._data.shape, working_dtype(weight)
            for name, by_weight in arrays.items():
                array = by_weight.get(weight)
                if array is not None and (array.shape != shape or array.dtype != dtype):
                    raise ValueError(
                        f"{operation}: the state's {name} of weight {i} is {array.dtype} of shape {array.shape}, "
                        f"expected {dtype} of shape {shape}"
                    )

    def __repr__(self) -> str:
        shown = [f"{name}={value}" for name, value in self.numbers().items()]
        shown += [
            f"{name}=<of {len(by_weight)} weights>" for name, by_weight in (self.arrays() | self.counts()).items()
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


_KINDS: dict[type[State], dict[str, str]] = {}


def kinds(state: type[State]) -> dict[str, str]:
    """For each field of `state` the kind of what it holds: numbers, arrays or counts."""
    found = _KINDS.get(state)
    if found is None:  # looked at once: a state is made in every step
        found = _KINDS[state] = {
            f.name: f.metadata.get("kind", "arrays") if f.default is MISSING else "numbers" for f in fields(state)
        }
    return found


def replaced(old: ByWeight, new: Mapping[TrainableWeight, Array]) -> ByWeight:
    """`old` with the entries of `new`, which are locked."""
    for array in new.values():
        lock(array)
    return {**old, **new}
