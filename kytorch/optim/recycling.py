"""Memory of big arrays that nobody holds any more, so that the system need not hand out and clear new pages."""

from __future__ import annotations

import sys
import weakref
from typing import Any, TypeAlias

import numpy as np

from kytorch.tensor.core import TrainableWeight
from kytorch.tensor.values import Array

Spare: TypeAlias = dict[TrainableWeight, list[Array]]
"""For each weight the arrays that the step before replaced. Others may hold them too: `fresh` takes no such one."""
Joined: TypeAlias = dict[tuple[TrainableWeight, ...], dict[str, Array]]
"""For small weights that were computed as one, the arrays that were cut into theirs, by the state's fields."""


def fresh(like: Array, dtype: np.dtype[Any], spare: list[Array] | None) -> Array:
    """An array to write to, of the shape and layout of `like`: one of `spare`, if nobody else has it, or a new one."""
    while spare:
        array, holders = _popped(spare)
        if (
            array is not None
            and holders == _ALONE
            and type(array) is np.ndarray
            and array.base is None
            and array.shape == like.shape
            and array.dtype == dtype
            and (array.strides == like.strides or (array.flags.c_contiguous and like.flags.c_contiguous))
            and not weakref.getweakrefcount(array)
        ):
            array.setflags(write=True)
            return array
    return np.empty_like(like, dtype)


def _popped(spare: list[Array]) -> tuple[Array | None, int]:
    """The last of `spare`, and how many references to it there are."""
    try:
        array = spare.pop()  # atomic: of two threads only one gets it
    except IndexError:
        return None, 0
    return array, sys.getrefcount(array)


# How many references a Python version counts to what nobody else holds.
_ALONE = _popped([np.empty(1)])[1]
