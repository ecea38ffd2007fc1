"""Choosing between elements: where, the greater and the lesser, limits."""

from __future__ import annotations

from typing import overload

import numpy as np

from kytorch.kernels import choice as kernels
from kytorch.ops.arithmetic import binary
from kytorch.ops.rounding import sign
from kytorch.tensor.core import (
    CONSTANT,
    A,
    BinaryGradFn,
    InputGradFn,
    NaryGradFn,
    OneInputGradFn,
    Tensor,
    TwoInputGradFn,
    UnaryGradFn,
    View,
    constant,
    make,
)
from kytorch.tensor.errors import no_broadcast
from kytorch.tensor.methods.registry import METHODS, method
from kytorch.tensor.operands import array_of, check_operands, operands
from kytorch.tensor.values import Array, Scalar, lock, weak_array


class KeptGradFn(UnaryGradFn):
    """y = x where c, else 0,  dy = [c] dx"""

    __slots__ = ("_mask",)

    def __init__(self, mask: Array) -> None:
        lock(mask)
        self._mask = mask

    def vjp(self, g: A) -> A:
        return kept(g, self._mask)


def kept(x: A, mask: Array) -> A:
    """`x` where `mask` is true, else 0, whatever x is there; the mask broadcasts to x's shape."""
    if isinstance(x, Tensor):
        return KeptGradFn(mask).record(kernels.kept(x._data, mask), x)
    return kernels.kept(x, mask)


class WhereGradFn(TwoInputGradFn):
    """y = a where c, else b,  dy = [c] da + [not c] db"""

    __slots__ = ("_condition",)

    def __init__(self, condition: Array) -> None:
        lock(condition)
        self._condition = condition

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        a_fn, b_fn = self._inputs
        return (
            None if a_fn is CONSTANT else kept(g, self._condition),
            None if b_fn is CONSTANT else kept(g, np.logical_not(self._condition)),
        )


@overload
def where(condition: A) -> tuple[A, ...]: ...
@overload
def where(condition: Tensor | Array, input: A | Array | Scalar, other: A | Array | Scalar) -> A: ...
@method
def where(
    condition: A | Tensor | Array, input: A | Array | Scalar | None = None, other: A | Array | Scalar | None = None
) -> A | tuple[A, ...]:
    """`input` where `condition` is true, else `other`; all three broadcast, and the last two may be numbers.

    Of a condition alone, an index of where it is not 0: nonzero(condition, as_tuple=True). Raises TypeError for a
    condition that is not bool, ValueError for shapes that do not broadcast.
    """
    if input is None and other is None:
        places: tuple[A, ...] = METHODS["nonzero"](condition, True)
        return places
    if isinstance(input, Tensor) or isinstance(other, Tensor) or isinstance(condition, Tensor):
        return _where(condition, input, other)  # type: ignore[return-value]  # to a user of Tensors, A is Tensor
    check_operands("where", condition, input, other)
    return np.where(condition, input, other)  # type: ignore[return-value, arg-type]  # without a Tensor, A is Array


def _where(condition: Tensor | Array, x: object, other: object) -> Tensor:
    if not isinstance(x, Tensor) and not isinstance(other, Tensor):
        check_operands("where", condition, x, other)
        x = _constant(x, other)
    a, b = operands("where", x, other)
    chosen = array_of("where", condition)
    if not isinstance(condition, Tensor):
        chosen = np.array(chosen)
    if chosen.dtype.kind != "b":
        raise TypeError(f"where: the condition has dtype {chosen.dtype}; compare it to something, for a bool")
    try:
        y = kernels.where(chosen, a._data, b._data)
    except ValueError:
        raise no_broadcast("where", chosen, a, b) from None
    return WhereGradFn(chosen).record(y, a, b)


def _constant(x: object, other: object) -> Tensor:
    """`x` beside `other`, neither of them a Tensor: of two numbers a float decides, as in PyTorch."""
    return Tensor(x, np.float32 if isinstance(other, float) and isinstance(x, int) else None)  # type: ignore[arg-type]  # checked


