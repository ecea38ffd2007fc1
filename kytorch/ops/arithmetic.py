"""Arithmetic as functions, and what functions of two operands share."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np

from kytorch.tensor.core import CONSTANT, A, Tensor, TwoInputGradFn, make, recorded
from kytorch.tensor.errors import operands_error
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import check_operands, operands
from kytorch.tensor.values import Array, Scalar


def binary(function: np.ufunc, rule: type[TwoInputGradFn], x: Tensor, other: object) -> Tensor:
    """`function` of `x` and `other`, recorded with `rule`. Raises TypeError if `other` is no operand."""
    result = recorded(function, rule, x, other)  # type: ignore[arg-type]  # what is no operand is refused here
    if result is NotImplemented:
        raise TypeError(f"{function.__name__}: expected a Tensor, an array or a number, not {type(other).__name__}")
    return result


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
    check_operands("add", x, other)
    y: A = operator.add(x, other if alpha == 1 else operator.mul(alpha, other))
    return y


@method
def sub(x: A | Array | Scalar, other: A | Array | Scalar, *, alpha: float = 1) -> A:
    """x - alpha other."""
    check_operands("sub", x, other)
    y: A = operator.sub(x, other if alpha == 1 else operator.mul(alpha, other))
    return y


@method
def mul(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """x * other."""
    check_operands("mul", x, other)
    y: A = operator.mul(x, other)
    return y


@method
def neg(x: A) -> A:
    """-x."""
    check_operands("neg", x)
    return -x
