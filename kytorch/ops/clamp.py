"""Limits to elements, and replacements of those that are not finite."""

from __future__ import annotations

import numpy as np

from kytorch.kernels import choice as kernels
from kytorch.ops.where import masked
from kytorch.tensor.core import CONSTANT, A, OneInputGradFn, Tensor, UnaryGradFn, View, constant, make
from kytorch.tensor.errors import no_broadcast
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of, check_operands
from kytorch.tensor.rules import NaryGradFn
from kytorch.tensor.values import Array, Scalar, lock, weak_array


class ClampGradFn(OneInputGradFn):
    """y = x limited to [low, high], both numbers,  dy = [low <= x <= high] dx"""

    __slots__ = ("_high", "_low", "_x")

    def __init__(self, x: Array, low: Array | None, high: Array | None) -> None:
        self._x = x
        self._low = low
        self._high = high

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        return (masked(g, _within(self._x, self._low, self._high)),)


def _within(x: Array, low: Array | None, high: Array | None) -> Array:
    """Where low <= x <= high, one of which is given."""
    if high is None:
        return np.greater_equal(x, low)  # type: ignore[arg-type]  # not None: one of them is a limit
    below = np.less_equal(x, high)
    return below if low is None else np.logical_and(np.greater_equal(x, low), below)


class ClampBetweenGradFn(NaryGradFn):
    """y = x limited to [low, high],  dy = [low <= x <= high] dx + [x < low < high] dlow
    + [x > high or high < low] dhigh"""

    __slots__ = ("_high", "_low", "_x")

    def __init__(self, x: Array, low: Array | None, high: Array | None) -> None:
        self._x = x
        self._low = low
        self._high = high

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        x, low, high = self._x, self._low, self._high
        chosen = [_within(x, low, high)]
        if low is not None:
            below = np.less(x, low)
            chosen.append(below if high is None else np.logical_and(below, np.less(low, high)))
        if high is not None:
            above = np.greater(x, high)
            chosen.append(above if low is None else np.logical_or(above, np.less(high, low)))
        return tuple([None if fn is CONSTANT else masked(g, mask) for fn, mask in zip(self._inputs, chosen)])


@method
def clamp(x: A, min: A | Array | Scalar | None = None, max: A | Array | Scalar | None = None) -> A:
    """`x` limited to [min, max], elementwise, and `max` where min > max; the gradient at a limit is `x`'s.

    Raises ValueError without limits.
    """
    if min is None and max is None:
        raise ValueError("clamp: give min, max or both")
    if isinstance(x, Tensor):
        return _clamp(x, min, max)
    check_operands("clamp", array_of("clamp", x), *[limit for limit in (min, max) if limit is not None])
    return kernels.clip(x, min, max)


def _clamp(x: Tensor, min: object, max: object) -> Tensor:
    low, high = _limit(x, min), _limit(x, max)
    if not isinstance(low, Tensor) and not isinstance(high, Tensor):
        return ClampGradFn(x._data, low, high).record(kernels.clip(x._data, low, high), x)
    limits = [_as_tensor(limit) for limit in (low, high) if limit is not None]
    lows = low._data if isinstance(low, Tensor) else low
    highs = high._data if isinstance(high, Tensor) else high
    try:
        y = kernels.clip(x._data, lows, highs)
    except ValueError:
        raise no_broadcast("clamp", x, *limits) from None
    return ClampBetweenGradFn(x._data, lows, highs).record(y, x, *limits)


def _limit(x: Tensor, value: object) -> Tensor | Array | None:
    """A number as an array of no dimensions, an array as a Tensor."""
    if value is None:
        return None
    kind = type(value)
    if kind is float or kind is int:
        number = weak_array(value, x._data.dtype)  # type: ignore[arg-type]  # a number, by `kind`
        lock(number)
        return number
    if (limit := constant(value, x)) is None:
        raise TypeError(f"clamp: a limit is a Tensor, an array or a number, not {kind.__name__}")
    return limit


def _as_tensor(limit: Tensor | Array) -> Tensor:
    return limit if isinstance(limit, Tensor) else make(limit, CONSTANT)


@method
def clip(x: A, min: A | Array | Scalar | None = None, max: A | Array | Scalar | None = None) -> A:
    """`clamp` by NumPy's name."""
    return clamp(x, min, max)


class NanToNumGradFn(UnaryGradFn):
    """y = x where it is finite, else a number,  dy = dx where x is finite"""

    __slots__ = ("_finite",)

    def __init__(self, finite: Array | None) -> None:
        self._finite = finite

    def vjp(self, g: A) -> A:
        return g if self._finite is None else masked(g, self._finite)


@method
def nan_to_num(x: A, nan: float | None = 0.0, posinf: float | None = None, neginf: float | None = None) -> A:
    """`x` with numbers for NaN and infinities; for the latter the dtype's greatest and least if none are given."""
    nan = 0.0 if nan is None else nan
    if not isinstance(x, Tensor):
        return np.nan_to_num(array_of("nan_to_num", x), True, nan, posinf, neginf)
    if x._data.dtype.kind != "f" or kernels.all_finite(x._data):
        return NanToNumGradFn(None).record(x._data.copy(), x)
    finite: Array = np.asarray(np.isfinite(x._data))
    lock(finite)
    return NanToNumGradFn(finite).record(np.nan_to_num(x._data, True, nan, posinf, neginf), x)
