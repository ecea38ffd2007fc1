"""Adam and AdamW."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kytorch.optim.checks import flag, number
from kytorch.optim.moments import MomentsRule, MomentsState
from kytorch.optim.rule import bound, refuse_other_state
from kytorch.optim.state import ByWeight
from kytorch.optim.step import stepped
from kytorch.tensor.core import Gradients
from kytorch.tensor.values import Array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AdamState(MomentsState):
    """What Adam remembers: how many steps it made, and for each weight the means of g and of g squared and its steps.

    A weight's own count is behind `step` if it joined late or was missing from some lists. With `amsgrad` the largest
    mean of g squared is remembered too.
    """

    largest: ByWeight = field(default_factory=dict)


def adam(
    gradients: Gradients,
    state: AdamState,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
    maximize: bool = False,
    decoupled_weight_decay: bool = False,
) -> AdamState:
    """One step of Adam (Kingma & Ba 2015, Algorithm 1); begin with AdamState(). Returns the new state.

    `weight_decay` adds weight_decay w to the gradient, or, with `decoupled_weight_decay`, takes lr weight_decay w
    from the weight; `amsgrad` divides by the largest mean of g squared so far (Reddi et al. 2018, Algorithm 2);
    `maximize` climbs. All as in torch.optim.Adam, but eps is above 0. Raises ValueError or TypeError before any
    weight changes.
    """
    rule = _Rule("adam", lr, betas, eps, weight_decay, amsgrad, maximize, decoupled_weight_decay)
    refuse_other_state("adam", state, AdamState)
    return stepped("adam", gradients, state, rule)


def adamw(
    gradients: Gradients,
    state: AdamState,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 1e-2,
    amsgrad: bool = False,
    maximize: bool = False,
) -> AdamState:
    """One step of Adam with decoupled weight decay (Loshchilov & Hutter 2019, Algorithm 2); begin with AdamState().

    `weight_decay` takes lr weight_decay w from the weight; `amsgrad` and `maximize` are as in adam(). All as in
    torch.optim.AdamW, but eps is above 0. Returns the new state. Raises ValueError or TypeError before any weight
    changes.
    """
    rule = _Rule("adamw", lr, betas, eps, weight_decay, amsgrad, maximize, True)
    refuse_other_state("adamw", state, AdamState)
    return stepped("adamw", gradients, state, rule)


class _Rule(MomentsRule):
    """w <- w - lr m^ / (sqrt v^ + eps), where m^ and v^ are the means of g and g^2, corrected for their start at 0."""

    def __init__(
        self,
        name: str,
        lr: float,
        betas: tuple[float, float],
        eps: float,
        weight_decay: float,
        amsgrad: bool,
        maximize: bool,
        decoupled: bool,
    ) -> None:
        super().__init__(name, lr, betas, eps)
        is_apart = flag(name, "decoupled_weight_decay", decoupled)
        self.decay(number(name, "weight_decay", weight_decay), self.lr if is_apart else None)
        self.maximize = flag(name, "maximize", maximize)
        self.fields = ("mean", "square", "largest") if flag(name, "amsgrad", amsgrad) else ("mean", "square")

    def at(self, step: int) -> None:
        # lr m^ / (sqrt v^ + eps) = rate m / (sqrt v + epsilon), the corrections out of the arrays
        correction = math.sqrt(1.0 - self.beta2**step)
        self.rate, self.epsilon = self.lr * correction / (1.0 - self.beta1**step), self.eps * correction

    def remember(self, g: Array, old: Sequence[Array], new: Sequence[Array], scratch: Sequence[Array]) -> None:
        super().remember(g, old, new, scratch)
        if len(new) == 3:
            np.maximum(old[2], new[1], out=new[2])

    def most(self, g: float, old: Sequence[float]) -> Sequence[float]:
        mean, square = super().most(g, old)
        return [mean, square, max(old[2], square)] if len(old) == 3 else [mean, square]

    def move(
        self, g: Array, w: Array, old: Sequence[Array], new: Sequence[Array], out: Array, scratch: Sequence[Array]
    ) -> None:
        np.sqrt(new[-1], out=out)
        np.add(out, self.epsilon, out=out)
        np.divide(new[0], out, out=out)
        np.multiply(out, -self.rate, out=out)

    def reach(self, squares: Sequence[float]) -> float:
        return bound(self.rate, math.sqrt(squares[0]), self.epsilon)
