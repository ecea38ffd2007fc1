"""What every optimizer shares: all is checked and computed before the first weight changes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from kytorch.nn.module import Module
from kytorch.tensor.core import Gradients, Tensor, TrainableWeight
from kytorch.tensor.values import Array, lock

_FEW = 2048  # elements, up to which a copy is cheaper than a look at an array of its own


def number(
    operation: str, name: str, value: float, low: float = 0.0, high: float = math.inf, *, positive: bool = False
) -> float:
    """`value` as a float, at least `low` and below `high`. Raises TypeError for what is no real number."""
    if type(value) is not float:
        if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
            called = f"; of a schedule, its value at a step: {name}=schedule(state.step)" if callable(value) else ""
            raise TypeError(f"{operation}: {name} is to be a number, not {type(value).__name__}{called}")
        try:
            value = float(value)
        except OverflowError:  # of an int
            value = math.inf if value > 0 else -math.inf
    if not (low <= value < high and math.isfinite(value)) or (positive and not value):
        least = "" if low == -math.inf else f"{'above' if positive else 'at least'} {low:g} and "
        below = "finite" if high == math.inf else f"below {high:g}"
        raise ValueError(f"{operation}: {name} is {value}; it is to be {least}{below}")
    return value


def count(operation: str, name: str, value: int, least: int = 1) -> int:
    """`value` as an int. Raises TypeError for what is none, ValueError for one below `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{operation}: {name} is to be an int, not {type(value).__name__}")
    if value < least:
        raise ValueError(f"{operation}: {name} is {value}; it is to be at least {least}")
    return int(value)


def flag(operation: str, name: str, value: bool) -> bool:
    """`value` as a bool. Raises TypeError for what is neither True nor False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{operation}: {name} is to be True or False, not {value!r}")
    return bool(value)


def refuse_no_module(operation: str, model: object) -> None:
    """Raise TypeError unless `model` is a Module."""
    if not isinstance(model, Module):
        raise TypeError(f"{operation}: model is to be a Module, not {type(model).__name__}")


def refuse_other_kinds(operation: str, gradients: Gradients) -> None:
    """Raise unless `gradients` is a list of pairs of a Tensor and a TrainableWeight."""
    if not isinstance(gradients, (list, tuple)):
        loss = "; backward() of a loss makes one" if isinstance(gradients, Tensor) else ""
        raise TypeError(f"{operation}: expected the list that loss.backward() answers, not {_named(gradients)}{loss}")
    for pair in gradients:
        if type(pair) is not tuple or len(pair) != 2:
            raise TypeError(
                f"{operation}: expected pairs (Tensor, TrainableWeight), as backward() answers, not {_named(pair)}"
            )
        if not isinstance(pair[0], Tensor) or not isinstance(pair[1], TrainableWeight):
            raise TypeError(
                f"{operation}: expected pairs (Tensor, TrainableWeight), as backward() answers, "
                f"not ({type(pair[0]).__name__}, {type(pair[1]).__name__})"
            )


def refuse_bad_gradients(operation: str, gradients: Gradients) -> float:
    """Raise unless each weight is there once, with a finite gradient of its shape and dtype.

    Answers the sum of the squares of all elements, which is infinite where it overflows.
    """
    refuse_other_kinds(operation, gradients)
    squares = 0.0
    few: list[Array] = []
    for gradient, weight in gradients:
        g, w = gradient._data, weight._data
        if g.shape != w.shape or g.dtype != w.dtype:
            raise _wrong_gradient(operation, gradients, weight, g)
        if g.size <= _FEW:
            few.append(g.ravel("K"))  # no copy, whatever the layout
        else:
            squares += _square(operation, gradients, weight, g)
    if few:
        square = _squared(np.concatenate(few))  # one look at many small arrays
        if not math.isfinite(square):
            square = sum([_square(operation, gradients, w, g._data) for g, w in gradients if g._data.size <= _FEW])
        squares += square
    if len({weight for _, weight in gradients}) != len(gradients):
        raise _listed_twice(operation, gradients)
    return squares


def _square(operation: str, gradients: Gradients, weight: TrainableWeight, g: Array) -> float:
    square = _squared(g)
    if not math.isfinite(square) and not np.isfinite(g).all():
        raise _wrong_gradient(operation, gradients, weight, g)
    return square


def _squared(g: Array) -> float:
    """The sum of the squares, the cheapest look at every element: only where it overflows is the exact one needed."""
    flat = g.ravel("K")  # no copy, whatever the layout
    return float(np.vdot(flat, flat))  # unlike dot it overflows without a warning


def refuse_overflow(operation: str, new: Iterable[Array], beside: Iterable[Array]) -> None:
    """Raise unless each weight's new array, and the array beside it of the new state, are finite."""
    for i, (array, other) in enumerate(zip(new, beside)):
        # As above: an infinity and a nan reach the sum whatever they are multiplied with, a 0 too.
        if math.isfinite(np.vdot(array.ravel("K"), other.ravel("K"))):
            continue
        if not np.isfinite(array).all() or not np.isfinite(other).all():
            raise ValueError(
                f"{operation}: the step overflows: weight {i}, of shape {array.shape} and dtype {array.dtype}, or what "
                "is remembered of it, would not be finite; no weight was changed (a smaller lr or clip_by_norm() "
                "shortens the step)"
            )


def update(gradients: Gradients, arrays: Sequence[Array]) -> None:
    """Give each weight of `gradients` its new array, which is locked and not copied."""
    try:
        for (_, weight), array in zip(gradients, arrays):
            lock(array)
            weight._data = array
    except KeyboardInterrupt:  # all or nothing
        update(gradients, arrays)
        raise


def _named(value: object) -> str:
    return f"a tuple of {len(value)}" if isinstance(value, tuple) else f"a {type(value).__name__}"


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
