"""The default random generator."""

import numpy as np

_shared = [np.random.default_rng()]


def manual_seed(seed: int) -> np.random.Generator:
    """Seed the default generator, from which everything random draws that is given no generator; returns it."""
    _shared[0] = np.random.default_rng(seed)
    return _shared[0]


def generator_or_default(generator: np.random.Generator | None) -> np.random.Generator:
    """`generator`, or the default one."""
    return _shared[0] if generator is None else generator
