"""Arithmetic as functions, and what functions of two operands share."""

from __future__ import annotations

import numpy as np

from kytorch.tensor.core import (
    A,
    Tensor,
    TwoInputGradFn,
    constant,
    recorded,
)
from kytorch.tensor.methods.registry import method
from kytorch.tensor.values import Array, Scalar


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


@method
def add(x: A, other: A | Array | Scalar) -> A:
    """x + other."""
    y: A = x + other
    return y


@method
def sub(x: A, other: A | Array | Scalar) -> A:
    """x - other."""
    y: A = x - other
    return y


@method
def mul(x: A, other: A | Array | Scalar) -> A:
    """x * other."""
    y: A = x * other
    return y


@method
def div(x: A, other: A | Array | Scalar) -> A:
    """x / other."""
    y: A = x / other
    return y


@method
def neg(x: A) -> A:
    """-x."""
    return -x
