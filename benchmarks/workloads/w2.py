"""W2: an MLP of 784, 128, 64, 32 and 10 features, sigmoid, cross-entropy."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import training
from benchmarks.measure import Goal
from benchmarks.prepared import Array, Prepared
from benchmarks.workload import Case, Workload

if TYPE_CHECKING:
    import torch

    from kytorch import nn

FEATURES = (784, 128, 64, 32, 10)
LR = 0.5


def weights() -> dict[str, Array]:
    """The weights to begin with, by PyTorch's paths, uniform as PyTorch draws them."""
    rng = np.random.default_rng(1)
    named: dict[str, Array] = {}
    for i, (inputs, outputs) in enumerate(itertools.pairwise(FEATURES)):
        bound = inputs**-0.5
        for name, shape in (("weight", (outputs, inputs)), ("bias", (outputs,))):
            named[f"{2 * i}.{name}"] = rng.uniform(-bound, bound, shape).astype(np.float32)
    return named


def examples(batch: int) -> tuple[Array, Array]:
    """Inputs, and classes as integers."""
    rng = np.random.default_rng(2)
    return rng.random((batch, FEATURES[0]), np.float32), rng.integers(0, FEATURES[-1], batch)


def kytorch_model() -> nn.Sequential:
    """The model in kytorch, with the weights to begin with."""
    from kytorch import nn

    model = nn.Sequential(
        nn.Linear(784, 128),
        nn.Sigmoid(),
        nn.Linear(128, 64),
        nn.Sigmoid(),
        nn.Linear(64, 32),
        nn.Sigmoid(),
        nn.Linear(32, 10),
    )
    model.load_state_dict(weights())
    return model


def torch_model() -> torch.nn.Sequential:
    """The model in PyTorch, with the weights to begin with."""
    from torch import nn

    model = nn.Sequential(
        nn.Linear(784, 128),
        nn.Sigmoid(),
        nn.Linear(128, 64),
        nn.Sigmoid(),
        nn.Linear(64, 32),
        nn.Sigmoid(),
        nn.Linear(32, 10),
    )
    training.load_torch(model, weights())
    return model


def with_kytorch(batch: int) -> Prepared:
    """As a user writes it."""
    from kytorch import nn

    return training.with_kytorch(kytorch_model(), nn.functional.cross_entropy, *examples(batch), LR)


def with_torch(batch: int) -> Prepared:
    """As a user of PyTorch writes it."""
    import torch

    return training.with_torch(torch_model(), torch.nn.functional.cross_entropy, *examples(batch), LR)


def sigmoid_in_place(y: Array) -> None:
    """0.5 tanh(y / 2) + 0.5, which NumPy computes fastest."""
    half = np.float32(0.5)
    np.multiply(y, half, y)
    np.tanh(y, y)
    np.multiply(y, half, y)
    np.add(y, half, y)


def with_numpy(batch: int) -> Prepared:
    """By hand: no autodiff, and every array made once."""
    named = weights()
    layers = [(named[f"{i}.weight"], named[f"{i}.bias"]) for i in (0, 2, 4, 6)]
    updates = [(np.empty_like(w), np.empty_like(b)) for w, b in layers]
    x, classes = examples(batch)
    hidden = [np.empty((batch, n), np.float32) for n in FEATURES[1:-1]]
    gradients = [np.empty_like(y) for y in hidden]
    inputs = [x, *hidden]
    logits = np.empty((FEATURES[-1], batch), np.float32)  # classes by batch: rows that are long reduce faster
    last_weight, last_bias = layers[-1][0], layers[-1][1][:, None]
    chosen = (classes, np.arange(batch))
    ones = np.ones(batch, np.float32)
    one, rate, n = np.float32(1), np.float32(LR / batch), np.float32(batch)

    def step() -> np.float32:
        for (w, b), before, y in zip(layers, inputs, hidden):
            np.dot(before, w.T, y)
            np.add(y, b, y)
            sigmoid_in_place(y)
        np.dot(last_weight, hidden[-1].T, logits)
        np.add(logits, last_bias, logits)
        np.subtract(logits, np.maximum.reduce(logits, 0), logits)
        of_classes = logits[chosen]
        np.exp(logits, logits)
        total = np.add.reduce(logits, 0)
        loss: np.float32 = (np.add.reduce(np.log(total)) - np.add.reduce(of_classes)) / n
        np.divide(rate, total, total)
        np.multiply(logits, total, logits)
        logits[chosen] -= rate
        g = logits.T  # the gradient times the rate, from here on
        for i in (3, 2, 1, 0):
            (w, b), (dw, db), y = layers[i], updates[i], inputs[i]
            np.dot(g.T, y, dw)
            np.dot(ones, g, db)
            if i:  # through the layer and the sigmoid below it
                g = np.dot(g, w, gradients[i - 1])
                np.multiply(g, y, g)
                np.subtract(one, y, y)
                np.multiply(g, y, g)
            np.subtract(w, dw, w)
            np.subtract(b, db, b)
        return loss

    def answers() -> Mapping[str, Array]:
        loss = step()
        changes = [change for pair in updates for change in pair]
        return training.answered(loss, {name: dw / np.float32(LR) for name, dw in zip(named, changes)}, named)

    return Prepared(step, answers)


WORKLOAD = Workload(
    "W2",
    "MLP 784-128-64-32-10, sigmoid, cross-entropy, gradient descent",
    (
        Case(4, "batch 4", ratio=0.7, goal=Goal(0.55, 0.4, counted=True)),
        Case(64, "batch 64", ratio=0.75, goal=Goal(0.6, 0.5, counted=True)),
        Case(1024, "batch 1024", ratio=0.65, goal=Goal(0.55, 0.5, counted=True)),
    ),
    {"kytorch": with_kytorch, "numpy": with_numpy, "torch": with_torch},
)
