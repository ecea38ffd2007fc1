"""The operations that are timed: what each is called with, in kytorch, in PyTorch and in plain NumPy."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from benchmarks.prepared import Array

SIZES = (3, 10_000, 1_000_000)

Inputs: TypeAlias = Callable[[int], tuple[Array, ...]]
Call: TypeAlias = Callable[..., Any]


@dataclass(frozen=True)
class Case:
    """An operation. `call` takes kytorch or torch, whose operation is meant, and the inputs."""

    name: str
    inputs: Inputs
    """The arrays of a given number of elements; the floats are differentiated."""
    call: Call
    numpy: Call | None
    """The same on arrays in NumPy's own functions, where it has them."""
    torch: Call | None = None
    """What to call in PyTorch where it is not `call`."""
    differentiable: bool = True
    random: bool = False
    """Whether the answer is another every time."""
    tolerance: float = 1e-4
    """How far kytorch's answers may be from PyTorch's, as a share of the greatest."""


def normal(n: int) -> Array:
    """Numbers of both signs."""
    return np.random.default_rng(1).standard_normal(n, np.float32)


def positive(n: int) -> Array:
    """Numbers from 0.5 to 2."""
    return np.random.default_rng(2).uniform(0.5, 2.0, n).astype(np.float32)


def unit(n: int) -> Array:
    """Numbers from 0.1 to 0.9."""
    return np.random.default_rng(3).uniform(0.1, 0.9, n).astype(np.float32)


def near_one(n: int) -> Array:
    """Numbers so near to 1 that the product of all is neither 0 nor infinite."""
    return np.random.default_rng(11).uniform(0.999, 1.001, n).astype(np.float32)


def whole(n: int) -> Array:
    """Integers from 0 to 99."""
    drawn: Array = np.random.default_rng(4).integers(0, 100, n)
    return drawn


def distinct(n: int) -> Array:
    """Numbers no two of which are equal, in no order."""
    return np.random.default_rng(9).permutation(n).astype(np.float32)


def rows(x: Array) -> Array:
    """As a matrix that is about square: (1, 3), (100, 100), (1000, 1000)."""
    return x.reshape(math.isqrt(x.size), -1)


def squares(n: int) -> Array:
    """Square matrices that are far from singular: (2, 2), (100, 100), (100, 100, 100)."""
    side = max(2, min(math.isqrt(n), 100))
    batch = n // side**2
    shape = (batch, side, side) if batch > 1 else (side, side)
    noise = np.random.default_rng(5).standard_normal(shape) / (4 * math.sqrt(side))
    return (np.eye(side) + noise).astype(np.float32)


def spread(n: int) -> Array:
    """Symmetric matrices whose eigenvalues are positive and apart."""
    x = squares(n).astype(np.float64)
    side = x.shape[-1]
    q, _ = np.linalg.qr(x)
    made: Array = (q * np.linspace(1.0, 3.0, side)) @ np.swapaxes(q, -1, -2)
    return made.astype(np.float32)


CASES: list[Case] = []


def case(
    name: str,
    numpy: Call | None,
    *inputs: Callable[[int], Array],
    call: Call | None = None,
    torch: Call | None = None,
    differentiable: bool = True,
    random: bool = False,
    tolerance: float = 1e-4,
) -> None:
    """Add an operation of which kytorch and PyTorch have a function of this name, or which both make with `call`."""
    made = inputs or (normal,)

    def arrays(n: int) -> tuple[Array, ...]:
        return tuple([make(n) for make in made])

    def by_name(library: Any, *values: Any) -> Any:
        return getattr(library, name)(*values)

    CASES.append(Case(name, arrays, call or by_name, numpy, torch, differentiable, random, tolerance))


def matrix(n: int) -> Array:
    """Numbers of both signs in an about square matrix."""
    made: Array = rows(normal(n))
    return made


def positive_matrix(n: int) -> Array:
    """Positive numbers in an about square matrix."""
    return rows(positive(n))
