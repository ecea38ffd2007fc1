"""RMSprop."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kytorch.kernels.averages import average, average_square
from kytorch.optim.checks import flag, number
from kytorch.optim.rule import Rule, bound, refuse_other_state
from kytorch.optim.state import ByWeight, State
from kytorch.optim.step import stepped
from kytorch.tensor.core import Gradients
from kytorch.tensor.values import Array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RMSpropState(State):
    """What RMSprop remembers: how many steps it made, and for each weight the mean of g squared; where it is centred
    the mean of g too, and with momentum the velocity.
    """

    step: int = 0
    square: ByWeight = field(default_factory=dict)
    mean: ByWeight = field(default_factory=dict)
    velocity: ByWeight = field(default_factory=dict)


def rmsprop(
    gradients: Gradients,
    state: RMSpropState,
    *,
    lr: float = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    centered: bool = False,
    maximize: bool = False,
) -> RMSpropState:
    """One step of RMSprop (Tieleman & Hinton 2012, lecture 6.5); begin with RMSpropState(). Returns the new state.

    g is divided by the root of the mean of g squared, of which `alpha` is kept at each step, plus `eps`; `centered`
    takes the variance of g instead (Graves 2013, equations 38 to 40), which rounding never makes negative here.
    `momentum` gathers what was divided, `weight_decay` adds weight_decay w to g, `maximize` climbs. All as in
    torch.optim.RMSprop, but eps is above 0. Raises ValueError or TypeError before any weight changes.
    """
    rule = _Rule(
        number("rmsprop", "lr", lr),
        number("rmsprop", "alpha", alpha, high=1.0),
        number("rmsprop", "eps", eps, positive=True),
        number("rmsprop", "momentum", momentum, high=1.0),
        flag("rmsprop", "centered", centered),
    )
    rule.decay(number("rmsprop", "weight_decay", weight_decay))
    rule.maximize = flag("rmsprop", "maximize", maximize)
    refuse_other_state("rmsprop", state, RMSpropState)
    return stepped("rmsprop", gradients, state, rule)


class _Rule(Rule):
    """v <- momentum v + g / (sqrt s + eps), w <- w - lr v, where s is the mean of g^2, or the variance of g."""

    def __init__(self, lr: float, alpha: float, eps: float, momentum: float, centered: bool) -> None:
        self.lr, self.alpha, self.eps, self.momentum, self.centered = lr, alpha, eps, momentum, centered
        self.fields = ("square", *(["mean"] if centered else []), *(["velocity"] if momentum else []))

    def remember(self, g: Array, old: Sequence[Array], new: Sequence[Array], scratch: Sequence[Array]) -> None:
        average_square(old[0], g, self.alpha, new[0], scratch[0])
        if self.centered:
            average(old[1], g, self.alpha, new[1], scratch[0])
        if self.momentum:
            self._divide(g, new, scratch[0])
            np.multiply(old[-1], self.momentum, out=new[-1])
            np.add(new[-1], scratch[0], out=new[-1])

    def move(
        self, g: Array, w: Array, old: Sequence[Array], new: Sequence[Array], out: Array, scratch: Sequence[Array]
    ) -> None:
        if self.momentum:
            np.multiply(new[-1], -self.lr, out=out)
        else:
            self._divide(g, new, out)
            np.multiply(out, -self.lr, out=out)

    def _divide(self, g: Array, new: Sequence[Array], out: Array) -> None:
        if self.centered:
            np.multiply(new[1], new[1], out=out)
            np.subtract(new[0], out, out=out)
            np.abs(out, out=out)  # rounding may have made it negative
        np.sqrt(out if self.centered else new[0], out=out)
        np.add(out, self.eps, out=out)
        np.divide(g, out, out=out)

    def reach(self, squares: Sequence[float]) -> float:
        if self.momentum:
            return bound(self.lr, math.sqrt(squares[-1]))
        most = math.sqrt(bound(1.0, math.sqrt(squares[0]))) if self.centered else self.eps  # of sqrt s, or as if so
        return bound(self.lr, most / math.sqrt(1.0 - self.alpha), self.eps)
