"""The states of optimizers, alone or in tuples and dicts, as JSON and arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

import numpy as np

from kytorch.optim.state import State, fits, kinds, working_dtype
from kytorch.tensor.core import TrainableWeight
from kytorch.tensor.values import Array, Json, lock

States: TypeAlias = State | tuple["States", ...] | Mapping[str, "States"]
"""What an optimizer remembers, or what several do."""

S = TypeVar("S", bound="States")
V = TypeVar("V")
Names: TypeAlias = Mapping[TrainableWeight, str]
Weights: TypeAlias = Mapping[str, TrainableWeight]

DEEPEST = 100
"""How many levels what is saved may be nested."""


@dataclass(frozen=True)
class SavedState:
    """What the JSON says of a state: its class, and by field its numbers, its weights' ints and floats, its paths."""

    name: str
    numbers: dict[str, float]
    counts: dict[str, dict[str, int]]
    factors: dict[str, dict[str, float]]
    paths: dict[str, list[str]]


Saved: TypeAlias = "SavedState | tuple[Saved, ...] | dict[str, Saved]"


def entry(place: str, field: str, name: str) -> str:
    """The name of the array in `field` of the weight `name`, of the state at `place`."""
    return f"{place}/{field}/{name}"


def check_states(operation: str, states: object, place: str = "optimizer", depth: int = 0) -> None:
    """Raise TypeError or ValueError unless `states` are States, in tuples and dicts with names."""
    kind = type(states)
    if depth > DEEPEST:
        raise ValueError(f"{operation}: optimizer is nested deeper than {DEEPEST} levels, or holds itself")
    if isinstance(states, State):
        return
    if isinstance(states, tuple) and (kind is tuple or hasattr(kind, "_fields")):
        for i, state in enumerate(states):
            check_states(operation, state, f"{place}/{i}", depth + 1)
    elif kind is dict and isinstance(states, dict):
        for key, state in states.items():
            if not isinstance(key, str):
                raise TypeError(f"{operation}: {place} has the key {key!r}; a state's name is a str")
            if not key or "/" in key:
                raise ValueError(f"{operation}: {place} has the key {key!r}; a state's name is not empty and has no /")
            check_states(operation, state, f"{place}/{key}", depth + 1)
    else:
        found = f"the class {states.__name__}" if isinstance(states, type) else kind.__name__
        raise TypeError(
            f"{operation}: {place} is to be a state, such as AdamState(), or a tuple or dict of states, not {found}"
        )


# To the file


def described(names: Names, states: States, place: str = "optimizer") -> tuple[Json, dict[str, Array]]:
    """`states` as JSON, and the arrays by their entries' names. Raises ValueError for weights without one."""
    if isinstance(states, State):
        return _described_state(names, states, place)
    nodes: dict[str, Json] = {}
    arrays: dict[str, Array] = {}
    for key, part in _parts(states):
        nodes[key], own = described(names, part, f"{place}/{key}")
        arrays |= own
    return ([*nodes.values()] if isinstance(states, tuple) else {"dict": nodes}), arrays


def _described_state(names: Names, state: State, place: str) -> tuple[Json, dict[str, Array]]:
    name = type(state).__name__
    _check_weights(names, state)
    for field, number in state.numbers().items():
        if type(number) not in (bool, int, float):
            raise TypeError(
                f"save: {name}.{field} is a {type(number).__name__}; a state's numbers are int, float, bool"
            )
    remembered = {field: _by_path(names, x) for field, x in state.arrays().items()}
    arrays = {entry(place, field, path): x for field, by_path in remembered.items() for path, x in by_path.items()}
    node: Json = {
        "class": name,
        "numbers": state.numbers(),
        "counts": {field: _by_path(names, x) for field, x in state.counts().items()},
        "factors": {field: _by_path(names, x) for field, x in state.factors().items()},
        "arrays": {field: [*by_path] for field, by_path in remembered.items()},
    }
    return node, arrays


def _parts(states: tuple[V, ...] | Mapping[str, V]) -> Iterator[tuple[str, V]]:
    if isinstance(states, tuple):
        return ((str(i), part) for i, part in enumerate(states))
    return iter(states.items())


def _by_path(names: Names, by_weight: Mapping[TrainableWeight, V]) -> dict[str, V]:
    return {names[weight]: value for weight, value in by_weight.items()}


def _check_weights(names: Names, state: State) -> None:
    """Raise ValueError for the state of another model."""
    for field, by_weight in (state.arrays() | state.counts() | state.factors()).items():
        strangers = [weight.shape for weight in by_weight if weight not in names]
        if strangers:
            raise ValueError(
                f"save: {type(state).__name__}.{field} remembers weights that the model does not have, of shapes "
                f"{', '.join(map(str, strangers))}"
            )
    state.check("save", list(names))


# From the file


def parsed(node: object, depth: int = 0) -> Saved:
    """What `described` wrote. Raises ValueError for anything else."""
    if depth > DEEPEST:
        raise ValueError("nested too deep")
    match node:
        case list():
            return tuple([parsed(part, depth + 1) for part in node])
        case {"dict": dict(parts), **rest} if not rest:
            return {key: parsed(part, depth + 1) for key, part in parts.items()}
        case {
            "class": str(name),
            "numbers": dict(numbers),
            "counts": dict(counts),
            "factors": dict(factors),
            "arrays": dict(paths),
        }:
            if (
                all(type(x) in (bool, int, float) for x in numbers.values())
                and all(_are(int, of) for of in counts.values())
                and all(_are(float, of) for of in factors.values())
                and all(isinstance(of, list) and all(isinstance(x, str) for x in of) for of in paths.values())
            ):
                return SavedState(name, numbers, counts, factors, paths)
    raise ValueError("no state of an optimizer")


