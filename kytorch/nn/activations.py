"""Elementwise functions as layers."""

from __future__ import annotations

from kytorch.nn.module import Module
from kytorch.ops import elementwise
from kytorch.tensor.core import Tensor


class Sin(Module):
    """sin x, elementwise."""

    def forward(self, x: Tensor) -> Tensor:
        return elementwise.sin(x)


class ReLU(Module):
    """max(x, 0), elementwise."""

    def forward(self, x: Tensor) -> Tensor:
        return elementwise.relu(x)


class Sigmoid(Module):
    """1 / (1 + e^-x), elementwise."""

    def forward(self, x: Tensor) -> Tensor:
        return elementwise.sigmoid(x)


class Tanh(Module):
    """tanh x, elementwise."""

    def forward(self, x: Tensor) -> Tensor:
        return elementwise.tanh(x)
