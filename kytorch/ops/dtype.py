"""Conversion to another dtype."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.tensor.core import (
    CONSTANT,
    A,
    Tensor,
    UnaryGradFn,
    make,
)
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of
from kytorch.tensor.values import checked_dtype


class ToGradFn(UnaryGradFn):
    """y = x in another dtype,  dy = dx in x's"""

    __slots__ = ("_dtype",)

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._dtype = dtype

    def vjp(self, g: A) -> A:
        return to(g, self._dtype)


@method
def to(x: A, dtype: npt.DTypeLike) -> A:
    """`x` with another dtype, itself if it has it already. Integers and bool are constants."""
    target = checked_dtype("to", dtype)
    if not isinstance(x, Tensor):
        return array_of("to", x).astype(target, copy=False)
    if x.dtype == target:
        return x
    y = x._data.astype(target)
    return ToGradFn(x.dtype).record(y, x) if target.kind == "f" else make(y, CONSTANT)
