"""Dropout (Srivastava et al. 2014), scaled in training so that evaluation is the identity."""

from __future__ import annotations

import numpy as np

from kytorch.nn.module import Module
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.random import generator_or_default


def dropout(x: Tensor, p: float = 0.5, training: bool = True, generator: np.random.Generator | None = None) -> Tensor:
    """`x` with each element zero with probability `p`, else divided by 1 - p; `x` itself outside training."""
    _check_probability(p)
    if x.dtype.kind != "f":
        raise TypeError(f"dropout: expected a Tensor of floats, not of {x.dtype}")
    if not training or p == 0:
        return x
    kept = generator_or_default(generator).random(x.shape, np.float32) >= p
    scale = np.array(1 / (1 - p) if p < 1 else 0, x.dtype)
    return x * make(kept * scale, CONSTANT)


def _check_probability(p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: the probability is to be in [0, 1], not {p}")


class Dropout(Module):
    """In training each element is zero with probability `p`, else divided by 1 - p; in evaluation nothing changes."""

    def __init__(self, p: float = 0.5, generator: np.random.Generator | None = None) -> None:
        _check_probability(p)
        self.p = p
        self.generator = generator

    def forward(self, x: Tensor) -> Tensor:
        return dropout(x, self.p, self.training, self.generator)

    def extra_repr(self) -> str:
        return f"p={self.p}"
