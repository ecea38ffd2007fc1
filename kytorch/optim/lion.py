"""Lion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kytorch.kernels.averages import average
from kytorch.optim.checks import number
from kytorch.optim.rule import Rule, pair, refuse_other_state
from kytorch.optim.state import ByWeight, State
from kytorch.optim.step import stepped
from kytorch.tensor.core import Gradients
from kytorch.tensor.values import Array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LionState(State):
    """What Lion remembers: how many steps it made, and for each weight the mean of g."""

    step: int = 0
    mean: ByWeight = field(default_factory=dict)


def lion(
    gradients: Gradients,
    state: LionState,
    *,
    lr: float = 1e-4,
    betas: tuple[float, float] = (0.9, 0.99),
    weight_decay: float = 0.0,
) -> LionState:
    """One step of Lion (Chen et al. 2023, Algorithm 2); begin with LionState(). Returns the new state.

    Each element moves by lr against the sign of betas[0] m + (1 - betas[0]) g, where m is the mean of g, of which
    betas[1] is kept at each step. `weight_decay` takes lr weight_decay w from the weight. Raises ValueError or
    TypeError before any weight changes.
    """
    rule = _Rule(number("lion", "lr", lr), pair("lion", "betas", betas, high=1.0))
    rule.decay(number("lion", "weight_decay", weight_decay), rule.lr)
    refuse_other_state("lion", state, LionState)
    return stepped("lion", gradients, state, rule)


class _Rule(Rule):
    """w <- w - lr sign(b1 m + (1 - b1) g), m <- b2 m + (1 - b2) g"""

    fields = ("mean",)

    def __init__(self, lr: float, betas: tuple[float, float]) -> None:
        self.lr = lr
        self.beta1, self.beta2 = betas

    def remember(self, g: Array, old: Sequence[Array], new: Sequence[Array], scratch: Sequence[Array]) -> None:
        average(old[0], g, self.beta2, new[0], scratch[0])

    def move(
        self, g: Array, w: Array, old: Sequence[Array], new: Sequence[Array], out: Array, scratch: Sequence[Array]
    ) -> None:
        average(old[0], g, self.beta1, scratch[0], out)
        np.sign(scratch[0], out=out)  # in place it takes twenty times as long
        np.multiply(out, -self.lr, out=out)

    def most(self, g: float, old: Sequence[float]) -> Sequence[float]:
        return [max(g, old[0])]

    def reach(self, squares: Sequence[float]) -> float:
        return self.lr
