"""Finding the operation that made a number that is not finite."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any, Self
from weakref import WeakKeyDictionary

import numpy as np

from kytorch.nn.module import layer_of
from kytorch.tensor.core import CONSTANT
from kytorch.tensor.holder import ArrayHolder
from kytorch.tensor.values import Array
from kytorch.tensor.watching import Watching


class detect_anomaly(Watching):
    """Within this context every value and gradient is checked, and the first that is not finite raises.

    The FloatingPointError names the operation, its layer and the source line that called it. Slow: for looking only.
    """

    def __init__(self) -> None:
        super().__init__(_Check())
        self._warnings: list[Any] = []  # NumPy's settings to come back to

    def __enter__(self) -> Self:
        super().__enter__()
        self._warnings.append(np.seterr(all="ignore"))  # they would come before the error that says where
        return self

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        np.seterr(**self._warnings.pop())


class _Check:
    sees_gradients = True

    def __init__(self) -> None:
        self._places: WeakKeyDictionary[object, str] = WeakKeyDictionary()

    def made(self, data: Array, grad_fn: object) -> None:
        place = _place()
        if not np.isfinite(data).all():
            operation = "an operation on constants" if grad_fn is CONSTANT else type(grad_fn).__name__
            raise FloatingPointError(f"{operation} made {_example(data)}, {place}")
        if grad_fn is not CONSTANT:
            self._places[grad_fn] = place

    def flowed(self, g: ArrayHolder | Array, grad_fn: object) -> None:
        data = g._data if isinstance(g, ArrayHolder) else g
        if not np.isfinite(data).all():
            place = self._places.get(grad_fn, "recorded before detect_anomaly()")
            raise FloatingPointError(
                f"the rule of {type(grad_fn).__name__} made the gradient {_example(data)}; its operation is {place}"
            )


def _example(data: Array) -> str:
    """The first element that is not finite, and where it is."""
    index = tuple([int(i) for i in np.argwhere(~np.isfinite(data))[0]])
    return f"{data[index]} at {list(index)} of shape {data.shape}"


def _place() -> str:
    """The source line outside of kytorch, and the layer, of the operation now running."""
    package = __name__.partition(".")[0]
    frames: list[FrameType] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    caller = next((f for f in frames if f.f_globals.get("__name__", "").partition(".")[0] != package), frames[-1])
    layer = layer_of(reversed(frames))
    return f"at {caller.f_code.co_filename}:{caller.f_lineno}" + (f", in layer {layer}" if layer else "")
