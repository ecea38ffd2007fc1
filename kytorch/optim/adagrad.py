"""Adagrad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kytorch.optim.checks import flag, number
from kytorch.optim.rule import Rule, bound, refuse_other_state
from kytorch.optim.state import COUNTS, ByWeight, Counts, State
from kytorch.optim.step import stepped
from kytorch.tensor.core import Gradients
from kytorch.tensor.values import Array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AdagradState(State):
    """What Adagrad remembers: how many steps it made, and for each weight the sum of g squared and its own steps."""

    step: int = 0
    total: ByWeight = field(default_factory=dict)
    steps: Counts = field(default_factory=dict, metadata=COUNTS)

    def __post_init__(self) -> None:
        State.__post_init__(self)
        self._check_same_weights("total", "steps")


def adagrad(
    gradients: Gradients,
    state: AdagradState,
    *,
    lr: float = 1e-2,
    lr_decay: float = 0.0,
    weight_decay: float = 0.0,
    initial_accumulator_value: float = 0.0,
    eps: float = 1e-10,
    maximize: bool = False,
) -> AdagradState:
    """One step of Adagrad (Duchi, Hazan & Singer 2011, Figure 1, with a diagonal G); begin with AdagradState().

    g is divided by the root of the sum of all g squared, which begins at `initial_accumulator_value`, plus `eps`; a
    weight's step t, from 1, has the rate lr / (1 + (t - 1) lr_decay). `weight_decay` adds weight_decay w to g,
    `maximize` climbs. All as in torch.optim.Adagrad, but eps is above 0. Returns the new state. Raises ValueError
    or TypeError before any weight changes.
    """
    rule = _Rule(
        number("adagrad", "lr", lr),
        number("adagrad", "lr_decay", lr_decay),
        number("adagrad", "eps", eps, positive=True),
    )
    rule.initial = number("adagrad", "initial_accumulator_value", initial_accumulator_value)
    rule.decay(number("adagrad", "weight_decay", weight_decay))
    rule.maximize = flag("adagrad", "maximize", maximize)
    refuse_other_state("adagrad", state, AdagradState)
    return stepped("adagrad", gradients, state, rule)


class _Rule(Rule):
    """s <- s + g^2, w <- w - rate g / (sqrt s + eps)"""

    fields = ("total",)

    def __init__(self, lr: float, lr_decay: float, eps: float) -> None:
        self.lr, self.lr_decay, self.eps = lr, lr_decay, eps

    def at(self, step: int) -> None:
        self.rate = self.lr / (1.0 + (step - 1) * self.lr_decay)

    def remember(self, g: Array, old: Sequence[Array], new: Sequence[Array], scratch: Sequence[Array]) -> None:
        np.multiply(g, g, out=new[0])
        np.add(new[0], old[0], out=new[0])

    def move(
        self, g: Array, w: Array, old: Sequence[Array], new: Sequence[Array], out: Array, scratch: Sequence[Array]
    ) -> None:
        np.sqrt(new[0], out=out)
        np.add(out, self.eps, out=out)
        np.divide(g, out, out=out)
        np.multiply(out, -self.rate, out=out)

    def most(self, g: float, old: Sequence[float]) -> Sequence[float]:
        return [old[0] + g * g]

    def reach(self, squares: Sequence[float]) -> float:
        return bound(self.rate, self.eps, self.eps)  # g is at most the root
