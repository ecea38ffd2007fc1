"""Who sees every value and gradient that is made: `detect_anomaly` and `profile`, while they are on."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol

from kytorch.tensor.contexts import Setting
from kytorch.tensor.holder import ArrayHolder
from kytorch.tensor.values import Array


class Watcher(Protocol):
    """What is told of every value, and of every gradient if it wants to see them."""

    sees_gradients: bool

    def made(self, data: Array, grad_fn: object) -> None:
        """`grad_fn`'s operation made the value `data`."""

    def flowed(self, g: ArrayHolder | Array, grad_fn: object) -> None:
        """`grad_fn`'s rule made the gradient `g`."""


watcher: ContextVar[Watcher | None] = ContextVar("the watcher", default=None)


class Watching(Setting[Watcher | None]):
    """Within this context `one` watches, beside whoever does already."""

    def __init__(self, one: Watcher) -> None:
        super().__init__(watcher, one)
        self._one = one

    def _inside(self, before: Watcher | None) -> Watcher:
        return self._one if before is None else _Both(before, self._one)


class _Both:
    def __init__(self, first: Watcher, second: Watcher) -> None:
        self._first, self._second = first, second
        self.sees_gradients = first.sees_gradients or second.sees_gradients

    def made(self, data: Array, grad_fn: object) -> None:
        self._first.made(data, grad_fn)
        self._second.made(data, grad_fn)

    def flowed(self, g: ArrayHolder | Array, grad_fn: object) -> None:
        self._first.flowed(g, grad_fn)
        self._second.flowed(g, grad_fn)
