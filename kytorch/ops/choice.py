"""Choosing between elements: where, the greater and the lesser, limits, signs."""

from __future__ import annotations

import numpy as np

from kytorch.ops.arithmetic import binary, operands
from kytorch.ops.comparison import gt, lt
from kytorch.tensor.core import (
    CONSTANT,
    A,
    BinaryGradFn,
    InputGradFn,
    Operand,
    Tensor,
    TwoInputGradFn,
    View,
    make,
)
from kytorch.tensor.errors import no_broadcast
from kytorch.tensor.methods.registry import method
from kytorch.tensor.values import Array, Scalar, lock


class WhereGradFn(TwoInputGradFn):
    """y = a where c, else b,  dy = [c] da + [not c] db"""

    __slots__ = ("_condition",)

    def __init__(self, condition: Array) -> None:
        lock(condition)
        self._condition = condition

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        a_fn, b_fn = self._inputs
        return (
            None if a_fn is CONSTANT else where(self._condition, g, 0.0),
            None if b_fn is CONSTANT else where(self._condition, 0.0, g),
        )


@method
def where(condition: Tensor | Array, x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """`x` where `condition` is true, else `other`; all three broadcast, and one of the last two may be a number."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return _where(condition, x, other)
    if isinstance(condition, Tensor):
        raise TypeError("where: a Tensor chooses between Tensors, or a Tensor and a number; Tensor(number) makes one")
    return np.where(condition, x, other)  # type: ignore[return-value]  # without a Tensor, A is Array


def _where(condition: Tensor | Array, x: Operand, other: Operand) -> Tensor:
    a, b = operands("where", x, other)
    chosen = condition._data if isinstance(condition, Tensor) else np.array(condition)
    if chosen.dtype.kind != "b":
        raise TypeError(f"where: the condition has dtype {chosen.dtype}; compare it to something, for a bool")
    try:
        y = np.where(chosen, a._data, b._data)
    except ValueError:
        raise no_broadcast("where", chosen, a, b) from None
    return WhereGradFn(chosen).record(y, a, b)


def sign(x: A) -> A:
    """-1, 0 or 1 by the sign of each element of `x`: a constant."""
    if isinstance(x, Tensor):
        return make(np.sign(x._data), CONSTANT)
    return np.sign(x)


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
    return np.abs(x)


class MaximumGradFn(BinaryGradFn):
    """y = max(a, b),  dy = [a > b] da + [b > a] db, and half of each where a = b"""

    __slots__ = ()

    def vjp_a(self, g: A, a: A, b: A) -> A:
        return _share_of_greater(g, a, b)

    def vjp_b(self, g: A, a: A, b: A) -> A:
        return _share_of_greater(g, b, a)


class MinimumGradFn(BinaryGradFn):
    """y = min(a, b),  dy = [a < b] da + [b < a] db, and half of each where a = b"""

    __slots__ = ()

    def vjp_a(self, g: A, a: A, b: A) -> A:
        return _share_of_greater(g, b, a)

    def vjp_b(self, g: A, a: A, b: A) -> A:
        return _share_of_greater(g, a, b)


def _share_of_greater(g: A, a: A, b: A) -> A:
    """g where a > b, half of it where a = b, 0 elsewhere."""
    return where(a == b, 0.5 * g, where(a > b, g, 0.0))


@method
def maximum(x: A, other: A | Array | Scalar) -> A:
    """The greater of `x` and `other`, elementwise."""
    if isinstance(x, Tensor):
        return binary(np.maximum, MaximumGradFn, x, other)
    return np.maximum(x, other)


@method
def minimum(x: A, other: A | Array | Scalar) -> A:
    """The lesser of `x` and `other`, elementwise."""
    if isinstance(x, Tensor):
        return binary(np.minimum, MinimumGradFn, x, other)
    return np.minimum(x, other)


@method
def clamp(x: A, min: A | Scalar | None = None, max: A | Scalar | None = None) -> A:
    """`x` limited to [min, max], elementwise; the gradient at a limit is `x`'s. Raises ValueError without limits."""
    if min is None and max is None:
        raise ValueError("clamp: give min, max or both")
    if min is not None:
        x = where(lt(x, min), min, x)
    if max is not None:
        x = where(gt(x, max), max, x)
    return x
