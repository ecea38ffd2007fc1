"""Averages of a model's weights over the steps, and the model with them in place of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from kytorch.kernels.blocks import BLOCK
from kytorch.nn.module import Module
from kytorch.optim.checks import number, refuse_no_module
from kytorch.optim.recycling import Spare, fresh
from kytorch.optim.rule import refuse_other_state
from kytorch.optim.state import ByWeight, State, replaced, working_dtype
from kytorch.tensor.core import TrainableWeight
from kytorch.tensor.values import Array, lock


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AverageState(State):
    """The averages of a model's weights, and of how many steps they are."""

    step: int = 0
    average: ByWeight = field(default_factory=dict)


def average_weights(model: Module, state: AverageState, *, decay: float = 0.999) -> AverageState:
    """The averages with the model's weights of now taken in; begin with AverageState(), and call it after each step.

    A weight's first average is itself, the next are decay average + (1 - decay) w, as in torch's
    get_ema_multi_avg_fn. `decay=state.step / (state.step + 1)` makes it the plain mean of all steps (Polyak & Juditsky
    1992), as stochastic weight averaging takes (Izmailov et al. 2018). Raises ValueError for weights that are not
    finite.
    """
    refuse_no_module("average_weights", model)
    refuse_other_state("average_weights", state, AverageState)
    keep = number("average_weights", "decay", decay, high=1.0)
    named = dict(model.named_weights())
    state.check("average_weights", list(named.values()))
    spare: Spare = getattr(state, "_spare", {})
    new: dict[TrainableWeight, Array] = {}
    for path, weight in named.items():
        w = weight._data.astype(working_dtype(weight), copy=False)
        old = state.average.get(weight)
        new[weight] = out = w if old is None else fresh(w, w.dtype, spare.get(weight))
        if not (_is_finite(w) if old is None else _average(old, w, keep, out)):
            raise ValueError(f"average_weights: {path}, or its average, is not finite")
    successor = AverageState(state.step + 1, replaced(state.average, new))
    object.__setattr__(successor, "_spare", {weight: [x] for weight, x in state.average.items()})
    return successor


@contextmanager
def averaged(model: Module, state: AverageState) -> Iterator[None]:
    """Within this context the model has the averages of its weights: `with averaged(model, state): test(model)`.

    At its end, after an error too, its weights and buffers are what they were. Raises ValueError if the state has no
    average of a weight of the model.
    """
    refuse_no_module("averaged", model)
    refuse_other_state("averaged", state, AverageState)
    named = dict(model.named_weights())
    missing = [path for path, weight in named.items() if weight not in state.average]
    if missing:
        raise ValueError(f"averaged: the state has no average of {', '.join(missing)}; average_weights() makes it")
    state.check("averaged", list(named.values()))
    own = [(part, part._data) for part in (*named.values(), *model.buffers())]
    try:
        for weight in named.values():
            array = state.average[weight].astype(weight.dtype, copy=False)
            lock(array)
            weight._data = array
        yield
    finally:
        for part, array in own:
            part._data = array


def _average(old: Array, w: Array, keep: float, out: Array) -> bool:
    """Write keep old + (1 - keep) w to `out`, exactly w for a `keep` of 0; whether it is finite."""
    start, end, part = (old, w, 1.0 - keep) if keep >= 0.5 else (w, old, keep)
    arrays = (start, end, out)
    if w.flags.f_contiguous:
        arrays = (start.T, end.T, out.T)
    blocks: list[tuple[Array, ...]] = [arrays]
    if all(x.flags.c_contiguous for x in arrays):
        flat = [x.reshape(-1) for x in arrays]
        blocks = [tuple([x[i : i + BLOCK] for x in flat]) for i in range(0, w.size, BLOCK)]
    finite = True
    for a, b, y in blocks:
        with np.errstate(over="ignore", invalid="ignore"):  # it is told apart below
            np.subtract(b, a, out=y)
            np.multiply(y, part, out=y)
            np.add(y, a, out=y)
        finite = finite and _is_finite(y)
    return finite


def _is_finite(x: Array) -> bool:
    flat = x.ravel("K")
    return math.isfinite(np.vdot(flat, flat)) or bool(np.isfinite(x).all())
