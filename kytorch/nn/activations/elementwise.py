"""Elementwise functions as layers."""

from __future__ import annotations

from kytorch.nn.module import Module
from kytorch.ops import activation, hyperbolic, trigonometry
from kytorch.tensor.core import Tensor


class Sin(Module):
    """sin x, activation."""

    def forward(self, x: Tensor) -> Tensor:
        return trigonometry.sin(x)


class ReLU(Module):
    """max(x, 0), activation."""

    def forward(self, x: Tensor) -> Tensor:
        return activation.relu(x)


class Sigmoid(Module):
    """1 / (1 + e^-x), activation."""

    def forward(self, x: Tensor) -> Tensor:
        return activation.sigmoid(x)


class Tanh(Module):
    """tanh x, activation."""

    def forward(self, x: Tensor) -> Tensor:
        return hyperbolic.tanh(x)
