"""A learning rate that falls when what is watched no longer improves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from kytorch.optim.checks import count, number
from kytorch.optim.rule import refuse_other_state
from kytorch.optim.state import State
from kytorch.tensor.core import Tensor


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PlateauState(State):
    """What `plateau` remembers: the learning rate, the best value, and how many it saw.

    `bad_steps` counts values since the last one that was better, and `cooldown` how many are still to be overlooked.
    """

    lr: float = 1e-3
    step: int = 0
    best: float = 0.0
    bad_steps: int = 0
    cooldown: int = 0

    def __post_init__(self) -> None:
        State.__post_init__(self)
        object.__setattr__(self, "lr", number("PlateauState", "lr", self.lr))  # a float, of NumPy's numbers too
        object.__setattr__(self, "best", number("PlateauState", "best", self.best, low=-math.inf))
        for name in ("bad_steps", "cooldown"):
            count("PlateauState", name, getattr(self, name), least=0)


def plateau(
    value: float | Tensor,
    state: PlateauState,
    *,
    mode: Literal["min", "max"] = "min",
    factor: float = 0.1,
    patience: int = 10,
    threshold: float = 1e-4,
    threshold_mode: Literal["rel", "abs"] = "rel",
    cooldown: int = 0,
    min_lr: float = 0.0,
    eps: float = 1e-8,
) -> PlateauState:
    """The state after one more `value`, such as an epoch's loss; begin with PlateauState(lr=...).

    Its `lr` is multiplied by `factor` once more than `patience` values in a row were not better than the best, by
    more than `threshold`, as in torch's ReduceLROnPlateau. Raises ValueError for a value that is not finite.
    """
    name = "plateau"
    refuse_other_state(name, state, PlateauState)
    if mode not in ("min", "max"):
        raise ValueError(f"{name}: mode is {mode!r}; it is to be 'min' or 'max'")
    if threshold_mode not in ("rel", "abs"):
        raise ValueError(f"{name}: threshold_mode is {threshold_mode!r}; it is to be 'rel' or 'abs'")
    now = number(name, "the value", value.item() if isinstance(value, Tensor) else value, low=-math.inf)
    times, margin = number(name, "factor", factor, high=1.0), number(name, "threshold", threshold)
    least, smallest = number(name, "min_lr", min_lr), number(name, "eps", eps)
    patient = count(name, "patience", patience, least=0)
    rest = count(name, "cooldown", cooldown, least=0)

    sign = 1.0 if mode == "min" else -1.0
    bound = state.best * (1.0 - sign * margin) if threshold_mode == "rel" else state.best - sign * margin
    best, bad, cooling, lr = state.best, state.bad_steps + 1, state.cooldown, state.lr
    if not state.step or sign * now < sign * bound:
        best, bad = now, 0
    if cooling:
        cooling, bad = cooling - 1, 0
    if bad > patient:
        reduced = max(lr * times, least)
        if lr - reduced > smallest:
            lr = reduced
        cooling, bad = rest, 0
    return PlateauState(lr, state.step + 1, best, bad, cooling)
