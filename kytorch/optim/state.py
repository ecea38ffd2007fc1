"""What an optimizer remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np

from kytorch.tensor.core import TrainableWeight
from kytorch.tensor.values import Array, lock

ByWeight: TypeAlias = Mapping[TrainableWeight, Array]

_SINGLE: np.dtype[Any] = np.dtype(np.float32)


def working_dtype(weight: TrainableWeight) -> np.dtype[Any]:
    """The dtype in which a weight's update is computed and remembered: the weight's, but float32 for float16."""
    dtype = weight._data.dtype
    return _SINGLE if dtype.char == "e" else dtype


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class State:
    """The base of the optimizers' states.

    A subclass is a frozen dataclass whose fields are numbers, or mappings from weights to arrays of the weight's
    shape in its working dtype, and have defaults: then a checkpoint can save it.
    """

    def numbers(self) -> dict[str, float]:
        """The fields that are numbers."""
        return {f.name: getattr(self, f.name) for f in fields(self) if not isinstance(getattr(self, f.name), Mapping)}

    def arrays(self) -> dict[str, ByWeight]:
        """The fields that map weights to arrays."""
        return {f.name: getattr(self, f.name) for f in fields(self) if isinstance(getattr(self, f.name), Mapping)}

    def check(self, operation: str, weights: Sequence[TrainableWeight]) -> None:
        """Raise ValueError unless what is remembered of `weights` has their shapes and working dtypes."""
        for name, by_weight in self.arrays().items():
            for i, weight in enumerate(weights):
                array = by_weight.get(weight)
                if array is None:
                    continue
                if array.shape != weight.shape or array.dtype != working_dtype(weight):
                    raise ValueError(
                        f"{operation}: the state's {name} of weight {i} is {array.dtype} of shape {array.shape}, "
                        f"expected {working_dtype(weight)} of shape {weight.shape}"
                    )

    def __repr__(self) -> str:
        shown = [f"{name}={value}" for name, value in self.numbers().items()]
        shown += [f"{name}=<of {len(by_weight)} weights>" for name, by_weight in self.arrays().items()]
        return f"{type(self).__name__}({', '.join(shown)})"


def replaced(old: ByWeight, new: Mapping[TrainableWeight, Array]) -> ByWeight:
    """`old` with the entries of `new`, which are locked."""
    for array in new.values():
        lock(array)
    return {**old, **new}