def _are(kind: type, values: object) -> bool:
    return isinstance(values, dict) and all(type(x) is kind for x in values.values())


def entries(saved: Saved | None, place: str = "optimizer") -> dict[str, str]:
    """The arrays' names in the file, and for each the weight's."""
    if saved is None:
        return {}
    if isinstance(saved, SavedState):
        return {entry(place, field, name): name for field, names in saved.paths.items() for name in names}
    return {x: name for key, part in _parts(saved) for x, name in entries(part, f"{place}/{key}").items()}


def misfits(
    states: States, saved: Saved | None, weights: Weights, arrays: Mapping[str, Array], place: str = "optimizer"
) -> list[str]:
    """In what the saved states are not of the kinds of `states`, or not of these weights."""
    if isinstance(states, State):
        if isinstance(saved, SavedState) and saved.name == type(states).__name__:
            return _other_fields(states, saved) + _other_arrays(states, saved, weights, arrays, place)
    elif isinstance(saved, tuple if isinstance(states, tuple) else dict):
        own, found = dict(_parts(states)), dict(_parts(saved))
        problems = [f"missing {place}/{key}" for key in own if key not in found]
        problems += [f"unexpected {place}/{key}" for key in found if key not in own]
        for key in own.keys() & found.keys():
            problems += misfits(own[key], found[key], weights, arrays, f"{place}/{key}")
        return problems
    where = "" if place == "optimizer" else f" at {place}"
    return [f"holds {_shown(saved)}{where}, expected {_shown(states)}"]


def _shown(states: States | Saved | None) -> str:
    if states is None:
        return "no optimizer's state"
    if isinstance(states, State):
        return type(states).__name__
    if isinstance(states, SavedState):
        return f"the state {states.name}"
    return f"a {'tuple' if isinstance(states, tuple) else 'dict'} of {len(states)} states"


def _other_fields(state: State, saved: SavedState) -> list[str]:
    own = kinds(type(state))
    found = dict.fromkeys(saved.numbers, "numbers") | dict.fromkeys(saved.counts, "counts")
    found |= dict.fromkeys(saved.factors, "factors") | dict.fromkeys(saved.paths, "arrays")
    return (
        [f"missing {saved.name}.{field}" for field in own if field not in found]
        + [f"unexpected {saved.name}.{field}" for field in found if field not in own]
        + [
            f"{saved.name}.{field} is of the {found[field]}, expected of the {kind}"
            for field, kind in own.items()
            if found.get(field, kind) != kind
        ]
    )


def _other_arrays(
    state: State, saved: SavedState, weights: Weights, arrays: Mapping[str, Array], place: str
) -> list[str]:
    problems = []
    for by_field in (saved.counts, saved.factors):
        for field, values in by_field.items():
            problems += [f"unexpected {entry(place, field, name)}" for name in values if name not in weights]
    for field, names in saved.paths.items():
        for name in names:
            array, weight = arrays.get(entry(place, field, name)), weights.get(name)
            if array is None or weight is None or kinds(type(state)).get(field) != "arrays":
                continue
            shape, dtype = state.expected_shape(field, weight), working_dtype(weight)
            if not fits(array.shape, shape):
                problems.append(f"{entry(place, field, name)} has shape {array.shape}, expected {shape}")
            elif array.dtype != dtype:
                problems.append(f"{entry(place, field, name)} has dtype {array.dtype}, expected {dtype}")
    return problems


def rebuilt(states: S, saved: Saved, weights: Weights, arrays: Mapping[str, Array]) -> S:
    """The saved states, which fit `states`, made as those. Raises ValueError for values that none can have."""
    found: S = _rebuilt(states, saved, weights, arrays, "optimizer")  # type: ignore[assignment]  # made as `states`
    return found


def _rebuilt(states: States, saved: Saved, weights: Weights, arrays: Mapping[str, Array], place: str) -> States:
    if isinstance(saved, SavedState):
        values = {
            field: {weights[name]: value for name, value in by_path.items()}
            for field, by_path in (saved.counts | saved.factors).items()
        }
        remembered = {
            field: {weights[name]: _laid_out(weights[name], arrays[entry(place, field, name)]) for name in names}
            for field, names in saved.paths.items()
        }
        state: State = states  # type: ignore[assignment]  # as `misfits` found
        return replace(state, **saved.numbers, **values, **remembered)
    own: dict[str, States] = dict(_parts(states))  # type: ignore[arg-type]  # as above
    found = dict(_parts(saved))
    parts = [_rebuilt(state, found[key], weights, arrays, f"{place}/{key}") for key, state in own.items()]
    if isinstance(saved, dict):
        return dict(zip(own, parts))
    kind: Callable[..., States] = type(states)
    return kind(*parts) if hasattr(kind, "_fields") else tuple(parts)


def _laid_out(weight: TrainableWeight, array: Array) -> Array:
    """`array` in memory as an optimizer lays it out, on which the last bit of a sum depends."""
    new = np.empty_like(weight._data, array.dtype, shape=array.shape)
    new[...] = array
    lock(new)
    return new
