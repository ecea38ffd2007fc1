"""What `no_grad` and `detect_anomaly` share: a setting for the length of a block, or of a function's calls."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ContextDecorator
from contextvars import ContextVar
from functools import wraps
from typing import Any, Generic, Self, TypeVar

V = TypeVar("V")
F = TypeVar("F", bound=Callable[..., Any])

_COROUTINE, _GENERATORS = 0x80, 0x20 | 0x200  # of a code object's flags

# Who entered and the values to come back to, innermost last: of this thread and task, whoever else holds the same
# context manager.
_outer: ContextVar[tuple[tuple[object, object], ...]] = ContextVar("the values to come back to", default=())


class Setting(ContextDecorator, Generic[V]):
    """A context manager and decorator that gives a ContextVar a value: in this thread and asynchronous task only."""

    def __init__(self, variable: ContextVar[V], value: V) -> None:
        self._variable = variable
        self._value = value

    def __enter__(self) -> Self:
        before = self._variable.get()
        _outer.set((*_outer.get(), (self, before)))
        self._variable.set(self._inside(before))
        return self

    def _inside(self, before: V) -> V:
        """The value within, where it was `before`."""
        return self._value

    def __exit__(self, *error: object) -> None:
        entered = _outer.get()
        if not entered or (entered[-1][0] is not self and all(one is not self for one, _ in entered)):
            return  # entered in another thread: a generator held it that ends in this one
        _outer.set(entered[:-1])
        self._variable.set(entered[-1][1])  # type: ignore[arg-type]  # what __enter__ put there

    def __call__(self, function: F) -> F:
        """`function`, or coroutine function, run within this context. Raises TypeError for a generator function."""
        flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
        if flags & _GENERATORS:
            raise TypeError(f"{type(self).__name__}: a generator runs after its call; write `with` inside {function!r}")
        if not flags & _COROUTINE:
            return super().__call__(function)

        @wraps(function)
        async def within(*args: object, **kwargs: object) -> object:
            with self:
                return await function(*args, **kwargs)

        return within  # type: ignore[return-value]  # a coroutine function of the same signature
