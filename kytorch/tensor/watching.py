"""Who sees every value and gradient that is made: `detect_anomaly`, while it is on."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol

from kytorch.tensor.holder import ArrayHolder
from kytorch.tensor.values import Array


class Watcher(Protocol):
    """What is told of every value and gradient."""

    def made(self, data: Array, grad_fn: object) -> None:
        """`grad_fn`'s operation made the value `data`."""

    def flowed(self, g: ArrayHolder | Array, grad_fn: object) -> None:
        """`grad_fn`'s rule made the gradient `g`."""


watcher: ContextVar[Watcher | None] = ContextVar("the watcher", default=None)
