"""W5: a character model, an LSTM of 256 hidden features over 64 steps of one of 65 characters, and a linear layer."""

from __future__ import annotations

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

CHARACTERS, HIDDEN, STEPS = 65, 256, 64
LR = 0.5
TILE = 64


def weights() -> dict[str, Array]:
    """The weights to begin with, by PyTorch's paths, uniform as PyTorch draws them."""
    rng = np.random.default_rng(1)
    shapes = {
        "lstm.weight_ih_l0": (4 * HIDDEN, CHARACTERS),
        "lstm.weight_hh_l0": (4 * HIDDEN, HIDDEN),
        "lstm.bias_ih_l0": (4 * HIDDEN,),
        "lstm.bias_hh_l0": (4 * HIDDEN,),
        "linear.weight": (CHARACTERS, HIDDEN),
        "linear.bias": (CHARACTERS,),
    }
    bound = HIDDEN**-0.5
    return {name: rng.uniform(-bound, bound, shape).astype(np.float32) for name, shape in shapes.items()}


def examples(batch: int) -> tuple[Array, Array]:
    """Characters as one-hot vectors, (time, batch, characters), and those that follow, all in one row."""
    text = np.random.default_rng(2).integers(0, CHARACTERS, (STEPS + 1, batch))
    return np.eye(CHARACTERS, dtype=np.float32)[text[:-1]], text[1:].reshape(-1)


def kytorch_model() -> nn.Module:
    """The model in kytorch, with the weights to begin with."""
    from kytorch import Tensor, nn

    class Characters(nn.Module):
        def __init__(self) -> None:
            self.lstm = nn.LSTM(CHARACTERS, HIDDEN)
            self.linear = nn.Linear(HIDDEN, CHARACTERS)

        def forward(self, x: Tensor) -> Tensor:
            output, _ = self.lstm(x)
            return self.linear(output).reshape(-1, CHARACTERS)

    model = Characters()
    model.load_state_dict(weights())
    return model


