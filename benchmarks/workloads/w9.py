"""W9: the model of W2 on one example, under no_grad."""

from collections.abc import Mapping

import numpy as np

from benchmarks.measure import Goal
from benchmarks.prepared import Array, Prepared
from benchmarks.workload import Case, Workload
from benchmarks.workloads import w2


def with_kytorch(batch: int) -> Prepared:
    """As a user writes it."""
    from kytorch import Tensor, no_grad

    model, x = w2.kytorch_model().eval(), Tensor(w2.examples(batch)[0])

    def step() -> Tensor:
        with no_grad():
            return model(x)

    return Prepared(step, lambda: {"logits": step().numpy()})


def with_torch(batch: int) -> Prepared:
    """As a user of PyTorch writes it."""
    import torch

    model, x = w2.torch_model().eval(), torch.from_numpy(w2.examples(batch)[0])

    def step() -> torch.Tensor:
        with torch.no_grad():
            logits: torch.Tensor = model(x)
            return logits

    return Prepared(step, lambda: {"logits": step().numpy()})


def with_numpy(batch: int) -> Prepared:
    """By hand: no autodiff, and every array made once."""
    named = w2.weights()
    (x,) = w2.examples(batch)[0]  # one example, so vectors
    hidden = [np.empty(n, np.float32) for n in w2.FEATURES[1:-1]]
    layers = [(named[f"{i}.weight"], named[f"{i}.bias"]) for i in (0, 2, 4, 6)]
    last_weight, last_bias = layers[-1]

    def step() -> Array:
        before = x
        for (w, b), y in zip(layers, hidden):
            np.dot(w, before, y)
            np.add(y, b, y)
            w2.sigmoid_in_place(y)
            before = y
        logits: Array = np.dot(last_weight, before)
        np.add(logits, last_bias, logits)
        return logits[None]

    def answers() -> Mapping[str, Array]:
        return {"logits": step()}

    return Prepared(step, answers)


WORKLOAD = Workload(
    "W9",
    "the model of W2 on one example, under no_grad",
    (Case(1, "batch 1", ratio=0.5, goal=Goal(0.4, 0.3, counted=True)),),
    {"kytorch": with_kytorch, "numpy": with_numpy, "torch": with_torch},
)
