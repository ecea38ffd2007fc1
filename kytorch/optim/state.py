"""What an optimizer remembers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeAlias, TypeVar

import numpy as np

from kytorch.optim.recycling import Before, Spare
from kytorch.tensor.core import Tensor, TrainableWeight
from kytorch.tensor.values import Array, Shape, lock

S = TypeVar("S", bound="State")
ByWeight: TypeAlias = Mapping[TrainableWeight, Array]
Counts: TypeAlias = Mapping[TrainableWeight, int]
Factors: TypeAlias = Mapping[TrainableWeight, float]

COUNTS = {"kind": "counts"}
"""The metadata of a dataclass field that counts something for each weight."""

FACTORS = {"kind": "factors"}
"""The metadata of a dataclass field that holds a float for each weight."""


def shaped(shape: Callable[[Shape], Shape] | None) -> dict[str, Callable[[Shape], Shape] | None]:
    """The metadata of a field whose arrays have another shape than their weight: `shape` of the weight's.

    None stands for the weight's shape behind a dimension of any size, -1 in `State.expected_shape`.
    """
    return {"shape": shape}


_SINGLE: np.dtype[Any] = np.dtype(np.float32)


def working_dtype(weight: TrainableWeight) -> np.dtype[Any]:
    """The dtype in which a weight's update is computed and remembered: the weight's, but float32 for float16."""
    dtype = weight._data.dtype
    return _SINGLE if dtype.char == "e" else dtype


class _Recycling:
    """Private slots, which no copy, pickle or checkpoint takes over, of what makes the next step quicker."""

    __slots__ = ("_before", "_spare")
    _before: Before
    _spare: Spare


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class State(_Recycling):
    """The base of the optimizers' states.

    A subclass is a frozen dataclass whose fields are numbers, mappings from weights to arrays of the weight's shape (or
    as `shaped` says) in its working dtype, or, with the metadata COUNTS or FACTORS, mappings from weights to ints from
    1 or to finite floats; the numbers have defaults, the mappings begin empty: then a checkpoint can save it. A number
    `step` counts from 0. Raises TypeError or ValueError for other fields.
    """

    def __post_init__(self) -> None:
        for name, kind in kinds(type(self)).items():
            value = getattr(self, name)
            if kind == "numbers":
                if name == "step" and (type(value) is not int or value < 0):
                    raise ValueError(f"{type(self).__name__}: step is {value!r}; it counts steps, from 0")
                continue
            if type(value) is not dict and not isinstance(value, Mapping):
                raise self._other_kind(name, "a dict from weights", type(value))
            for found in set(map(type, value)):
                if not issubclass(found, TrainableWeight):
                    raise self._other_kind(name, "a dict whose keys are weights", found)
            for found in set(map(type, value.values())):
                if kind == "counts" and found is not int:
                    raise self._other_kind(name, "a dict whose values are ints", found)
                if kind == "factors" and found is not float:
                    raise self._other_kind(name, "a dict whose values are floats", found)
                if kind == "arrays" and (issubclass(found, Tensor) or not hasattr(found, "dtype")):
                    raise self._other_kind(name, "a dict whose values are arrays", found)
            if kind == "counts" and min(value.values(), default=1) < 1:
                raise ValueError(f"{type(self).__name__}: {name} has the value {min(value.values())}; it counts from 1")
            if kind == "factors" and not all(map(math.isfinite, value.values())):
                raise ValueError(f"{type(self).__name__}: {name} has a value that is not finite")

    def _other_kind(self, name: str, expected: str, found: type) -> TypeError:
        return TypeError(f"{type(self).__name__}: {name} is to be {expected}, not {found.__name__}")

    def _check_same_weights(self, *names: str) -> None:
        """Raise ValueError unless the fields `names` have the same weights."""
        if any(getattr(self, name).keys() != getattr(self, names[0]).keys() for name in names[1:]):
            listed = f"{', '.join(names[:-1])} and {names[-1]}"
            raise ValueError(f"{type(self).__name__}: {listed} are to have the same weights")

    def numbers(self) -> dict[str, float]:
        """The fields that are numbers."""
        return {name: getattr(self, name) for name, kind in kinds(type(self)).items() if kind == "numbers"}

    def arrays(self) -> dict[str, ByWeight]:
        """The fields that map weights to arrays."""
        return {name: getattr(self, name) for name, kind in kinds(type(self)).items() if kind == "arrays"}

    def counts(self) -> dict[str, Counts]:
        """The fields that map weights to ints."""
        return {name: getattr(self, name) for name, kind in kinds(type(self)).items() if kind == "counts"}

    def factors(self) -> dict[str, Factors]:
        """The fields that map weights to floats."""
        return {name: getattr(self, name) for name, kind in kinds(type(self)).items() if kind == "factors"}

    @classmethod
    def expected_shape(cls, field: str, weight: TrainableWeight) -> Shape:
        """The shape that the array in `field` of `weight` is to have; a size of -1 stands for any."""
        shapes = _SHAPES.get(cls)
        if shapes is None:  # looked at once
            shapes = _SHAPES[cls] = {f.name: f.metadata["shape"] for f in fields(cls) if "shape" in f.metadata}
        own = weight._data.shape
        if field not in shapes:
            return own
        shape = shapes[field]
        return (-1, *own) if shape is None else shape(own)

    def check(self, operation: str, weights: Sequence[TrainableWeight]) -> None:
        """Raise ValueError unless what is remembered of `weights` has the shapes and dtypes that it is to have."""
        arrays = self.arrays()
        for i, weight in enumerate(weights):
            dtype = working_dtype(weight)
            for name, by_weight in arrays.items():
                array = by_weight.get(weight)
                if array is None:
                    continue
                shape = self.expected_shape(name, weight)
                if not fits(array.shape, shape) or array.dtype != dtype:
                    raise ValueError(
                        f"{operation}: the state's {name} of weight {i} is {array.dtype} of shape {array.shape}, "
                        f"expected {dtype} of shape {shape}"
                    )

    def __repr__(self) -> str:
        shown = [f"{name}={value}" for name, value in self.numbers().items()]
        shown += [
            f"{name}=<of {len(by_weight)} weights>"
            for name, by_weight in (self.arrays() | self.counts() | self.factors()).items()
            if by_weight
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


def fits(shape: Shape, expected: Shape) -> bool:
    """Whether `shape` is `expected`, in which -1 stands for any size."""
    return shape == expected or (expected[:1] == (-1,) and len(shape) == len(expected) and shape[1:] == expected[1:])


_KINDS: dict[type[State], dict[str, str]] = {}
_SHAPES: dict[type[State], dict[str, Callable[[Shape], Shape] | None]] = {}


def kinds(state: type[State]) -> dict[str, str]:
    """For each field of `state` the kind of what it holds: numbers, arrays, counts or factors."""
    found = _KINDS.get(state)
    if found is None:  # looked at once: a state is made in every step
        found = _KINDS[state] = {
            f.name: f.metadata.get("kind", "arrays") if f.default is MISSING else "numbers" for f in fields(state)
        }
    return found


def succeeded(state: S, values: Mapping[str, object]) -> S:
    """`state` with the fields `values`, which are trusted."""
    new = object.__new__(type(state))
    for name in kinds(type(state)):
        object.__setattr__(new, name, values[name] if name in values else getattr(state, name))
    return new


def replaced(old: ByWeight, new: Mapping[TrainableWeight, Array]) -> ByWeight:
    """`old` with the entries of `new`, which are locked."""
    for array in new.values():
        lock(array)
    return {**old, **new}
