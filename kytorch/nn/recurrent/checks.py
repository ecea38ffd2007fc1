"""What recurrent layers and cells refuse."""

from __future__ import annotations

from typing import Any

import numpy as np

from kytorch.tensor.core import Tensor
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Shape


def check_dtype(name: str, which: str, x: Tensor, dtype: np.dtype[Any]) -> None:
    """Raises TypeError unless `x` has the weights' dtype."""
    if x.dtype != dtype:
        raise TypeError(f"{name}: {which} of {x.dtype} beside weights of {dtype}; convert one of them with to()")


def check_state(name: str, which: str, state: Tensor, expected: Shape, dtype: np.dtype[Any]) -> None:
    """Raises TypeError or ValueError unless `state` is a Tensor of the `expected` shape and the weights' dtype."""
    if type(state) is not Tensor:
        raise not_tensors(name, state)
    if state.shape != expected:
        raise ValueError(f"{name}: the {which} state to begin with has shape {state.shape}, expected {expected}")
    check_dtype(name, f"a {which} state", state, dtype)
