"""The default random generator."""

from __future__ import annotations

import numpy as np

# Made when first needed: NumPy's random module takes long to import.
_default: list[np.random.Generator] = []


def manual_seed(seed: int) -> np.random.Generator:
    """Seed the default generator, from which everything random draws that is given no generator; returns it."""
    _default[:] = [np.random.default_rng(seed)]
    return _default[0]


def generator_or_default(generator: np.random.Generator | None) -> np.random.Generator:
    """`generator`, or the default one, which is seeded at random until `manual_seed`."""
    if generator is not None:
        return generator
    if not _default:
        _default.append(np.random.default_rng())
    return _default[0]
