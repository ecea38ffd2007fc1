"""The optimizers that laws are tried on: their states, their equations, and for each option a value to try."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import optimizer_equations as equations

from kytorch import Gradients, Tensor, TrainableWeight, optim

SHAPES = [(3, 2), (), (2,), (2, 5), (2, 3, 4)]
MATRICES = [(3, 2), (1, 3), (4, 4), (2, 5)]
DTYPES = [np.float16, np.float32, np.float64]


class Row(NamedTuple):
    """One optimizer, and for each of its options another value than the default."""

    step: Callable[..., Any]
    state: type[optim.State]
    equation: Callable[..., Any]
    options: dict[str, object]
    shapes: list[tuple[int, ...]] = SHAPES

    @property
    def name(self) -> str:
        return self.step.__name__

    def parts(self) -> Iterator[dict[str, object]]:
        """The options that are to be tried together: none, each alone, each two, and all."""
        for n in (0, 1, 2):
            yield from map(dict, combinations(self.options.items(), n))
        yield self.options


def descent(
    gradients: Gradients, state: optim.MomentumState, *, lr: float = 0.1, momentum: float = 0.9, **options: Any
) -> optim.MomentumState:
    """Gradient descent with momentum."""
    return optim.gradient_descent(gradients, state, lr=lr, momentum=momentum, **options)


_ADAMS: dict[str, object] = {"betas": (0.5, 0.8), "eps": 1e-3, "weight_decay": 0.1, "maximize": True}
ROWS = [
    Row(
        descent,
        optim.MomentumState,
        equations.descent,
        {"momentum": 0.5, "dampening": 0.3, "weight_decay": 0.1, "maximize": True},
    ),
    Row(
        optim.adam,
        optim.AdamState,
        equations.adam,
        {**_ADAMS, "amsgrad": True, "decoupled_weight_decay": True},
    ),
    Row(optim.adamw, optim.AdamState, equations.adamw, {**_ADAMS, "amsgrad": True}),
    Row(
        optim.nadam,
        optim.NAdamState,
        equations.nadam,
        {**_ADAMS, "momentum_decay": 0.1, "decoupled_weight_decay": True},
    ),
    Row(optim.radam, optim.RAdamState, equations.radam, {**_ADAMS, "decoupled_weight_decay": True}),
    Row(optim.adamax, optim.AdamaxState, equations.adamax, _ADAMS),
    Row(
        optim.rmsprop,
        optim.RMSpropState,
        equations.rmsprop,
        {"alpha": 0.5, "eps": 1e-3, "weight_decay": 0.1, "momentum": 0.9, "centered": True, "maximize": True},
    ),
    Row(
        optim.adagrad,
        optim.AdagradState,
        equations.adagrad,
        {"lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.3, "eps": 1e-3, "maximize": True},
    ),
    Row(
        optim.adadelta,
        optim.AdadeltaState,
        equations.adadelta,
        {"rho": 0.5, "eps": 1e-3, "weight_decay": 0.1, "maximize": True},
    ),
    Row(optim.lion, optim.LionState, equations.lion, {"betas": (0.5, 0.7), "weight_decay": 0.1}),
    Row(optim.lamb, optim.LambState, equations.lamb, {"betas": (0.5, 0.7), "eps": 1e-2, "weight_decay": 0.0}),
    Row(
        optim.muon,
        optim.MuonState,
        equations.muon,
        {
            "weight_decay": 0.0,
            "momentum": 0.5,
            "nesterov": False,
            "ns_coefficients": (2.0, -1.5, 0.5),
            "eps": 10.0,
            "ns_steps": 3,
            "adjust_lr_fn": "match_rms_adamw",
        },
        MATRICES,
    ),
    Row(
        optim.adafactor,
        optim.AdafactorState,
        equations.adafactor,
        {"beta2_decay": -0.5, "eps": (0.3, 0.5), "d": 2.0, "weight_decay": 0.1, "maximize": True},
    ),
]


def start(row: Row, dtype: Any = np.float64, seed: int = 0) -> list[Any]:
    """Values for a weight of each of the row's shapes."""
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.standard_normal(shape), dtype) for shape in row.shapes]


def pairs(row: Row, dtype: Any = np.float32, seed: int = 0) -> Gradients:
    """Weights of the row's shapes with gradients."""
    return [(Tensor(g), TrainableWeight(w)) for g, w in zip(start(row, dtype, seed + 1), start(row, dtype, seed))]


def gradients_at(weights: list[Any], t: int) -> list[Any]:
    """Bounded gradients that depend on the weights."""
    rng = np.random.default_rng(t)
    return [np.asarray(2.0 * np.tanh(w) - rng.standard_normal(w.shape)) for w in weights]
