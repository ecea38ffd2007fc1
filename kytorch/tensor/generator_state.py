"""The state of a random generator, as JSON can hold it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kytorch.tensor.values import Json

_KINDS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
# NumPy takes any number for these, and reads an array at the first two.
_MOST = {"pos": 624, "buffer_pos": 4, "has_uint32": 1}


def generator_state(generator: np.random.Generator) -> dict[str, Json]:
    """Where `generator` stands, its next `spawn` too. Raises TypeError for a bit generator that is not NumPy's own."""
    bits: Any = generator.bit_generator
    kind = type(bits)
    if kind.__name__ not in _KINDS or kind is not getattr(np.random, kind.__name__):
        raise TypeError(f"generator: the state of a {kind.__name__} is not known, only that of {', '.join(_KINDS)}")
    with bits.lock:
        state, seeds = bits.state, bits.seed_seq
        made_of = seeds.state if type(seeds) is np.random.SeedSequence else None
    return {**{name: _plain(value) for name, value in state.items()}, "seeds": _plain(made_of)}


def set_generator_state(generator: np.random.Generator, state: Mapping[str, Json]) -> None:
    """Move `generator` to where another of its kind stood. Raises ValueError for the state of another kind, or none."""
    prepared_generator_state(generator, state)()


def prepared_generator_state(generator: np.random.Generator, state: Mapping[str, Json]) -> Callable[[], None]:
    """The call, which cannot fail, that is `set_generator_state`. Raises ValueError as that does."""
    bits: Any = generator.bit_generator
    name = type(bits).__name__
    found = state.get("bit_generator") if isinstance(state, Mapping) else None
    if found != name:
        raise ValueError(f"generator: the state is that of {found or 'no generator'}; this one is a {name}")
    numbers = {key: value for key, value in state.items() if key != "seeds"}
    try:
        trial = type(bits)(0)
        new = _like(trial.state, numbers)
        trial.state = new
        if _plain(trial.state) != numbers:
            raise ValueError("it is not kept as it is")
        made_of = state["seeds"]
        seeds = bits.seed_seq if made_of is None else np.random.SeedSequence(**made_of)  # type: ignore[arg-type]  # refused by itself
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"generator: the state is no {name}'s: {error!r}") from None

    def restore() -> None:
        with bits.lock:
            bits.__setstate__((new, seeds))

    return restore


def _plain(value: object) -> Json:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, (np.ndarray, tuple, list)):
        return [_plain(part) for part in value]
    return value if value is None or isinstance(value, str) else int(value)  # type: ignore[call-overload]  # NumPy's ints


def _like(own: Any, found: Any, name: str = "") -> Any:
    """`found` with arrays where `own` has them. Raises ValueError, TypeError or OverflowError for what is not alike."""
    if isinstance(own, dict):
        if not isinstance(found, Mapping) or own.keys() != found.keys():
            raise ValueError(f"it has not the entries {', '.join(own)}")
        return {key: _like(value, found[key], key) for key, value in own.items()}
    if isinstance(own, np.ndarray):
        array = np.array(found, own.dtype)
        if array.shape != own.shape:
            raise ValueError(f"an array has shape {array.shape}, expected {own.shape}")
        return array
    if type(found) is not type(own) or (name in _MOST and not 0 <= found <= _MOST[name]):
        raise ValueError(f"{name} is {found!r}")
    return found
