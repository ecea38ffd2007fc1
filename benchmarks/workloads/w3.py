"""W3: LeNet on images (1, 28, 28): two convolutions with pooling, two linear layers, cross-entropy."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import training
from benchmarks.measure import Goal
from benchmarks.prepared import Array, Prepared
from benchmarks.workload import Case, Together, Workload

if TYPE_CHECKING:
    import torch

    from kytorch import nn

SHAPES = {"0": (32, 1, 5, 5), "3": (64, 32, 5, 5), "7": (128, 1024), "9": (10, 128)}
"""Of the weights, by the layers' places."""
LR = 0.05


def weights() -> dict[str, Array]:
    """The weights to begin with, by PyTorch's paths, uniform as PyTorch draws them."""
    rng = np.random.default_rng(1)
    named: dict[str, Array] = {}
    for place, shape in SHAPES.items():
        bound = math.prod(shape[1:]) ** -0.5
        named[f"{place}.weight"] = rng.uniform(-bound, bound, shape).astype(np.float32)
        named[f"{place}.bias"] = rng.uniform(-bound, bound, shape[0]).astype(np.float32)
    return named


def examples(batch: int) -> tuple[Array, Array]:
    """Images, and classes as integers.

    Of another seed some pixel of a layer may lie so near a kink that rounding decides which way its gradient goes.
    """
    rng = np.random.default_rng(3)
    return rng.random((batch, 1, 28, 28), np.float32), rng.integers(0, 10, batch)


