"""How reading a weight is understood: live, constant (the whole of `no_grad`), or as another Tensor in its place."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol, Self, TypeVar

from kytorch.tensor.contexts import Setting


class Detachable(Protocol):
    """A Tensor, as far as it matters here."""

    def detach(self) -> Self:
        """The same values as a constant."""


T = TypeVar("T", bound=Detachable)


class Reader(Protocol):
    """What reading `weight` gives, whose own value as a live Tensor is `own`."""

    def __call__(self, weight: object, own: T, /) -> T:
        """The Tensor that is read."""


class Constantly:
    """Reads as `reader` does, or plainly, but gives constants."""

    __slots__ = ("_reader",)

    def __init__(self, reader: Reader | None) -> None:
        self._reader = reader

    def __call__(self, weight: object, own: T, /) -> T:
        return (own if self._reader is None else self._reader(weight, own)).detach()


constantly = Constantly(None)

# None is the usual way: a live leaf.
reading: ContextVar[Reader | None] = ContextVar("how a weight is read", default=None)


class no_grad(Setting[Reader | None]):
    """Within this context, or this function, reading a weight gives a constant: nothing is recorded.

    It concerns the reading only: what is live already stays live, such as the inputs that `func.grad` differentiates
    in; `x.detach()` makes a constant of it. It holds for this thread and this asynchronous task only.
    """

    def __init__(self) -> None:
        super().__init__(reading, constantly)

    def _inside(self, before: Reader | None) -> Reader | None:
        if before is None or isinstance(before, Constantly):
            return before or constantly
        return Constantly(before)