def torch_model() -> torch.nn.Module:
    """The model in PyTorch, with the weights to begin with."""
    from torch import nn

    class Characters(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(CHARACTERS, HIDDEN)
            self.linear = nn.Linear(HIDDEN, CHARACTERS)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            output, _ = self.lstm(x)
            logits: torch.Tensor = self.linear(output)
            return logits.reshape(-1, CHARACTERS)

    model = Characters()
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


def with_numpy(batch: int) -> Prepared:
    """By hand: no autodiff, and every array made once."""
    named = weights()
    w_ih, w_hh, b_ih, b_hh, w_out, b_out = named.values()
    x, classes = examples(batch)
    rows = STEPS * batch
    x = x.reshape(rows, CHARACTERS)
    gates, d = np.empty((2, STEPS, batch, 4 * HIDDEN), np.float32)
    h, c = np.zeros((2, STEPS + 1, batch, HIDDEN), np.float32)
    slopes_c, g_h = np.empty((2, STEPS, batch, HIDDEN), np.float32)
    buffer = np.empty((batch, 4 * HIDDEN), np.float32)
    work, dh, dc = np.empty((3, batch, HIDDEN), np.float32)
    logits = np.empty((rows, CHARACTERS), np.float32)
    changes = {name: np.empty_like(w) for name, w in named.items()}
    scale = np.full((1, 4 * HIDDEN), 0.5, np.float32)  # of a sigmoid, 0.5 tanh(x / 2) + 0.5, beside tanh
    scale[:, 2 * HIDDEN : 3 * HIDDEN] = 1
    shift = 1 - scale
    top, level = 2 * shift, 2 * scale - 1  # of a gate a, the slope is (top - a) a + level
    # What BLAS need not pack it multiplies twice as fast: the recurrent weight in tiles of columns.
    tiles = np.empty((4 * HIDDEN // TILE, HIDDEN, TILE), np.float32)
    tiled = buffer.reshape(batch, len(tiles), TILE).swapaxes(0, 1)
    by_gate, d_by_gate = gates.reshape(STEPS, batch, 4, HIDDEN), d.reshape(STEPS, batch, 4, HIDDEN)
    ones, all_rows = np.ones(rows, np.float32), np.arange(rows)

    def forward() -> np.float32:
        np.dot(x, w_ih.T, gates.reshape(rows, -1))
        np.add(gates, b_ih + b_hh, gates)
        np.copyto(tiles, w_hh.T.reshape(HIDDEN, len(tiles), TILE).swapaxes(0, 1))
        for t in range(STEPS):
            np.matmul(h[t], tiles, tiled)
            np.add(buffer, gates[t], buffer)
            np.multiply(buffer, scale, buffer)
            np.tanh(buffer, buffer)
            np.multiply(buffer, scale, buffer)
            np.add(buffer, shift, gates[t])
            i, f, g, o = (by_gate[t, :, gate] for gate in range(4))
            np.multiply(i, g, work)
            np.multiply(f, c[t], c[t + 1])
            np.add(c[t + 1], work, c[t + 1])
            np.tanh(c[t + 1], work)
            np.multiply(work, o, h[t + 1])
            # What the gradients of this step's gates are multiples of, while the step is in the cache.
            np.subtract(top, gates[t], d[t])
            np.multiply(d[t], gates[t], d[t])
            np.add(d[t], level, d[t])
            for gate, other in enumerate((g, c[t], i, work)):
                np.multiply(d_by_gate[t, :, gate], other, d_by_gate[t, :, gate])
            np.multiply(work, work, work)
            np.subtract(np.float32(1), work, work)
            np.multiply(work, o, slopes_c[t])
        np.dot(h[1:].reshape(rows, HIDDEN), w_out.T, logits)
        np.add(logits, b_out, logits)
        np.subtract(logits, logits.max(1, keepdims=True), logits)
        chosen = logits[all_rows, classes]
        np.exp(logits, logits)
        total = np.dot(logits, np.ones(CHARACTERS, np.float32))
        np.divide(logits, total[:, None], logits)
        loss: np.float32 = np.mean(np.log(total) - chosen)
        return loss

    def backward() -> None:
        logits[all_rows, classes] -= 1
        np.multiply(logits, np.float32(1 / rows), logits)
        np.dot(logits.T, h[1:].reshape(rows, HIDDEN), changes["linear.weight"])
        np.dot(ones, logits, changes["linear.bias"])
        np.dot(logits, w_out, g_h.reshape(rows, HIDDEN))
        dh[...] = dc[...] = 0
        for t in reversed(range(STEPS)):
            np.add(dh, g_h[t], dh)
            np.multiply(dh, slopes_c[t], work)
            np.add(dc, work, dc)
            np.multiply(d_by_gate[t, :, 3], dh, d_by_gate[t, :, 3])
            np.multiply(d_by_gate[t, :, :3], dc[:, None], d_by_gate[t, :, :3])
            np.multiply(dc, by_gate[t, :, 1], dc)
            np.dot(d[t], w_hh, dh)
        of_gates = d.reshape(rows, 4 * HIDDEN)
        np.dot(of_gates.T, x, changes["lstm.weight_ih_l0"])
        np.dot(of_gates.T, h[:-1].reshape(rows, HIDDEN), changes["lstm.weight_hh_l0"])
        np.dot(ones, of_gates, changes["lstm.bias_ih_l0"])
        np.copyto(changes["lstm.bias_hh_l0"], changes["lstm.bias_ih_l0"])

    def step() -> np.float32:
        loss = forward()
        backward()
        for name, w in named.items():
            np.multiply(changes[name], np.float32(LR), changes[name])
            np.subtract(w, changes[name], w)
        return loss

    def answers() -> Mapping[str, Array]:
        loss = step()
        return training.answered(loss, {name: change / np.float32(LR) for name, change in changes.items()}, named)

    return Prepared(step, answers)


WORKLOAD = Workload(
    "W5",
    "LSTM character model, hidden 256, 64 steps, vocabulary 65, cross-entropy, gradient descent",
    (Case(32, "batch 32", ratio=2.0, goal=Goal(1.3, 1.0, counted=True), quick=Case(4, "batch 4")),),
    {"kytorch": with_kytorch, "numpy": with_numpy, "torch": with_torch},
)
