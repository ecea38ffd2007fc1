"""Gradient descent, with and without momentum."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import overload

import numpy as np

from kytorch.optim.checks import number, refuse_bad_gradients, refuse_overflow, update
from kytorch.optim.state import ByWeight, State, replaced, working_dtype
from kytorch.tensor.core import Gradients, TrainableWeight
from kytorch.tensor.values import Array

_NAME = "gradient_descent"
# A finite float16 stays finite when less than 16 is added, half the distance of its two largest numbers; a larger
# dtype when much more is. The square of a length that is safely below, so that most steps need no look at the result:
_SURELY_FINITE = 200.0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MomentumState(State):
    """What gradient descent with momentum remembers: for each weight its velocity."""

    velocity: ByWeight = field(default_factory=dict)


@overload
def gradient_descent(gradients: Gradients, *, lr: float, weight_decay: float = 0.0) -> None: ...
@overload
def gradient_descent(
    gradients: Gradients,
    state: MomentumState,
    *,
    lr: float,
    momentum: float,
    dampening: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
) -> MomentumState: ...
def gradient_descent(
    gradients: Gradients,
    state: MomentumState | None = None,
    *,
    lr: float,
    momentum: float | None = None,
    dampening: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
) -> MomentumState | None:
    """One step of w <- w - lr g; with a state, one of v <- momentum v + (1 - dampening) g, w <- w - lr v.

    As torch.optim.SGD: g is the gradient plus weight_decay w, the first v is g, and Nesterov's step is along
    g + momentum v (Sutskever et al. 2013, section 2). Returns the new state if given one. Raises ValueError or
    TypeError before any weight changes.
    """
    rate = number(_NAME, "lr", lr)
    decay = number(_NAME, "weight_decay", weight_decay)
    if state is None:
        if momentum is not None or dampening or nesterov:
            raise TypeError(
                f"{_NAME}: momentum needs a state: state = gradient_descent(gradients, state, lr=..., momentum=...), "
                "beginning with MomentumState()"
            )
        squares = refuse_bad_gradients(_NAME, gradients)
        new = _descended(gradients, _directions(gradients, decay), rate)
        if decay or not rate * rate * squares < _SURELY_FINITE:
            refuse_overflow(_NAME, new, new)
        update(gradients, new)
        return None
    if not isinstance(state, MomentumState):
        raise TypeError(f"{_NAME}: the state is to be a MomentumState, not {type(state).__name__}")
    if momentum is None:
        raise TypeError(f"{_NAME}: a state needs momentum=, such as 0.9")
    keep = number(_NAME, "momentum", momentum, high=1.0)
    damped = number(_NAME, "dampening", dampening, high=1.0)
    take = 1.0 - damped if keep else 1.0
    if nesterov and (damped or not keep):
        raise ValueError(f"{_NAME}: nesterov needs a momentum above 0 and a dampening of 0")
    refuse_bad_gradients(_NAME, gradients)
    state.check(_NAME, [weight for _, weight in gradients])
    velocity: dict[TrainableWeight, Array] = {}
    steps: list[Array] = []
    for (_, weight), g in zip(gradients, _directions(gradients, decay)):
        v = state.velocity.get(weight)
        if v is None:
            v = g.astype(working_dtype(weight))
        else:
            v = v * keep
            v += g if take == 1.0 else g * take
        velocity[weight] = v
        steps.append(g + v * keep if nesterov else v)
    new = _descended(gradients, steps, rate)
    refuse_overflow(_NAME, new, velocity.values())
    state = MomentumState(replaced(state.velocity, velocity))
    update(gradients, new)
    return state


def _directions(gradients: Gradients, decay: float) -> list[Array]:
    """For each weight g + decay w."""
    if not decay:
        return [gradient._data for gradient, _ in gradients]
    return [g._data + w._data.astype(working_dtype(w), copy=False) * decay for g, w in gradients]


def _descended(gradients: Gradients, steps: list[Array], lr: float) -> list[Array]:
    """For each weight w - lr step, in its dtype."""
    new: list[Array] = []
    dtype = rate = None
    for (_, weight), step in zip(gradients, steps):
        w = weight._data
        if w.dtype is not dtype:  # an array of shape () multiplies in half the time that a Python number takes
            dtype, rate = w.dtype, np.array(-lr, working_dtype(weight))
        moved = step * rate
        moved += w
        new.append(moved if moved.dtype is dtype else moved.astype(dtype))
    return new
