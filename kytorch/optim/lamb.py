"""LAMB."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kytorch.kernels.norm import norm
from kytorch.optim.checks import number
from kytorch.optim.moments import MomentsRule, MomentsState
from kytorch.optim.rule import refuse_other_state
from kytorch.optim.step import stepped
from kytorch.tensor.core import Gradients
from kytorch.tensor.values import Array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LambState(MomentsState):
    """What LAMB remembers: how many steps it made, and for each weight the means of g and of g squared and its own
    steps.
    """


def lamb(
    gradients: Gradients,
    state: LambState,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-6,
    weight_decay: float = 1e-2,
) -> LambState:
    """One step of LAMB (You et al. 2020, Algorithm 2, with phi(x) = x); begin with LambState(). Returns the new state.

    Each weight, a layer of the paper's, moves along Adam's direction plus weight_decay w, by lr times the weight's
    2-norm; or, where that or the direction's is 0, by lr times the direction. Raises ValueError or TypeError before any
    weight changes.
    """
    rule = _Rule("lamb", lr, betas, eps)
    rule.of_w = number("lamb", "weight_decay", weight_decay)
    refuse_other_state("lamb", state, LambState)
    return stepped("lamb", gradients, state, rule)


class _Rule(MomentsRule):
    """r = m^ / (sqrt v^ + eps) + decay w, w <- w - lr |w| / |r| r, m^ and v^ as Adam's"""

    elementwise = False
    of_w = 0.0  # the decay

    def at(self, step: int) -> None:
        # m^ / (sqrt v^ + eps) = rate m / (sqrt v + epsilon), the corrections out of the arrays
        correction = math.sqrt(1.0 - self.beta2**step)
        self.rate, self.epsilon = correction / (1.0 - self.beta1**step), self.eps * correction

    def move(
        self, g: Array, w: Array, old: Sequence[Array], new: Sequence[Array], out: Array, scratch: Sequence[Array]
    ) -> None:
        np.sqrt(new[1], out=out)
        np.add(out, self.epsilon, out=out)
        np.divide(new[0], out, out=out)
        np.multiply(out, self.rate, out=out)
        w = w.astype(out.dtype, copy=False)
        if self.of_w:
            np.multiply(w, self.of_w, out=scratch[0])
            np.add(out, scratch[0], out=out)
        length, size = _length(w), _length(out)
        np.multiply(out, -self.lr * (length / size if length and size else 1.0), out=out)


def _length(x: Array) -> float:
    return float(norm(x, 2.0, tuple(range(x.ndim)), False))
