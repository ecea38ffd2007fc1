"""RAdam: Adam with a rectified start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kytorch.kernels.averages import average, average_square
from kytorch.optim.checks import flag, number
from kytorch.optim.rule import Rule, bound, pair, refuse_other_state
from kytorch.optim.state import COUNTS, ByWeight, Counts, State
from kytorch.optim.step import stepped
from kytorch.tensor.core import Gradients
from kytorch.tensor.values import Array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RAdamState(State):
    """What RAdam remembers: how many steps it made, and for each weight the means of g and of g^2 and its steps."""

    step: int = 0
    mean: ByWeight = field(default_factory=dict)
    square: ByWeight = field(default_factory=dict)
    steps: Counts = field(default_factory=dict, metadata=COUNTS)

    def __post_init__(self) -> None:
        State.__post_init__(self)
        self._check_same_weights("mean", "square", "steps")


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
    rule = _Rule(
        number("radam", "lr", lr), pair("radam", "betas", betas, high=1.0), number("radam", "eps", eps, positive=True)
    )
    decoupled = flag("radam", "decoupled_weight_decay", decoupled_weight_decay)
    rule.decay(number("radam", "weight_decay", weight_decay), rule.lr if decoupled else None)
    rule.maximize = flag("radam", "maximize", maximize)
    refuse_other_state("radam", state, RAdamState)
    return stepped("radam", gradients, state, rule)


class _Rule(Rule):
    """w <- w - lr r m^ / (sqrt v + eps) sqrt(1 - beta2^t), or w - lr m^ where the rectification r has no value."""

    fields = ("mean", "square")

    def __init__(self, lr: float, betas: tuple[float, float], eps: float) -> None:
        self.lr, (self.beta1, self.beta2), self.eps = lr, betas, eps

    def at(self, step: int) -> None:
        remaining = self.beta2**step
        longest = 2.0 / (1.0 - self.beta2) - 1.0
        length = longest - 2.0 * step * remaining / (1.0 - remaining)  # of the average, were it a simple one
        self.rate = self.lr / (1.0 - self.beta1**step)
        self.adapts = length > 5.0
        if self.adapts:
            rectified = (length - 4.0) * (length - 2.0) * longest / ((longest - 4.0) * (longest - 2.0) * length)
            self.rate *= math.sqrt(rectified * (1.0 - remaining))

    def remember(self, g: Array, old: Sequence[Array], new: Sequence[Array], scratch: Sequence[Array]) -> None:
        average(old[0], g, self.beta1, new[0], scratch[0])
        average_square(old[1], g, self.beta2, new[1], scratch[0])

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
