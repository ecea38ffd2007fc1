"""The optimizers' steps as functions of Tensors, through which a loss differentiates.

The weights, and what is made as they are, are Tensors, or tuples, lists and dicts of Tensors. Nothing changes: the new
weights are the answer, differentiable with respect to the old ones, the gradients, the state and the rate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, overload

import numpy as np

from kytorch.func.tree import Structure, Tree, built, structure_of, tensors_like, tensors_of
from kytorch.ops.power import sqrt
from kytorch.optim.checks import flag, number
from kytorch.optim.rule import pair
from kytorch.tensor.core import Tensor

T = TypeVar("T", bound=Tree)


@dataclass(frozen=True)
class MomentumState(Generic[T]):
    """What gradient descent with momentum remembers: the velocity, made as the weights are; None before a step."""

    velocity: T | None = None


@dataclass(frozen=True)
class AdamState(Generic[T]):
    """What Adam remembers: its steps, and the means of g and of g squared, made as the weights are."""

    step: int = 0
    mean: T | None = None
    square: T | None = None


@overload
def gradient_descent(weights: T, gradients: T, *, lr: float | Tensor, weight_decay: float = 0.0) -> T: ...
@overload
def gradient_descent(
    weights: T,
    gradients: T,
    state: MomentumState[T],
    *,
    lr: float | Tensor,
    momentum: float,
    dampening: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
) -> tuple[T, MomentumState[T]]: ...
def gradient_descent(
    weights: T,
    gradients: T,
    state: MomentumState[T] | None = None,
    *,
    lr: float | Tensor,
    momentum: float | None = None,
    dampening: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
) -> T | tuple[T, MomentumState[T]]:
    """One step of `optim.gradient_descent`: the new weights, and with a state, the new state too.

    Begin with MomentumState(). `lr` may be a Tensor of shape (), and be differentiated with respect to. Raises
    ValueError where the gradients or the state are not made as the weights are, and TypeError for other kinds.
    """
    name = "functional.gradient_descent"
    structure, ws, gs = _pairs(name, weights, gradients)
    rate, decay = _rate(name, lr), number(name, "weight_decay", weight_decay)
    directions = [g + w * decay if decay else g for w, g in zip(ws, gs)]
    if state is None:
        if momentum is not None or dampening or nesterov:
            raise TypeError(f"{name}: momentum needs a state; begin with functional.MomentumState()")
        return _stepped(structure, weights, ws, directions, -rate)
    if not isinstance(state, MomentumState):
        raise TypeError(f"{name}: the state is to be a functional.MomentumState, not {type(state).__name__}")
    if momentum is None:
        raise TypeError(f"{name}: a state needs momentum=, such as 0.9")
    keep = number(name, "momentum", momentum, high=1.0)
    damped = number(name, "dampening", dampening, high=1.0)
    if flag(name, "nesterov", nesterov) and (damped or not keep):
        raise ValueError(f"{name}: nesterov needs a momentum above 0 and a dampening of 0")
    take = 1.0 - damped if keep else 1.0
    velocity = directions
    if state.velocity is not None:
        old = _like(name, "the state's velocity", state.velocity, weights)
        velocity = [v * keep + (d if take == 1.0 else d * take) for v, d in zip(old, directions)]
    steps = [d + v * keep for d, v in zip(directions, velocity)] if nesterov else velocity
    return _stepped(structure, weights, ws, steps, -rate), MomentumState(built(structure, velocity))


def adam(
    weights: T,
    gradients: T,
    state: AdamState[T],
    *,
    lr: float | Tensor = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[T, AdamState[T]]:
    """One step of `optim.adam` (Kingma & Ba 2015, Algorithm 1): the new weights and the new state.

    Begin with AdamState(). `lr` may be a Tensor of shape (), and be differentiated with respect to. Raises ValueError
    where the gradients or the state are not made as the weights are, and TypeError for other kinds.
    """
    return _adam("functional.adam", weights, gradients, state, lr, betas, eps, weight_decay, decoupled=False)


def adamw(
    weights: T,
    gradients: T,
    state: AdamState[T],
    *,
    lr: float | Tensor = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 1e-2,
) -> tuple[T, AdamState[T]]:
    """One step of `optim.adamw` (Loshchilov & Hutter 2019, Algorithm 2): the new weights and state; see `adam`."""
    return _adam("functional.adamw", weights, gradients, state, lr, betas, eps, weight_decay, decoupled=True)


def _adam(
    name: str,
    weights: T,
    gradients: T,
    state: AdamState[T],
    lr: float | Tensor,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    *,
    decoupled: bool,
) -> tuple[T, AdamState[T]]:
    if not isinstance(state, AdamState):
        raise TypeError(f"{name}: the state is to be a functional.AdamState, not {type(state).__name__}")
    structure, ws, gs = _pairs(name, weights, gradients)
    rate, decay = _rate(name, lr), number(name, "weight_decay", weight_decay)
    beta1, beta2 = pair(name, "betas", betas, high=1.0)
    step = state.step + 1
    # lr mean^ / (sqrt square^ + eps) = rate mean / (sqrt square + eps), the bias corrections out of the arrays
    correction = math.sqrt(1.0 - beta2**step)
    eps_now = number(name, "eps", eps, positive=True) * correction
    if decay and not decoupled:
        gs = [g + w * decay for w, g in zip(ws, gs)]
    if decay and decoupled:
        ws = [w * _in(w, 1.0 - rate * decay) for w in ws]
    mean = [g * (1.0 - beta1) for g in gs]
    square = [(g * math.sqrt(1.0 - beta2)) ** 2 for g in gs]
    if state.mean is not None and state.square is not None:
        old = _like(name, "the state's mean", state.mean, weights)
        mean = [m * beta1 + new for m, new in zip(old, mean)]
        old = _like(name, "the state's square", state.square, weights)
        square = [s * beta2 + new for s, new in zip(old, square)]
    steps = [m / (sqrt(s) + eps_now) for m, s in zip(mean, square)]
    moved = _stepped(structure, weights, ws, steps, -(rate * correction / (1.0 - beta1**step)))
    return moved, AdamState(step, built(structure, mean), built(structure, square))


def _pairs(name: str, weights: T, gradients: Tree) -> tuple[Structure[T], list[Tensor], list[Tensor]]:
    """The weights and their gradients in the dtypes that are computed in."""
    ws = [_working(w) for w in tensors_of(weights, f"{name}: weights")]
    return structure_of(weights), ws, _like(name, "gradients", gradients, weights)


def _like(name: str, what: str, tree: Tree, weights: Tree) -> list[Tensor]:
    wide = built(structure_of(weights), [_working(w) for w in tensors_of(weights, f"{name}: weights")])
    return tensors_like(tree, wide, f"{name}: {what}", "weights")


def _working(w: Tensor) -> Tensor:
    """`w`, that of float16 as float32, in which its update is computed and remembered."""
    return w.to(np.float32) if w.dtype == np.float16 else w


def _rate(name: str, lr: float | Tensor) -> float | Tensor:
    if not isinstance(lr, Tensor):
        return number(name, "lr", lr)
    if lr.ndim or lr.dtype.kind != "f":
        raise ValueError(f"{name}: lr is to be a float or a Tensor of shape (), not {lr.dtype} of shape {lr.shape}")
    number(name, "lr", lr.item())
    return lr


def _in(w: Tensor, factor: float | Tensor) -> float | Tensor:
    """`factor` in the dtype of `w`, which it is not to widen."""
    return factor.to(w.dtype) if isinstance(factor, Tensor) else factor


def _stepped(
    structure: Structure[T], weights: T, ws: Sequence[Tensor], steps: Sequence[Tensor], factor: float | Tensor
) -> T:
    """The weights w + factor step, made and in the dtypes as they were."""
    old = tensors_of(weights, "weights")
    new: T = built(structure, [(s * _in(w, factor) + w).to(x.dtype) for x, w, s in zip(old, ws, steps)])
    return new
