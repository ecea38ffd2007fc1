"""Whether reading a weight makes a live leaf: the whole of `no_grad`."""

from __future__ import annotations

from contextlib import ContextDecorator
from contextvars import ContextVar, Token
from typing import Self

reading_is_live: ContextVar[bool] = ContextVar("reading a weight makes a live leaf", default=True)


class no_grad(ContextDecorator):
    """Within this context, or this function, reading a weight gives a constant: nothing is recorded.

    It holds for this thread and this asynchronous task only.
    """

    def __init__(self) -> None:
        self._tokens: list[Token[bool]] = []

    def __enter__(self) -> Self:
        self._tokens.append(reading_is_live.set(False))
        return self

    def __exit__(self, *error: object) -> None:
        reading_is_live.reset(self._tokens.pop())

    def _recreate_cm(self) -> Self:  # one for each call, so that a decorated function may recurse or be threaded
        return type(self)()
