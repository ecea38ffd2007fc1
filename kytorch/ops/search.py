"""Places of values in sorted sequences."""

from __future__ import annotations

import math

import numpy as np

from kytorch.kernels import order as kernels
from kytorch.tensor.core import CONSTANT, A, Tensor, make
from kytorch.tensor.operands import array_of
from kytorch.tensor.values import Array, Scalar


def searchsorted(
    sorted_sequence: A,
    input: A | Scalar,
    *,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | Array | None = None,
) -> A:
    """How many elements of a sequence in ascending order are less than each of `input`: a constant.

    With `right`, or `side` "right", how many are no greater. A sequence of more dimensions has one line for each line
    of `input`, and their leading sizes are equal. `sorter`, as `argsort` makes it, puts the sequence in order.
    Raises ValueError for other shapes.
    """
    name = "searchsorted"
    lines = array_of(name, sorted_sequence)
    if side not in (None, "left", "right"):
        raise ValueError(f"{name}: side is {side!r}; expected 'left' or 'right'")
    if right and side == "left":
        raise ValueError(f"{name}: right=True and side='left' contradict each other; give one of them")
    if not lines.ndim:
        raise ValueError(f"{name}: the sequence is a scalar; expected one or more dimensions")
    if sorter is not None:
        lines = _in_order(lines, array_of(name, sorter))
    sought = np.asarray(input) if isinstance(input, (int, float)) else array_of(name, input)
    if lines.ndim > 1 and (not sought.ndim or sought.shape[:-1] != lines.shape[:-1]):
        raise ValueError(
            f"{name}: input of shape {sought.shape} in sequences of shape {lines.shape}; "
            "the sizes but for the last must be equal, or the sequence have one dimension"
        )
    above = right or side == "right"
    y: Array
    if lines.ndim == 1:
        y = np.asarray(np.searchsorted(lines, sought, "right" if above else "left"), np.int64)
    else:
        rows = math.prod(lines.shape[:-1])
        y = kernels.places(lines.reshape(rows, lines.shape[-1]), sought.reshape(rows, sought.shape[-1]), above).reshape(
            sought.shape
        )
    if isinstance(sorted_sequence, Tensor):
        return make(y, CONSTANT)
    return y


def _in_order(lines: Array, sorter: Array) -> Array:
    if sorter.shape != lines.shape:
        raise ValueError(f"searchsorted: a sorter of shape {sorter.shape} for sequences of shape {lines.shape}")
    if sorter.dtype.kind not in "iu":
        raise TypeError(f"searchsorted: the sorter has dtype {sorter.dtype}; argsort() makes one of integers")
    if ((sorter < 0) | (sorter >= lines.shape[-1])).any():
        raise IndexError(f"searchsorted: the sorter's indices go from 0 to {lines.shape[-1] - 1}")
    ordered: Array = np.take_along_axis(lines, sorter, -1)
    return ordered


def bucketize(x: A | Scalar, boundaries: A, *, right: bool = False) -> A:
    """How many of `boundaries`, (n,) in ascending order, are less than each element, or, if `right`, no greater.

    A constant. Raises ValueError for boundaries of other dimensions.
    """
    limits = array_of("bucketize", boundaries)
    if limits.ndim != 1:
        raise ValueError(f"bucketize: boundaries have shape {limits.shape}; expected one dimension")
    return searchsorted(boundaries, x, right=right)
