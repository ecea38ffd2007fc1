"""RAdam: Adam with a rectified start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kytorch.optim.checks import flag, number
from kytorch.optim.moments import MomentsRule, MomentsState
from kytorch.optim.rule import bound, refuse_other_state
from kytorch.optim.step import stepped
from kytorch.tensor.core import Gradients
from kytorch.tensor.values import Array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RAdamState(MomentsState):
    """What RAdam remembers: how many steps it made, and for each weight the means of g and of g^2 and its steps."""


def radam(
    gradients: Gradients,
    state: RAdamState,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled_weight_decay: bool = False,
    maximize: bool = False,
) -> RAdamState:
    """One step of RAdam (Liu et al. 2020, Algorithm 2); begin with RAdamState(). Returns the new state.

    While the mean of g squared is of too few steps to be relied on, the step is lr times the mean of g.
    `weight_decay` adds weight_decay w to the gradient, or, with `decoupled_weight_decay`, takes lr weight_decay w
    from the weight; `maximize` climbs. All as in torch.optim.RAdam, but eps is above 0. Raises ValueError or
    TypeError before any weight changes.
    """
    rule = _Rule("radam", lr, betas, eps)
    decoupled = flag("radam", "decoupled_weight_decay", decoupled_weight_decay)
    rule.decay(number("radam", "weight_decay", weight_decay), rule.lr if decoupled else None)
    rule.maximize = flag("radam", "maximize", maximize)
    refuse_other_state("radam", state, RAdamState)
    return stepped("radam", gradients, state, rule)


class _Rule(MomentsRule):
    """w <- w - lr r m^ / (sqrt v + eps) sqrt(1 - beta2^t), or w - lr m^ where the rectification r has no value."""

    def at(self, step: int) -> None:
        remaining = self.beta2**step
        longest = 2.0 / (1.0 - self.beta2) - 1.0
        length = longest - 2.0 * step * remaining / (1.0 - remaining)  # of the average, were it a simple one
        self.rate = self.lr / (1.0 - self.beta1**step)
        self.adapts = length > 5.0
        if self.adapts:
            rectified = (length - 4.0) * (length - 2.0) * longest / ((longest - 4.0) * (longest - 2.0) * length)
            self.rate *= math.sqrt(rectified * (1.0 - remaining))

    def move(
        self, g: Array, w: Array, old: Sequence[Array], new: Sequence[Array], out: Array, scratch: Sequence[Array]
    ) -> None:
        if self.adapts:
            np.sqrt(new[1], out=out)
            np.add(out, self.eps, out=out)
            np.divide(new[0], out, out=out)
            np.multiply(out, -self.rate, out=out)
        else:
            np.multiply(new[0], -self.rate, out=out)

    def reach(self, squares: Sequence[float]) -> float:
        return bound(self.rate, math.sqrt(squares[0]), self.eps if self.adapts else 1.0)