def kytorch_model() -> nn.Sequential:
    """The model in kytorch, with the weights to begin with."""
    from kytorch import nn

    model = nn.Sequential(
        nn.Conv2d(1, 32, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(1024, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )
    model.load_state_dict(weights())
    return model


def torch_model() -> torch.nn.Sequential:
    """The model in PyTorch, with the weights to begin with."""
    from torch import nn

    model = nn.Sequential(
        nn.Conv2d(1, 32, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(1024, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
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


def with_torch_at_its_best(batch: int) -> Prepared:
    """In the layout that PyTorch is fastest in, and with free memory kept, as kytorch keeps it."""
    import torch

    with suppress(OSError, AttributeError):  # elsewhere than with glibc
        malloc = ctypes.CDLL(None)
        malloc.mallopt(-3, 32 << 20)  # M_MMAP_THRESHOLD
        malloc.mallopt(-1, 256 << 20)  # M_TRIM_THRESHOLD
    model = torch_model().to(memory_format=torch.channels_last)
    return training.with_torch(model, torch.nn.functional.cross_entropy, *examples(batch), LR)


class Convolution:
    """A convolution by hand, 5x5, of (channels, height, width, n), with relu and pooling of two by two behind it."""

    def __init__(self, weight: Array, bias: Array, x_shape: tuple[int, ...]) -> None:
        self.weight, self.bias = weight, bias
        outputs, inputs = weight.shape[:2]
        n = x_shape[3]
        self.size = size = x_shape[1] - 4
        self.matrix = np.empty((outputs, 5, 5 * inputs), np.float32)
        # A row of columns has a line for each tap across and channel; five that follow are those of a row of outputs.
        self.rows = np.empty((x_shape[1], 5, inputs, size, n), np.float32)
        self.y = np.empty((outputs, size, size, n), np.float32)
        self.pooled = np.empty((outputs, size // 2, size // 2, n), np.float32)
        self.part = np.empty((25 * inputs, size * n), np.float32)
        self.g = np.empty_like(self.y)
        self.dw = np.empty((outputs, 25 * inputs), np.float32)
        self.db = np.empty(outputs, np.float32)
        self.ones = np.ones(size * size * n, np.float32)

    def forward(self, x: Array) -> Array:
        """What the pooling makes."""
        size, outputs = self.size, len(self.y)
        for j in range(5):
            self.rows[:, j] = x[:, :, j : j + size].swapaxes(0, 1)
        self.matrix.reshape(outputs, 5, 5, -1)[...] = self.weight.transpose(0, 2, 3, 1)
        matrix = self.matrix.reshape(outputs, -1)
        for i in range(size):
            np.matmul(matrix, self.rows[i : i + 5].reshape(matrix.shape[1], -1), self.y[:, i].reshape(outputs, -1))
        np.add(self.y, self.bias[:, None, None, None], self.y)
        np.maximum(self.y, np.float32(0), self.y)
        y, pooled = self.y, self.pooled
        np.maximum(y[:, ::2, ::2], y[:, ::2, 1::2], pooled)
        np.maximum(pooled, y[:, 1::2, ::2], pooled)
        np.maximum(pooled, y[:, 1::2, 1::2], pooled)
        return pooled

    def backward(self, g_pooled: Array, g_x: Array | None) -> None:
        """The gradients with respect to the weights, and into `g_x`, if it is wanted, that with respect to x."""
        size, outputs, y = self.size, len(self.y), self.y
        left = np.where(self.pooled > 0, g_pooled, np.float32(0))  # what no element has taken yet
        for a in (0, 1):
            for b in (0, 1):
                chosen = y[:, a::2, b::2] == self.pooled
                np.multiply(left, chosen, self.g[:, a::2, b::2])
                np.subtract(left, self.g[:, a::2, b::2], left)
        g = self.g
        self.dw.fill(0)
        for i in range(size):
            self.dw += g[:, i].reshape(outputs, -1) @ self.rows[i : i + 5].reshape(self.dw.shape[1], -1).T
        np.dot(g.reshape(outputs, -1), self.ones, self.db)
        if g_x is not None:
            g_x.fill(0)
            matrix = self.matrix.reshape(outputs, -1)
            parts = self.part.reshape(5, 5, len(g_x), size, -1)
            for i in range(size):
                np.matmul(matrix.T, g[:, i].reshape(outputs, -1), self.part)
                for j in range(5):
                    for k in range(5):
                        g_x[:, i + j, k : k + size] += parts[j, k]

    def changes(self) -> list[Array]:
        """The gradients with respect to weight and bias, shaped as these are."""
        outputs, inputs = self.weight.shape[:2]
        return [self.dw.reshape(outputs, 5, 5, inputs).transpose(0, 3, 1, 2), self.db]


def with_numpy(batch: int) -> Prepared:
    """By hand: no autodiff, the batch innermost in memory, and every large array made once."""
    named = weights()
    images, classes = examples(batch)
    x = np.ascontiguousarray(images.transpose(1, 2, 3, 0))
    first = Convolution(named["0.weight"], named["0.bias"], x.shape)
    second = Convolution(named["3.weight"], named["3.bias"], first.pooled.shape)
    (w, b), (v, c) = [(named[f"{i}.weight"], named[f"{i}.bias"]) for i in (7, 9)]
    g_first, g_second = np.empty_like(first.pooled), np.empty_like(second.pooled)
    chosen = (classes, np.arange(batch))
    rate, n = np.float32(LR / batch), np.float32(batch)

    def step() -> tuple[np.float32, list[Array]]:
        """The loss, and by how much each weight was lowered."""
        flat = second.forward(first.forward(x)).reshape(-1, batch)  # features by batch, from here on
        hidden = np.maximum(w @ flat + b[:, None], np.float32(0))
        logits = v @ hidden + c[:, None]
        np.subtract(logits, np.maximum.reduce(logits, 0), logits)
        of_classes = logits[chosen]
        np.exp(logits, logits)
        total = np.add.reduce(logits, 0)
        loss: np.float32 = (np.add.reduce(np.log(total)) - np.add.reduce(of_classes)) / n
        np.multiply(logits, rate / total, logits)
        logits[chosen] -= rate
        g = v.T @ logits  # the gradient times the rate
        np.multiply(g, hidden > 0, g)
        np.dot(w.T, g, g_second.reshape(-1, batch))
        second.backward(g_second, g_first)
        first.backward(g_first, None)
        linear = [g @ flat.T, np.add.reduce(g, 1), logits @ hidden.T, np.add.reduce(logits, 1)]
        changes = [*first.changes(), *second.changes(), *linear]
        for weight, change in zip(named.values(), changes):
            np.subtract(weight, change, weight)
        return loss, changes

    def answers() -> Mapping[str, Array]:
        loss, changes = step()
        gradients = {name: change / np.float32(LR) for name, change in zip(named, changes)}
        return training.answered(loss, gradients, named)

    return Prepared(step, answers)


ABOUT = "LeNet: conv5x5(32), relu, maxpool2, conv5x5(64), relu, maxpool2, fc 1024-128, relu, fc 10, gradient descent"
WORKLOAD = Workload(
    "W3",
    ABOUT,
    (Case(64, "batch 64", ratio=2.0, goal=Goal(1.4, 1.0, counted=True), quick=Case(8, "batch 8")),),
    {"kytorch": with_kytorch, "numpy": with_numpy, "torch": with_torch_at_its_best},
)
PLAIN = Workload(
    "W3-plain",
    ABOUT,
    (Case(64, "batch 64, PyTorch as it comes", quick=Case(8, "batch 8, PyTorch as it comes")),),
    {"kytorch": with_kytorch, "numpy": with_numpy, "torch": with_torch},
)
BOTH = Together(
    "W3", f"{ABOUT}; PyTorch at its best is channels_last with malloc tuned as kytorch does", (WORKLOAD, PLAIN)
)
