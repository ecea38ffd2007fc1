"""Adadelta."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kytorch.kernels.averages import average_square
from kytorch.optim.checks import flag, number
from kytorch.optim.rule import Rule, bound, refuse_other_state
from kytorch.optim.state import ByWeight, State
from kytorch.optim.step import stepped
from kytorch.tensor.core import Gradients
from kytorch.tensor.values import Array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AdadeltaState(State):
    """What Adadelta remembers: how many steps it made, and for each weight the means of g squared and of its change
    squared.
    """

    step: int = 0
    square: ByWeight = field(default_factory=dict)
    change: ByWeight = field(default_factory=dict)

    def __post_init__(self) -> None:
        State.__post_init__(self)
        self._check_same_weights("square", "change")


def adadelta(
    gradients: Gradients,
    state: AdadeltaState,
    *,
    lr: float = 1.0,
    rho: float = 0.9,
    eps: float = 1e-6,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> AdadeltaState:
    """One step of Adadelta (Zeiler 2012, Algorithm 1); begin with AdadeltaState(). Returns the new state.

    The weight changes by lr times g sqrt(c + eps) / sqrt(s + eps), where s is the mean of g squared and c that of
    earlier changes squared, of which `rho` is kept at each step. `weight_decay` adds weight_decay w to g,
    `maximize` climbs. All as in torch.optim.Adadelta, but eps is above 0. Raises ValueError or TypeError before any
    weight changes.
    """
    rule = _Rule(
        number("adadelta", "lr", lr),
        number("adadelta", "rho", rho, high=1.0),
        number("adadelta", "eps", eps, positive=True),
    )
    rule.decay(number("adadelta", "weight_decay", weight_decay))
    rule.maximize = flag("adadelta", "maximize", maximize)
    refuse_other_state("adadelta", state, AdadeltaState)
    return stepped("adadelta", gradients, state, rule)


class _Rule(Rule):
    """d = g sqrt(c + eps) / sqrt(s + eps), c <- rho c + (1 - rho) d^2, w <- w - lr d"""

    fields = ("square", "change")
    scratch = 2

    def __init__(self, lr: float, rho: float, eps: float) -> None:
        self.lr, self.rho, self.eps = lr, rho, eps

    def remember(self, g: Array, old: Sequence[Array], new: Sequence[Array], scratch: Sequence[Array]) -> None:
        average_square(old[0], g, self.rho, new[0], scratch[0])
        self._change(g, old, new, scratch[1], scratch[0])
        average_square(old[1], scratch[1], self.rho, new[1], scratch[0])

    def move(
        self, g: Array, w: Array, old: Sequence[Array], new: Sequence[Array], out: Array, scratch: Sequence[Array]
    ) -> None:
        self._change(g, old, new, out, scratch[0])
        np.multiply(out, -self.lr, out=out)

    def _change(self, g: Array, old: Sequence[Array], new: Sequence[Array], out: Array, scratch: Array) -> None:
        np.add(new[0], self.eps, out=scratch)
        np.add(old[1], self.eps, out=out)
        np.divide(out, scratch, out=out)
        np.sqrt(out, out=out)
        np.multiply(out, g, out=out)

    def reach(self, squares: Sequence[float]) -> float:
        return bound(self.lr, math.sqrt(bound(1.0, math.sqrt(squares[1])) / (1.0 - self.rho)))
