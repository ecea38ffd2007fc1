"""Which elements there are, how many, and where others would stand among them."""

from __future__ import annotations

import math
from typing import Literal, overload

import numpy as np

from kytorch.kernels import order as kernels
from kytorch.ops.along import put_along
from kytorch.ops.dtype import to
from kytorch.tensor.core import CONSTANT, A, Tensor, make
from kytorch.tensor.dims import one_dim
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of
from kytorch.tensor.values import Array, Scalar

Yes = Literal[True]
No = Literal[False]


@overload
def unique(
    x: A, sorted: bool = True, return_inverse: No = False, return_counts: No = False, dim: int | None = None
) -> A: ...
@overload
def unique(
    x: A, sorted: bool = True, *, return_inverse: Yes, return_counts: No = False, dim: int | None = None
) -> tuple[A, A]: ...
@overload
def unique(
    x: A, sorted: bool = True, return_inverse: No = False, *, return_counts: Yes, dim: int | None = None
) -> tuple[A, A]: ...
@overload
def unique(
    x: A, sorted: bool = True, *, return_inverse: Yes, return_counts: Yes, dim: int | None = None
) -> tuple[A, A, A]: ...
@method
def unique(
    x: A,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> A | tuple[A, A] | tuple[A, A, A]:
    """The different elements of `x`, or the different slices along `dim`, in ascending order: constants.

    With `return_inverse` also where each element is among them, with `return_counts` how often. Each NaN differs from
    every other. They are in order whatever `sorted` says. Raises ValueError for slices of no elements.
    """
    array = array_of("unique", x)
    axis = None
    if dim is not None:
        axis = one_dim("unique", dim, array.ndim)
        array = array.reshape(1) if not array.ndim else array
        if not array.size and array.shape[axis]:
            raise ValueError(f"unique: slices along dim {axis} of shape {array.shape} have no elements")
    found, inverse, counts = _unique(array, return_inverse, return_counts, axis)
    answers: list[Array] = [found]
    if return_inverse:
        answers.append(inverse.reshape(array.shape if axis is None else array.shape[axis]))
    if return_counts:
        answers.append(counts)
    if isinstance(x, Tensor):
        tensors = [make(answer, CONSTANT) for answer in answers]
        return tensors[0] if len(tensors) == 1 else tuple(tensors)  # type: ignore[return-value]  # two or three
    return answers[0] if len(answers) == 1 else tuple(answers)  # type: ignore[return-value]  # two or three


def _unique(array: Array, inverse: bool, counts: bool, axis: int | None) -> tuple[Array, Array, Array]:
    """The unique elements, their places and counts; of the last two those that are not asked for are empty."""
    none = np.zeros(0, np.int64)
    if axis is not None and not array.size:
        return array, none, none
    answers = np.unique(array, False, inverse, counts, axis, equal_nan=False)  # type: ignore[call-overload]  # its overloads are on Literals
    if not inverse and not counts:
        return answers, none, none
    found, *rest = answers
    return found, rest[0] if inverse else none, rest[-1] if counts else none


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


@method
def bincount(x: A, weights: A | None = None, minlength: int = 0) -> A:
    """How often each of 0, 1, 2 ... is in `x`, (n,), or the sum of the `weights`, (n,), at each: (max(x) + 1,) or more.

    Differentiable with respect to `weights`. Raises TypeError for what is no integer, ValueError for negative ones,
    for other shapes, and for a negative `minlength`.
    """
    array = array_of("bincount", x)
    if array.dtype.kind not in "iu":
        raise TypeError(f"bincount: expected integers, not {array.dtype}; convert them with to()")
    if array.ndim != 1:
        raise ValueError(f"bincount: x has shape {array.shape}; expected one dimension")
    if minlength < 0:
        raise ValueError(f"bincount: minlength is {minlength}; expected 0 or more")
    least = array.item(array.argmin()) if array.size else 0  # quicker than min for few elements
    if least < 0:
        raise ValueError(f"bincount: {least} is negative; there are bins from 0 on")
    if weights is None:
        counts: Array = np.bincount(array.astype(np.int64, copy=False), minlength=minlength)
        if isinstance(x, Tensor):
            return make(counts, CONSTANT)
        return counts
    given = array_of("bincount", weights)
    if given.shape != array.shape:
        raise ValueError(f"bincount: weights of shape {given.shape} for x of shape {array.shape}; expected equal ones")
    if given.dtype.char not in "fd":
        weights = to(weights, np.float64)
    n = max(int(array.max()) + 1, minlength) if array.size else minlength
    return put_along(weights, np.array(array, np.int64), 0, (n,))


@method
def histc(x: A, bins: int = 100, min: float = 0, max: float = 0) -> A:
    """How many elements are in each of `bins` equal parts of [min, max]: a constant in `x`'s dtype.

    Without limits, or with equal ones, they are the least and the greatest element. Elements outside and NaN are not
    counted. Raises TypeError for integers, ValueError for limits that are not finite or cross, and for no bins.
    """
    array = array_of("histc", x)
    if array.dtype.kind != "f":
        raise TypeError(f"histc: expected floats, not {array.dtype}; convert them with to()")
    if bins < 1:
        raise ValueError(f"histc: bins is {bins}; expected 1 or more")
    low, high = float(min), float(max)
    if low == high and array.size:
        low, high = float(array.min()), float(array.max())
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"histc: the limits are {low} and {high}; expected finite ones, the lower first")
    if low == high:
        low, high = low - 1, high + 1
    inside = array[(array >= low) & (array <= high)]
    places = ((inside - low) * (bins / (high - low))).astype(np.int64)
    y: Array = np.bincount(np.minimum(places, bins - 1), minlength=bins).astype(array.dtype)
    if isinstance(x, Tensor):
        return make(y, CONSTANT)
    return y
