"""Muon."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from kytorch.kernels.averages import average
from kytorch.kernels.newton_schulz import newton_schulz
from kytorch.optim.checks import count, flag, number, refuse_other_kinds
from kytorch.optim.rule import Rule, refuse_other_state
from kytorch.optim.state import ByWeight, State
from kytorch.optim.step import stepped
from kytorch.tensor.core import Gradients
from kytorch.tensor.values import Array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MuonState(State):
    """What Muon remembers: how many steps it made, and for each weight the mean of g."""

    step: int = 0
    mean: ByWeight = field(default_factory=dict)


def muon(
    gradients: Gradients,
    state: MuonState,
    *,
    lr: float = 1e-3,
    weight_decay: float = 0.1,
    momentum: float = 0.95,
    nesterov: bool = True,
    ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
    eps: float = 1e-7,
    ns_steps: int = 5,
    adjust_lr_fn: Literal["original", "match_rms_adamw"] | None = None,
) -> MuonState:
    """One step of Muon (Jordan et al. 2024), for matrices only; begin with MuonState(). Returns the new state.

    The mean of g, of which `momentum` is kept at each step, is made nearly orthogonal by `ns_steps` of Newton and
    Schulz's iteration a x + b x x' x + c (x x')^2 x with `ns_coefficients`, beginning with a 2-norm of 1, where it
    is at least `eps`; `nesterov` averages once more with g before. The weight of shape (n, m) moves by lr
    sqrt(max(1, n / m)) times that, with "match_rms_adamw" by 0.2 lr sqrt(max(n, m)) (Liu et al. 2025, section 2.2),
    and `weight_decay` takes lr weight_decay w from it. All as in torch.optim.Muon, but eps is above 0 and the
    iteration is in the weight's dtype, not in bfloat16. Raises ValueError or TypeError before any weight changes.
    """
    if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
        raise ValueError(f"muon: adjust_lr_fn is {adjust_lr_fn!r}; it is to be 'original', 'match_rms_adamw' or None")
    rule = _Rule(
        number("muon", "lr", lr),
        number("muon", "momentum", momentum, high=1.0),
        flag("muon", "nesterov", nesterov),
        _coefficients(ns_coefficients),
        number("muon", "eps", eps, positive=True),
        count("muon", "ns_steps", ns_steps, 0),
        adjust_lr_fn == "match_rms_adamw",
    )
    rule.decay(number("muon", "weight_decay", weight_decay), rule.lr)
    refuse_other_state("muon", state, MuonState)
    refuse_other_kinds("muon", gradients)
    for i, (_, weight) in enumerate(gradients):
        if weight.ndim != 2:
            raise ValueError(
                f"muon: weight {i}, of shape {weight.shape}, is no matrix; it takes matrices only, and others go to "
                "another optimizer, such as adamw: select() parts the list"
            )
    return stepped("muon", gradients, state, rule)


def _coefficients(values: tuple[float, float, float]) -> tuple[float, float, float]:
    if not isinstance(values, (tuple, list)) or len(values) != 3:
        raise TypeError(f"muon: ns_coefficients is to be three numbers, not {values!r}")
    a, b, c = [number("muon", f"ns_coefficients[{i}]", x, low=-math.inf) for i, x in enumerate(values)]
    return a, b, c


class _Rule(Rule):
    """m <- momentum m + (1 - momentum) g, w <- w - rate NS(m)"""

    fields = ("mean",)
    elementwise = False

    def __init__(
        self,
        lr: float,
        momentum: float,
        nesterov: bool,
        coefficients: tuple[float, float, float],
        eps: float,
        steps: int,
        match_rms: bool,
    ) -> None:
        self.lr, self.momentum, self.nesterov = lr, momentum, nesterov
        self.coefficients, self.eps, self.steps, self.match_rms = coefficients, eps, steps, match_rms

    def remember(self, g: Array, old: Sequence[Array], new: Sequence[Array], scratch: Sequence[Array]) -> None:
        average(old[0], g, self.momentum, new[0], scratch[0])

    def move(
        self, g: Array, w: Array, old: Sequence[Array], new: Sequence[Array], out: Array, scratch: Sequence[Array]
    ) -> None:
        direction = new[0]
        if self.nesterov:
            average(direction, g, self.momentum, out, scratch[0])
            direction = out
        n, m = w.shape
        factor = 0.2 * math.sqrt(max(n, m)) if self.match_rms else math.sqrt(max(1.0, n / max(m, 1)))
        orthogonal = newton_schulz(direction, self.coefficients, self.steps, self.eps)
        np.multiply(orthogonal, -self.lr * factor, out=out)
