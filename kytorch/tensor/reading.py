"""Whether reading a weight makes a live leaf: the whole of `no_grad`."""

from __future__ import annotations

from contextvars import ContextVar

from kytorch.tensor.contexts import Setting

reading_is_live: ContextVar[bool] = ContextVar("reading a weight makes a live leaf", default=True)


class no_grad(Setting[bool]):
    """Within this context, or this function, reading a weight gives a constant: nothing is recorded.

    It holds for this thread and this asynchronous task only.
    """

    def __init__(self) -> None:
        super().__init__(reading_is_live, False)