class AbsGradFn(InputGradFn):
    """y = |x|,  dy = sign x dx"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return g * sign(x)


@method
def abs(x: A) -> A:
    """The absolute value of each element of `x`."""
    if isinstance(x, Tensor):
        return AbsGradFn().record(np.abs(x._data), x)
    return np.abs(array_of("abs", x))


class MaximumGradFn(BinaryGradFn):
    """y = max(a, b),  dy = [a > b] da + [b > a] db, half of each where a = b, and both where one is NaN"""

    __slots__ = ()

    def vjp_a(self, g: A, a: A, b: A) -> A:
        return _shared(g, a == b, a < b)

    def vjp_b(self, g: A, a: A, b: A) -> A:
        return _shared(g, a == b, a > b)


class MinimumGradFn(BinaryGradFn):
    """y = min(a, b),  dy = [a < b] da + [b < a] db, half of each where a = b, and both where one is NaN"""

    __slots__ = ()

    def vjp_a(self, g: A, a: A, b: A) -> A:
        return _shared(g, a == b, a > b)

    def vjp_b(self, g: A, a: A, b: A) -> A:
        return _shared(g, a == b, a < b)


def _shared(g: A, tie: A, lost: A) -> A:
    """g, half of it at a tie, 0 where the other operand was chosen."""
    ties, losses = (tie._data, lost._data) if isinstance(tie, Tensor) and isinstance(lost, Tensor) else (tie, lost)
    share = kept(g, np.logical_not(losses))
    return share * np.where(ties, 0.5, 1.0).astype(g.dtype) if np.logical_or.reduce(ties, None) else share


@method
def maximum(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """The greater of `x` and `other`, elementwise; NaN if one of them is."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return _extreme(np.maximum, MaximumGradFn, x, other)
    check_operands("maximum", x, other)
    return np.maximum(x, other)  # type: ignore[return-value]  # without a Tensor, A is Array


@method
def minimum(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """The lesser of `x` and `other`, elementwise; NaN if one of them is."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return _extreme(np.minimum, MinimumGradFn, x, other)
    check_operands("minimum", x, other)
    return np.minimum(x, other)  # type: ignore[return-value]  # without a Tensor, A is Array


class FmaxGradFn(BinaryGradFn):
    """y = a where a >= b or b is NaN, else b"""

    __slots__ = ()

    def _left(self) -> Array:
        return np.greater_equal(self._a, self._b) | np.isnan(self._b)

    def vjp_a(self, g: A, a: A, b: A) -> A:
        return kept(g, self._left())

    def vjp_b(self, g: A, a: A, b: A) -> A:
        return kept(g, np.logical_not(self._left()))


class FminGradFn(FmaxGradFn):
    """y = a where a <= b or b is NaN, else b"""

    __slots__ = ()

    def _left(self) -> Array:
        return np.less_equal(self._a, self._b) | np.isnan(self._b)


@method
def fmax(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """The greater of `x` and `other`, elementwise; where one is NaN, the other one. At a tie `x` has the gradient."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return _extreme(np.fmax, FmaxGradFn, x, other)
    check_operands("fmax", x, other)
    return np.fmax(x, other)  # type: ignore[return-value]  # without a Tensor, A is Array


@method
def fmin(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """The lesser of `x` and `other`, elementwise; where one is NaN, the other one. At a tie `x` has the gradient."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return _extreme(np.fmin, FminGradFn, x, other)
    check_operands("fmin", x, other)
    return np.fmin(x, other)  # type: ignore[return-value]  # without a Tensor, A is Array


def _extreme(function: np.ufunc, rule: type[TwoInputGradFn], x: object, other: object) -> Tensor:
    if not isinstance(x, Tensor):
        x = operands(function.__name__, x, other)[0]
    return binary(function, rule, x, other)


class ClampGradFn(OneInputGradFn):
    """y = x limited to [low, high], both numbers,  dy = [low <= x <= high] dx"""

    __slots__ = ("_high", "_low", "_x")

    def __init__(self, x: Array, low: Array | None, high: Array | None) -> None:
        self._x = x
        self._low = low
        self._high = high

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        return (kept(g, _within(self._x, self._low, self._high)),)


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
        return tuple([None if fn is CONSTANT else kept(g, mask) for fn, mask in zip(self._inputs, chosen)])


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
        return g if self._finite is None else kept(g, self._finite)


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
