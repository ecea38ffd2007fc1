"""W1: Linear(3, 2), sin, Linear(2, 4), sigmoid, binary cross-entropy, one example: pure overhead."""

from collections.abc import Mapping

import numpy as np

from benchmarks import training
from benchmarks.measure import Goal
from benchmarks.prepared import Array, Prepared
from benchmarks.workload import Case, Workload

LR = 0.1


def weights() -> dict[str, Array]:
    """The weights to begin with, by PyTorch's paths."""
    draw = np.random.default_rng(1).standard_normal
    shapes = {"0.weight": (2, 3), "0.bias": (2,), "2.weight": (4, 2), "2.bias": (4,)}
    return {name: draw(shape, np.float32) for name, shape in shapes.items()}


def example(batch: int) -> tuple[Array, Array]:
    """Input and target."""
    rng = np.random.default_rng(2)
    return rng.standard_normal((batch, 3), np.float32), rng.integers(0, 2, (batch, 4)).astype(np.float32)


def with_kytorch(batch: int) -> Prepared:
    """As a user writes it."""
    from kytorch import nn

    model = nn.Sequential(nn.Linear(3, 2), nn.Sin(), nn.Linear(2, 4), nn.Sigmoid())
    model.load_state_dict(weights())
    return training.with_kytorch(model, nn.functional.binary_cross_entropy, *example(batch), LR)


def with_torch(batch: int) -> Prepared:
    """As a user of PyTorch writes it."""
    import torch

    class Sin(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.sin(x)

    model = torch.nn.Sequential(torch.nn.Linear(3, 2), Sin(), torch.nn.Linear(2, 4), torch.nn.Sigmoid())
    training.load_torch(model, weights())
    return training.with_torch(model, torch.nn.functional.binary_cross_entropy, *example(batch), LR)


def with_numpy(batch: int) -> Prepared:
    """By hand: no autodiff, and every array made once."""
    named = weights()
    w1, b1, w2, b2 = named.values()
    (x,), (target,) = example(batch)  # one example, so vectors
    opposite = 1 - target
    rate = np.float32(LR / target.size)
    one, half, n = np.float32(1), np.float32(0.5), target.size
    z, h, y, g, gh = (np.empty(size, np.float32) for size in (2, 2, 4, 4, 2))
    gw1, gw2 = np.empty_like(w1), np.empty_like(w2)
    g_column, gh_column = g[:, None], gh[:, None]

    def step() -> np.float32:
        np.dot(w1, x, z)
        np.add(z, b1, z)
        np.sin(z, h)
        np.dot(w2, h, y)
        np.add(y, b2, y)
        np.multiply(y, half, y)  # the sigmoid as 0.5 tanh(z / 2) + 0.5
        np.tanh(y, y)
        np.multiply(y, half, y)
        np.add(y, half, y)
        loss: np.float32 = -(target.dot(np.log(y)) + opposite.dot(np.log(one - y))) / n
        np.subtract(y, target, g)
        np.multiply(g, rate, g)
        np.dot(g, w2, gh)
        np.cos(z, z)
        np.multiply(gh, z, gh)
        np.multiply(g_column, h, gw2)
        np.multiply(gh_column, x, gw1)
        np.subtract(w2, gw2, w2)
        np.subtract(b2, g, b2)
        np.subtract(w1, gw1, w1)
        np.subtract(b1, gh, b1)
        return loss

    def answers() -> Mapping[str, Array]:
        loss = step()
        gradients = {name: change / np.float32(LR) for name, change in zip(named, (gw1, gh, gw2, g))}
        return training.answered(loss, gradients, named)

    return Prepared(step, answers)


WORKLOAD = Workload(
    "W1",
    "Linear(3, 2), sin, Linear(2, 4), sigmoid, BCE, one example, gradient descent",
    (Case(1, "batch 1", ratio=0.5, goal=Goal(0.35, 0.2, counted=True)),),
    {"kytorch": with_kytorch, "numpy": with_numpy, "torch": with_torch},
)
