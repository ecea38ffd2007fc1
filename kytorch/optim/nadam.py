"""NAdam: Adam with Nesterov's momentum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kytorch.optim.checks import flag, number
from kytorch.optim.moments import MomentsRule, MomentsState
from kytorch.optim.rule import bound, refuse_other_state
from kytorch.optim.state import FACTORS, Factors, State
from kytorch.optim.step import stepped
from kytorch.tensor.core import Gradients
from kytorch.tensor.values import Array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class NAdamState(MomentsState):
    """What NAdam remembers: how many steps it made, and for each weight the means of g and of g squared, its steps, and
    the product of the momenta of all of them.
    """

    momenta: Factors = field(default_factory=dict, metadata=FACTORS)

    def __post_init__(self) -> None:
        State.__post_init__(self)
        self._check_same_weights("mean", "square", "steps", "momenta")


def nadam(
    gradients: Gradients,
    state: NAdamState,
    *,
    lr: float = 2e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum_decay: float = 4e-3,
    decoupled_weight_decay: bool = False,
    maximize: bool = False,
) -> NAdamState:
    """One step of NAdam (Dozat 2016, Algorithm 2); begin with NAdamState(). Returns the new state.

    The momentum of a weight's step t is betas[0] (1 - 0.96^(t momentum_decay) / 2). `weight_decay` adds
    weight_decay w to the gradient, or, with `decoupled_weight_decay`, takes lr weight_decay w from the weight;
    `maximize` climbs. All as in torch.optim.NAdam, but eps is above 0. Raises ValueError or TypeError before any
    weight changes.
    """
    rule = _Rule("nadam", lr, betas, eps)
    rule.momentum_decay = number("nadam", "momentum_decay", momentum_decay)
    decoupled = flag("nadam", "decoupled_weight_decay", decoupled_weight_decay)
    rule.decay(number("nadam", "weight_decay", weight_decay), rule.lr if decoupled else None)
    rule.maximize = flag("nadam", "maximize", maximize)
    refuse_other_state("nadam", state, NAdamState)
    return stepped("nadam", gradients, state, rule)


class _Rule(MomentsRule):
    """w <- w - lr (a g + b m) / (sqrt v^ + eps), where a and b are of the momenta now and of the next step."""

    factor = "momenta"
    momentum_decay = 0.0

    def at(self, step: int) -> None:
        momentum, following = self._momentum(step), self._momentum(step + 1)
        self.product *= momentum
        # The correction of v^, out of the arrays
        correction = math.sqrt(1.0 - self.beta2**step)
        self.epsilon = self.eps * correction
        self.of_g = self.lr * (1.0 - momentum) / (1.0 - self.product) * correction
        self.of_mean = self.lr * following / (1.0 - self.product * following) * correction

    def _momentum(self, step: int) -> float:
        return self.beta1 * (1.0 - 0.5 * math.pow(0.96, step * self.momentum_decay))

    def move(
        self, g: Array, w: Array, old: Sequence[Array], new: Sequence[Array], out: Array, scratch: Sequence[Array]
    ) -> None:
        np.multiply(g, -self.of_g, out=out)
        np.multiply(new[0], -self.of_mean, out=scratch[0])
        np.add(out, scratch[0], out=out)
        np.sqrt(new[1], out=scratch[0])
        np.add(scratch[0], self.epsilon, out=scratch[0])
        np.divide(out, scratch[0], out=out)

    def reach(self, squares: Sequence[float]) -> float:
        most = self.epsilon / math.sqrt(1.0 - self.beta2)  # since the mean of g squared has this part of it at least
        return bound(self.of_g, most, self.epsilon) + bound(self.of_mean, math.sqrt(squares[0]), self.epsilon)
