"""The models that grow: a perceptron by width, depth and batch, a transformer's layer by its sequences' length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import training
from benchmarks.prepared import Array, Prepared

if TYPE_CHECKING:
    import torch

    from kytorch import nn

WIDTH, DEPTH, BATCH = 256, 4, 64
FEATURES, HEADS, SEQUENCES = 128, 4, 4
DEEP = 16
"""The layers of the perceptron whose memory is measured."""
LR = 0.01


def drawn(state: Mapping[str, Array]) -> dict[str, Array]:
    """Weights in the order and the shapes of `state`; vectors as they begin."""
    rng = np.random.default_rng(1)
    return {
        name: w if w.ndim < 2 else (rng.standard_normal(w.shape) * w.shape[1] ** -0.5).astype(np.float32)
        for name, w in sorted(state.items())
    }


def examples(*shape: int) -> tuple[Array, Array]:
    """Inputs and targets."""
    rng = np.random.default_rng(2)
    return rng.standard_normal(shape, np.float32), rng.standard_normal(shape, np.float32)


def kytorch_trained(model: nn.Module, *shape: int) -> Prepared:
    """Training of a model on examples of that shape."""
    from kytorch import nn

    model.load_state_dict(drawn(zeroed(model.state_dict())))
    return training.with_kytorch(model, nn.functional.mse_loss, *examples(*shape), LR)


def torch_trained(model: torch.nn.Module, *shape: int) -> Prepared:
    """The same in PyTorch."""
    import torch

    training.load_torch(model, drawn(zeroed({name: w.numpy() for name, w in model.state_dict().items()})))
    return training.with_torch(model, torch.nn.functional.mse_loss, *examples(*shape), LR)


def zeroed(state: Mapping[str, Array]) -> dict[str, Array]:
    """The same biases on both sides; a norm's weight stays one."""
    return {name: np.zeros_like(w) if name.endswith("bias") else w for name, w in state.items()}


def kytorch_mlp(width: int = WIDTH, depth: int = DEPTH, batch: int = BATCH) -> Prepared:
    """A perceptron in kytorch."""
    from kytorch import nn

    layers = [layer for _ in range(depth) for layer in (nn.Linear(width, width), nn.Tanh())]
    return kytorch_trained(nn.Sequential(*layers), batch, width)


def torch_mlp(width: int = WIDTH, depth: int = DEPTH, batch: int = BATCH) -> Prepared:
    """A perceptron in PyTorch."""
    from torch import nn

    layers = [layer for _ in range(depth) for layer in (nn.Linear(width, width), nn.Tanh())]
    return torch_trained(nn.Sequential(*layers), batch, width)


def kytorch_width(width: int) -> Prepared:
    """By width."""
    return kytorch_mlp(width=width)


def torch_width(width: int) -> Prepared:
    """By width."""
    return torch_mlp(width=width)


def kytorch_depth(depth: int) -> Prepared:
    """By depth."""
    return kytorch_mlp(depth=depth)


def torch_depth(depth: int) -> Prepared:
    """By depth."""
    return torch_mlp(depth=depth)


def kytorch_batch(batch: int) -> Prepared:
    """By batch."""
    return kytorch_mlp(batch=batch)


def torch_batch(batch: int) -> Prepared:
    """By batch."""
    return torch_mlp(batch=batch)


def kytorch_length(length: int) -> Prepared:
    """A transformer's layer by the length of its sequences."""
    from kytorch import nn

    layer = nn.TransformerEncoderLayer(FEATURES, HEADS, 4 * FEATURES, dropout=0.0, batch_first=True)
    return kytorch_trained(layer, SEQUENCES, length, FEATURES)


def torch_length(length: int) -> Prepared:
    """A transformer's layer by the length of its sequences."""
    from torch import nn

    layer = nn.TransformerEncoderLayer(FEATURES, HEADS, 4 * FEATURES, dropout=0.0, batch_first=True)
    return torch_trained(layer, SEQUENCES, length, FEATURES)


def kytorch_deep(batch: int) -> Prepared:
    """A deep perceptron, after a small step that has brought all of the code."""
    kytorch_mlp(depth=1, batch=2).step()
    return kytorch_mlp(depth=DEEP, batch=batch)


def torch_deep(batch: int) -> Prepared:
    """A deep perceptron, after a small step that has brought all of the code."""
    torch_mlp(depth=1, batch=2).step()
    return torch_mlp(depth=DEEP, batch=batch)
