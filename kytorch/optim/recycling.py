"""Memory of big arrays that nobody holds any more, so that the system need not hand out and clear new pages."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from kytorch.tensor.core import TrainableWeight
from kytorch.tensor.values import Array

Spare: TypeAlias = dict[TrainableWeight, list[Array]]
"""For each weight the arrays that the step before replaced. Others may hold them too: `fresh` takes no such one."""


class Cut(NamedTuple):
    """An array, and the views that it was cut into."""

    whole: Array
    pieces: list[Array]


class Known(NamedTuple):
    """Of weights that were computed as one what was remembered, bounds of its sizes, and what was cut into pieces."""

    arrays: list[Array]
    most: Sequence[float]
    cuts: dict[str, Cut]


Before: TypeAlias = dict[tuple[TrainableWeight, ...], Known]
"""What is known of the step before."""


def fresh(like: Array, dtype: np.dtype[Any], spare: list[Array] | None) -> Array:
    """An array to write to, of the shape and layout of `like`: one of `spare`, if nobody else has it, or a new one."""
    while spare:
        array, holders = _popped(spare)
        if (
            array is not None
            and holders == _ALONE
            and type(array) is np.ndarray
            and array.flags.owndata  # no view, and no memory of another library's
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
    holders = sys.getrefcount(array)
    return array, holders


# How many references a Python version counts to what nobody else holds; a debugger may have held one just then.
_ALONE = min(_popped([np.empty(1)])[1], 1 if sys.version_info >= (3, 14) else 2)
