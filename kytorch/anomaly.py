"""Finding the operation that made a number that is not finite."""

from __future__ import annotations

import sys
import traceback
from contextlib import ContextDecorator
from contextvars import Token
from types import FrameType
from typing import Self

import numpy as np

from kytorch.nn.module import layer_of
from kytorch.tensor.core import CONSTANT, GradFn, Tensor, Watcher, watcher
from kytorch.tensor.values import Array


class detect_anomaly(ContextDecorator):
    """Within this context every value and gradient is checked, and the first that is not finite raises.

    The FloatingPointError names the operation, its layer and the source line that called it. Slow: for looking only.
    """

    def __init__(self) -> None:
        self._entered: list[tuple[Token[Watcher | None], np.errstate]] = []

    def __enter__(self) -> Self:
        quiet = np.errstate(all="ignore")  # NumPy's warnings would come before the error that says where
        quiet.__enter__()
        self._entered.append((watcher.set(_Check()), quiet))
        return self

    def __exit__(self, *error: object) -> None:
        token, quiet = self._entered.pop()
        watcher.reset(token)
        quiet.__exit__(None, None, None)

    def _recreate_cm(self) -> Self:  # one for each call, so that a decorated function may recurse or be threaded
        return type(self)()


class _Check:
    def __init__(self) -> None:
        self._places: dict[GradFn, str] = {}

    def made(self, data: Array, grad_fn: GradFn) -> None:
        place = _place()
        if not np.isfinite(data).all():
            operation = "an operation on constants" if grad_fn is CONSTANT else grad_fn.name
            raise FloatingPointError(f"{operation} made {_example(data)}, {place}")
        if grad_fn is not CONSTANT:
            self._places[grad_fn] = place

    def flowed(self, g: Tensor | Array, grad_fn: GradFn) -> None:
        data = g._data if isinstance(g, Tensor) else g
        if not np.isfinite(data).all():
            place = self._places.get(grad_fn, "recorded before detect_anomaly()")
            raise FloatingPointError(
                f"the rule of {grad_fn.name} made the gradient {_example(data)}; its operation is {place}"
            )


def _example(data: Array) -> str:
    """The first element that is not finite, and where it is."""
    index = tuple([int(i) for i in np.argwhere(~np.isfinite(data))[0]])
    return f"{data[index]} at {list(index)} of shape {data.shape}"


def _place() -> str:
    """The source line outside of kytorch, and the layer, of the operation now running."""
    package = __name__.partition(".")[0]
    frames: list[FrameType] = [frame for frame, _ in traceback.walk_stack(sys._getframe())]
    caller = next((f for f in frames if f.f_globals.get("__name__", "").partition(".")[0] != package), frames[-1])
    layer = layer_of(reversed(frames))
    return f"at {caller.f_code.co_filename}:{caller.f_lineno}" + (f", in layer {layer}" if layer else "")
