"""NumPy's generators, one or several, and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from kytorch.tensor.generator_state import generator_state, prepared_generator_state
from kytorch.tensor.values import Json

Generators: TypeAlias = np.random.Generator | Mapping[str, np.random.Generator]


def by_name(operation: str, generators: Generators) -> dict[str, np.random.Generator]:
    """The generators by name; one alone has the name "". Raises TypeError for other kinds."""
    named = {**generators} if isinstance(generators, Mapping) else {"": generators}
    for name, generator in named.items():
        if type(name) is not str:
            raise TypeError(f"{operation}: generators has the key {name!r}; a generator's name is a str")
        if not isinstance(generator, np.random.Generator):
            raise TypeError(
                f"{operation}: generators is to be a numpy.random.Generator or a dict of them, "
                f"{'not' if generators is generator else f'and {name!r} is'} {type(generator).__name__}"
            )
    return named


def described(generators: Mapping[str, np.random.Generator]) -> Json:
    """Where they stand. Raises TypeError for a bit generator that is not NumPy's own."""
    return {name: generator_state(generator) for name, generator in generators.items()}


def prepared(
    generators: Mapping[str, np.random.Generator], saved: Mapping[str, Json] | None
) -> tuple[list[str], list[Callable[[], None]]]:
    """What does not fit, and the calls, which cannot fail, that move the generators to where those saved stood."""
    if saved is None:
        return ["holds no generator's state"], []
    problems = [f"missing {_shown(name)}" for name in generators if name not in saved]
    problems += [f"unexpected {_shown(name)}" for name in saved if name not in generators]
    calls = []
    for name in generators.keys() & saved.keys():
        state = saved[name]
        try:
            calls.append(prepared_generator_state(generators[name], state if isinstance(state, Mapping) else {}))
        except ValueError as error:
            problems.append(f"{_shown(name)}: {str(error).removeprefix('generator: ')}")
    return problems, calls


def _shown(name: str) -> str:
    return f"generators[{name!r}]" if name else "the single generator"
