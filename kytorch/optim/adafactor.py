"""Adafactor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kytorch.kernels.averages import average, average_square
from kytorch.kernels.norm import norm
from kytorch.kernels.reduce import sum_of_squares
from kytorch.optim.checks import flag, number
from kytorch.optim.rule import Rule, refuse_other_state
from kytorch.optim.state import COUNTS, ByWeight, Counts, State, shaped
from kytorch.optim.step import stepped
from kytorch.tensor.core import Gradients
from kytorch.tensor.values import Array, Shape


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AdafactorState(State):
    """What Adafactor remembers: how many steps it made, and for each weight its own steps and the mean of g squared,
    of matrices the means of its rows and columns alone: of shape (..., n, m) in (..., n, 1) and (..., 1, m).
    """

    step: int = 0
    rows: ByWeight = field(default_factory=dict, metadata=shaped(lambda shape: (*shape[:-1], 1)))
    columns: ByWeight = field(default_factory=dict, metadata=shaped(lambda shape: (*shape[:-2], 1, shape[-1])))
    square: ByWeight = field(default_factory=dict)
    steps: Counts = field(default_factory=dict, metadata=COUNTS)

    def __post_init__(self) -> None:
        State.__post_init__(self)
        self._check_same_weights("rows", "columns")
        if self.steps.keys() != self.rows.keys() ^ self.square.keys():
            raise ValueError("AdafactorState: rows and square together are to have the weights of steps, each once")


def adafactor(
    gradients: Gradients,
    state: AdafactorState,
    *,
    lr: float = 1e-2,
    beta2_decay: float = -0.8,
    eps: tuple[float | None, float] = (None, 1e-3),
    d: float = 1.0,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> AdafactorState:
    """One step of Adafactor (Shazeer & Stern 2018, Algorithms 4 and 5); begin with AdafactorState().

    g is divided by the root, at least eps[0], of the mean of g squared, of which a matrix keeps rows and columns alone;
    None stands for the epsilon of the dtype. In a weight's step t, from 1, t^beta2_decay of that mean is new. If the
    root mean square of what was divided is above `d` it is scaled to that. Then it is multiplied by the greater of
    eps[1] and the weight's root mean square, and by the smaller of `lr` and 1 / sqrt(t). `weight_decay` takes lr
    weight_decay w from the weight, `maximize` climbs. All as in torch.optim.Adafactor, but float16 has the epsilon of
    float32, in which it is computed. Returns the new state. Raises ValueError or TypeError before any weight changes.
    """
    if not isinstance(eps, (tuple, list)) or len(eps) != 2:
        raise TypeError(f"adafactor: eps is to be a pair of a number, or None, and a number, not {eps!r}")
    power = number("adafactor", "beta2_decay", beta2_decay, low=-math.inf)
    if power > 0.0:
        raise ValueError(f"adafactor: beta2_decay is {power}; it is to be at most 0")
    rule = _Rule(
        number("adafactor", "lr", lr),
        power,
        None if eps[0] is None else number("adafactor", "eps[0]", eps[0]),
        number("adafactor", "eps[1]", eps[1]),
        number("adafactor", "d", d, low=1.0),
    )
    rule.decay(number("adafactor", "weight_decay", weight_decay), rule.lr)
    rule.maximize = flag("adafactor", "maximize", maximize)
    refuse_other_state("adafactor", state, AdafactorState)
    return stepped("adafactor", gradients, state, rule)


class _Rule(Rule):
    """u = g / sqrt v, w <- w - rate max(eps2, rms(w)) u / max(1, rms(u) / d), where v is the mean of g^2, or
    rows columns / mean(rows).
    """

    fields = ("rows", "columns", "square")
    elementwise = False

    def __init__(self, lr: float, power: float, least: float | None, eps: float, d: float) -> None:
        self.lr, self.power, self.least, self.eps, self.d = lr, power, least, eps, d

    def fields_of(self, shape: Shape) -> tuple[str, ...]:
        return self.fields[:2] if len(shape) > 1 else self.fields[2:]

    def at(self, step: int) -> None:
        self.beta = 1.0 - step**self.power
        self.rate = min(self.lr, 1.0 / math.sqrt(step))

    def remember(self, g: Array, old: Sequence[Array], new: Sequence[Array], scratch: Sequence[Array]) -> None:
        if g.ndim < 2:
            average_square(old[0], g, self.beta, new[0], scratch[0])
            return
        for dim, before, after in zip((-1, -2), old, new):
            mean = sum_of_squares(g, (g.ndim + dim,), True)
            mean /= max(g.shape[dim], 1)
            average(before, mean, self.beta, after, mean)

    def move(
        self, g: Array, w: Array, old: Sequence[Array], new: Sequence[Array], out: Array, scratch: Sequence[Array]
    ) -> None:
        # eps is a least root even where it is 0, so that 0 / 0 is 0
        info = np.finfo(out.dtype)
        least = float(info.eps if self.least is None else max(self.least, info.tiny))
        if g.ndim < 2:
            np.sqrt(new[0], out=out)
        elif g.size:
            rows, columns = new
            np.multiply(rows / np.maximum(rows.mean(-2, keepdims=True), least), columns, out=out)
            np.sqrt(out, out=out)
        np.maximum(out, least, out=out)
        np.divide(g, out, out=out)
        length = max(self.eps, _root_mean_square(w.astype(out.dtype, copy=False))) * self.rate
        np.multiply(out, -length / max(1.0, _root_mean_square(out) / self.d), out=out)


def _root_mean_square(x: Array) -> float:
    return float(norm(x, 2.0, tuple(range(x.ndim)), False)) / math.sqrt(max(x.size, 1))
