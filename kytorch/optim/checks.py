"""What every optimizer shares: all is checked and computed before the first weight changes."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from kytorch.tensor.core import Gradients, Tensor, TrainableWeight
from kytorch.tensor.values import Array, lock


def number(
    operation: str, name: str, value: float, low: float = 0.0, high: float = math.inf, *, positive: bool = False
) -> float:
    """`value` as a float, at least `low` and below `high`. Raises TypeError for what is no real number."""
    if type(value) is not float:
        if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
            raise TypeError(f"{operation}: {name} is to be a number, not {type(value).__name__}")
        value = float(value)
    if not low <= value < high or (positive and not value):
        least = "above" if positive else "at least"
        below = "finite" if high == math.inf else f"below {high:g}"
        raise ValueError(f"{operation}: {name} is {value}; it is to be {least} {low:g} and {below}")
    return value


def check_gradients(operation: str, gradients: Gradients) -> None:
    """Raise unless each weight is there once, with a finite gradient of its shape and dtype."""
    for gradient, weight in gradients:
        if not isinstance(gradient, Tensor) or not isinstance(weight, TrainableWeight):
            raise TypeError(
                f"{operation}: expected pairs (Tensor, TrainableWeight), as backward() answers, "
                f"not ({type(gradient).__name__}, {type(weight).__name__})"
            )
        g, w = gradient._data, weight._data
        # A product with itself is the cheapest look at every element; only where it overflows is the exact one needed.
        # vdot, unlike dot, overflows without a warning.
        flat = g.ravel("K")  # no copy, whatever the layout
        finite = math.isfinite(np.vdot(flat, flat)) or np.isfinite(g).all()
        if not finite or g.shape != w.shape or g.dtype != w.dtype:
            raise _wrong_gradient(operation, gradients, weight, g)
    if len({weight for _, weight in gradients}) != len(gradients):
        raise _listed_twice(operation, gradients)


def update(gradients: Gradients, arrays: Iterable[Array]) -> None:
    """Give each weight of `gradients` its new array, which is locked and not copied."""
    for (_, weight), array in zip(gradients, arrays):
        lock(array)
        weight._data = array


def _wrong_gradient(operation: str, gradients: Gradients, weight: TrainableWeight, g: Array) -> Exception:
    named = f"{operation}: weight {[w for _, w in gradients].index(weight)}, of shape {weight.shape}"
    if g.shape != weight.shape:
        return ValueError(f"{named}, got a gradient of shape {g.shape}")
    if g.dtype != weight.dtype:
        return TypeError(f"{named} and dtype {weight.dtype}, got a gradient of dtype {g.dtype}; convert it with to()")
    wrong = np.count_nonzero(~np.isfinite(g))
    return ValueError(
        f"{named}, got a gradient that is not finite in {wrong} of {g.size} elements; no weight was changed "
        "(detect_anomaly() finds the operation that made it)"
    )


def _listed_twice(operation: str, gradients: Gradients) -> ValueError:
    first: dict[TrainableWeight, int] = {}
    for i, (_, weight) in enumerate(gradients):
        if first.setdefault(weight, i) != i:
            break
    return ValueError(
        f"{operation}: weight {i}, of shape {weight.shape}, is weight {first[weight]} again; "
        "optim.add() sums two lists of gradients"
    )
