"""Arithmetic as functions, and what functions of two operands share."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np

from kytorch.tensor.core import CONSTANT, A, Tensor, TwoInputGradFn, constant, make, recorded
from kytorch.tensor.errors import operands_error
from kytorch.tensor.methods.registry import method
from kytorch.tensor.values import Array, Scalar, weak_array


def binary(function: np.ufunc, rule: type[TwoInputGradFn], x: Tensor, other: object) -> Tensor:
    """`function` of `x` and `other`, recorded with `rule`. Raises TypeError if `other` is no operand."""
    result = recorded(function, rule, x, other)  # type: ignore[arg-type]  # what is no operand is refused here
    if result is NotImplemented:
        raise TypeError(f"{function.__name__}: expected a Tensor, an array or a number, not {type(other).__name__}")
    return result


def operands(name: str, a: object, b: object) -> tuple[Tensor, Tensor]:
    """`a` and `b`, one of which is a Tensor, as Tensors. Raises TypeError if the other is no operand."""
    x = a if isinstance(a, Tensor) else constant(a, b) if isinstance(b, Tensor) else None
    y = b if isinstance(b, Tensor) else constant(b, a) if isinstance(a, Tensor) else None
    if x is None or y is None:
        kinds = f"{type(a).__name__} and {type(b).__name__}"
        raise TypeError(f"{name}: expected Tensors, or a Tensor beside an array or a number, not {kinds}")
    return x, y


def arrays(x: object, other: object) -> tuple[Array, Array]:
    """`x` and `other`, arrays or an array and a number, as arrays; the number does not widen the array."""
    if not hasattr(x, "dtype"):
        x = weak_array(x, other.dtype) if hasattr(other, "dtype") else np.array(x)  # type: ignore[arg-type]  # a number
    if not hasattr(other, "dtype"):
        other = weak_array(other, x.dtype)  # type: ignore[arg-type]  # a number
    return x, other  # type: ignore[return-value]  # now both have dtypes


def constant_of(function: Callable[[Array, Array], Array], x: object, other: object) -> Tensor:
    """`function` of `x` and `other`, one of which is a Tensor: a constant."""
    a, b = operands(function.__name__, x, other)
    try:
        return make(function(a._data, b._data), CONSTANT)
    except (ValueError, TypeError) as error:
        raise operands_error(function.__name__, error, a, b) from None


@method
def add(x: A | Array | Scalar, other: A | Array | Scalar, *, alpha: float = 1) -> A:
    """x + alpha other."""
    y: A = operator.add(x, other if alpha == 1 else operator.mul(alpha, other))
    return y


@method
def sub(x: A | Array | Scalar, other: A | Array | Scalar, *, alpha: float = 1) -> A:
    """x - alpha other."""
    y: A = operator.sub(x, other if alpha == 1 else operator.mul(alpha, other))
    return y


@method
def mul(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """x * other."""
    y: A = operator.mul(x, other)
    return y


@method
def div(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """x / other."""
    y: A = operator.truediv(x, other)
    return y


@method
def neg(x: A) -> A:
    """-x."""
    return -x
