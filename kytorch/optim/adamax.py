"""Adamax: Adam with the infinity norm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kytorch.kernels.averages import average
from kytorch.optim.checks import flag, number
from kytorch.optim.rule import Rule, bound, pair, refuse_other_state
from kytorch.optim.state import COUNTS, ByWeight, Counts, State
from kytorch.optim.step import stepped
from kytorch.tensor.core import Gradients
from kytorch.tensor.values import Array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AdamaxState(State):
    """What Adamax remembers: how many steps it made, and for each weight the mean of g, the largest, decaying |g| and
    its steps.
    """

    step: int = 0
    mean: ByWeight = field(default_factory=dict)
    largest: ByWeight = field(default_factory=dict)
    steps: Counts = field(default_factory=dict, metadata=COUNTS)

    def __post_init__(self) -> None:
        State.__post_init__(self)
        self._check_same_weights("mean", "largest", "steps")


def adamax(
    gradients: Gradients,
    state: AdamaxState,
    *,
    lr: float = 2e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> AdamaxState:
    """One step of Adamax (Kingma & Ba 2015, Algorithm 2); begin with AdamaxState(). Returns the new state.

    `eps` is added to |g|, `weight_decay` adds weight_decay w to the gradient, `maximize` climbs. All as in
    torch.optim.Adamax, but eps is above 0. Raises ValueError or TypeError before any weight changes.
    """
    rule = _Rule(
        number("adamax", "lr", lr),
        pair("adamax", "betas", betas, high=1.0),
        number("adamax", "eps", eps, positive=True),
    )
    rule.decay(number("adamax", "weight_decay", weight_decay))
    rule.maximize = flag("adamax", "maximize", maximize)
    refuse_other_state("adamax", state, AdamaxState)
    return stepped("adamax", gradients, state, rule)


class _Rule(Rule):
    """w <- w - lr m^ / u, where u <- max(beta2 u, |g| + eps)."""

    fields = ("mean", "largest")

    def __init__(self, lr: float, betas: tuple[float, float], eps: float) -> None:
        self.lr, (self.beta1, self.beta2), self.eps = lr, betas, eps

    def at(self, step: int) -> None:
        self.rate = self.lr / (1.0 - self.beta1**step)

    def remember(self, g: Array, old: Sequence[Array], new: Sequence[Array], scratch: Sequence[Array]) -> None:
        average(old[0], g, self.beta1, new[0], scratch[0])
        np.abs(g, out=scratch[0])
        np.add(scratch[0], self.eps, out=scratch[0])
        np.multiply(old[1], self.beta2, out=new[1])
        np.maximum(new[1], scratch[0], out=new[1])

    def move(
        self, g: Array, w: Array, old: Sequence[Array], new: Sequence[Array], out: Array, scratch: Sequence[Array]
    ) -> None:
        np.divide(new[0], new[1], out=out)
        np.multiply(out, -self.rate, out=out)

    def most(self, g: float, old: Sequence[float]) -> Sequence[float]:
        return [max(g, old[0]), max(g + self.eps, old[1])]

    def reach(self, squares: Sequence[float]) -> float:
        return bound(self.rate, math.sqrt(squares[0]), self.eps)
