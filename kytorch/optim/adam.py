"""Adam and AdamW."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from kytorch.optim.checks import number, refuse_bad_gradients, refuse_overflow, update
from kytorch.optim.state import COUNTS, ByWeight, Counts, State, replaced, working_dtype
from kytorch.tensor.core import Gradients, TrainableWeight
from kytorch.tensor.values import Array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AdamState(State):
    """What Adam remembers: how many steps it made, and for each weight the means of g and of g squared and its steps.

    A weight's own count is behind `step` if it joined late or was missing from some lists.
    """

    step: int = 0
    mean: ByWeight = field(default_factory=dict)
    square: ByWeight = field(default_factory=dict)
    steps: Counts = field(default_factory=dict, metadata=COUNTS)

    def __post_init__(self) -> None:
        if type(self.step) is not int or self.step < 0:
            raise ValueError(f"AdamState: step is {self.step!r}; it counts steps, from 0")
        State.__post_init__(self)
        if not self.mean.keys() == self.square.keys() == self.steps.keys():
            raise ValueError("AdamState: mean, square and steps are to have the same weights")


def adam(
    gradients: Gradients,
    state: AdamState,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> AdamState:
    """One step of Adam (Kingma & Ba 2015, Algorithm 1); begin with AdamState(). Returns the new state.

    `weight_decay` adds weight_decay w to the gradient, as in torch.optim.Adam. Raises ValueError or TypeError before
    any weight changes.
    """
    return _step("adam", gradients, state, lr, betas, eps, weight_decay, decoupled=False)


def adamw(
    gradients: Gradients,
    state: AdamState,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 1e-2,
) -> AdamState:
    """One step of Adam with decoupled weight decay (Loshchilov & Hutter 2019, Algorithm 2); begin with AdamState().

    `weight_decay` takes lr weight_decay w from the weight, as in torch.optim.AdamW. Returns the new state. Raises
    ValueError or TypeError before any weight changes.
    """
    return _step("adamw", gradients, state, lr, betas, eps, weight_decay, decoupled=True)


def _step(
    name: str,
    gradients: Gradients,
    state: AdamState,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    *,
    decoupled: bool,
) -> AdamState:
    if not isinstance(state, AdamState):
        raise TypeError(f"{name}: the state is to be an AdamState, not {type(state).__name__}")
    if not isinstance(betas, (tuple, list)) or len(betas) != 2:
        raise TypeError(f"{name}: betas is to be a pair of numbers, not {betas!r}")
    rate = number(name, "lr", lr)
    beta1, beta2 = number(name, "betas[0]", betas[0], high=1.0), number(name, "betas[1]", betas[1], high=1.0)
    eps = number(name, "eps", eps, positive=True)
    decay = number(name, "weight_decay", weight_decay)
    refuse_bad_gradients(name, gradients)
    state.check(name, [weight for _, weight in gradients])

    mean: dict[TrainableWeight, Array] = {}
    square: dict[TrainableWeight, Array] = {}
    steps: dict[TrainableWeight, int] = {}
    new: list[Array] = []
    corrected = 0
    for gradient, weight in gradients:
        steps[weight] = step = state.steps.get(weight, 0) + 1
        if step != corrected:  # one count for all weights is the rule
            # lr mean^ / (sqrt square^ + eps) = rate mean / (sqrt square + eps), the bias corrections out of the arrays
            corrected, correction = step, math.sqrt(1.0 - beta2**step)
            rate_now, eps_now = rate * correction / (1.0 - beta1**step), eps * correction
        dtype = working_dtype(weight)
        g, w = gradient._data.astype(dtype, copy=False), weight._data.astype(dtype, copy=False)
        if decay and not decoupled:
            g = g + w * decay
        if decay and decoupled:
            w = w * (1.0 - rate * decay)
        mean[weight], square[weight], moved = _moved(
            g, w, state.mean.get(weight), state.square.get(weight), beta1, beta2, rate_now, eps_now
        )
        new.append(moved.astype(weight.dtype, copy=False))
    refuse_overflow(name, new, square.values())  # where the mean overflows, so does the weight
    state = AdamState(
        state.step + 1, replaced(state.mean, mean), replaced(state.square, square), {**state.steps, **steps}
    )
    update(gradients, new)
    return state


def _moved(
    g: Array, w: Array, mean: Array | None, square: Array | None, beta1: float, beta2: float, rate: float, eps: float
) -> tuple[Array, Array, Array]:
    """The new mean of g, the new mean of g squared, and w - rate mean / (sqrt square + eps), in fresh arrays."""
    new_mean, new_square, moved = np.empty_like(w), np.empty_like(w), np.empty_like(w)
    np.multiply(g, 1.0 - beta1, out=new_mean if mean is None else moved)
    if mean is not None:
        np.multiply(mean, beta1, out=new_mean)
        new_mean += moved
    np.multiply(g, math.sqrt(1.0 - beta2), out=moved)
    np.multiply(moved, moved, out=new_square if square is None else moved)
    if square is not None:
        np.multiply(square, beta2, out=new_square)
        new_square += moved
    np.sqrt(new_square, out=moved)
    moved += eps
    np.divide(new_mean, moved, out=moved)
    moved *= -rate
    moved += w
    return new_mean, new_square, moved
