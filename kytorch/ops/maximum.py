"""The greater and the lesser of two elements."""

from __future__ import annotations

import numpy as np

from kytorch.ops.arithmetic import binary
from kytorch.ops.where import masked
from kytorch.tensor.core import A, Tensor, TwoInputGradFn
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import check_operands, operands
from kytorch.tensor.rules import BinaryGradFn
from kytorch.tensor.values import Array, Scalar


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
    share = masked(g, np.logical_not(losses))
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
        return masked(g, self._left())

    def vjp_b(self, g: A, a: A, b: A) -> A:
        return masked(g, np.logical_not(self._left()))


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
