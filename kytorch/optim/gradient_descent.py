"""Gradient descent, with and without momentum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np

from kytorch.optim.checks import flag, number, refuse_bad_gradients, refuse_overflow, update
from kytorch.optim.rule import Rule, bound, refuse_other_state
from kytorch.optim.state import ByWeight, State, working_dtype
from kytorch.optim.step import stepped
from kytorch.tensor.core import Gradients
from kytorch.tensor.values import Array

_NAME = "gradient_descent"
# A finite float16 stays finite when less than 16 is added, half the distance of its two largest numbers; a larger
# dtype when much more is. The square of a length that is safely below, so that most steps need no look at the result:
_SURELY_FINITE = 200.0
_LARGE = 1e4  # a rate above which elements whose squares are 0 in float16 may go further than that


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MomentumState(State):
    """What gradient descent with momentum remembers: how many steps it made, and for each weight its velocity."""

    step: int = 0
    velocity: ByWeight = field(default_factory=dict)


@overload
def gradient_descent(gradients: Gradients, *, lr: float, weight_decay: float = 0.0, maximize: bool = False) -> None: ...
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
    maximize: bool = False,
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
    maximize: bool = False,
) -> MomentumState | None:
    """One step of w <- w - lr g; with a state, one of v <- momentum v + (1 - dampening) g, w <- w - lr v.

    As torch.optim.SGD: g is the gradient plus weight_decay w, the first v is g, Nesterov's step is along g + momentum v
    (Sutskever et al. 2013, section 2), and `maximize` climbs. Returns the new state if given one. Raises ValueError or
    TypeError before any weight changes.
    """
    if state is None:
        if momentum is not None or dampening or nesterov:
            raise TypeError(
                f"{_NAME}: momentum needs a state: state = gradient_descent(gradients, state, lr=..., momentum=...), "
                "beginning with MomentumState()"
            )
        rate = number(_NAME, "lr", lr)
        decay = number(_NAME, "weight_decay", weight_decay)
        squares = refuse_bad_gradients(_NAME, gradients)
        sign = -1.0 if flag(_NAME, "maximize", maximize) else 1.0
        if not decay and rate <= _LARGE and rate * rate * squares < _SURELY_FINITE:
            new = _descended(gradients, [g._data for g, _ in gradients], sign * rate)
        else:
            with np.errstate(all="ignore"):  # what is not finite is refused
                new = _descended(gradients, _decayed(gradients, sign * decay), sign * rate)
            refuse_overflow(_NAME, new, new)
        update(gradients, new)
        return None
    refuse_other_state(_NAME, state, MomentumState)
    if momentum is None:
        raise TypeError(f"{_NAME}: a state needs momentum=, such as 0.9")
    return stepped(_NAME, gradients, state, _Rule(lr, momentum, dampening, nesterov, weight_decay, maximize))


class _Rule(Rule):
    """v <- momentum v + (1 - dampening) g, w <- w - lr v, where the first v is g."""

    fields = ("velocity",)

    def __init__(
        self, lr: float, momentum: float, dampening: float, nesterov: bool, weight_decay: float, maximize: bool
    ) -> None:
        self.rate = number(_NAME, "lr", lr)
        self.momentum = number(_NAME, "momentum", momentum, high=1.0)
        self.dampening = number(_NAME, "dampening", dampening, high=1.0)
        self.nesterov = flag(_NAME, "nesterov", nesterov)
        self.weight_decay = number(_NAME, "weight_decay", weight_decay)
        self.maximize = flag(_NAME, "maximize", maximize)
        if nesterov and (self.dampening or not self.momentum):
            raise ValueError(f"{_NAME}: nesterov needs a momentum above 0 and a dampening of 0")

    def at(self, step: int) -> None:
        self.take = 1.0 if step == 1 or not self.momentum else 1.0 - self.dampening

    def remember(self, g: Array, old: Sequence[Array], new: Sequence[Array], scratch: Sequence[Array]) -> None:
        np.multiply(old[0], self.momentum, out=new[0])
        np.add(new[0], g if self.take == 1.0 else np.multiply(g, self.take, out=scratch[0]), out=new[0])

    def move(
        self, g: Array, w: Array, old: Sequence[Array], new: Sequence[Array], out: Array, scratch: Sequence[Array]
    ) -> None:
        if self.nesterov:
            np.multiply(new[0], self.momentum, out=out)
            np.add(out, g, out=out)
            np.multiply(out, -self.rate, out=out)
        else:
            np.multiply(new[0], -self.rate, out=out)

    def most(self, g: float, old: Sequence[float]) -> Sequence[float]:
        return [self.momentum * old[0] + g]

    def reach(self, squares: Sequence[float]) -> float:
        return math.inf if self.nesterov else bound(self.rate, math.sqrt(squares[0]))


def _decayed(gradients: Gradients, decay: float) -> list[Array]:
    """For each weight g + decay w."""
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
