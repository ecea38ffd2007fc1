"""Comparisons: constants of dtype bool."""

from __future__ import annotations

from kytorch.tensor.core import (
    A,
)
from kytorch.tensor.methods.registry import method
from kytorch.tensor.values import Array, Scalar


@method
def eq(x: A, other: A | Array | Scalar) -> A:
    """Whether x == other, elementwise: a constant of dtype bool."""
    y: A = x == other
    return y


@method
def ne(x: A, other: A | Array | Scalar) -> A:
    """Whether x != other, elementwise: a constant of dtype bool."""
    y: A = x != other
    return y


@method
def lt(x: A, other: A | Array | Scalar) -> A:
    """Whether x < other, elementwise: a constant of dtype bool."""
    y: A = x < other
    return y


@method
def le(x: A, other: A | Array | Scalar) -> A:
    """Whether x <= other, elementwise: a constant of dtype bool."""
    y: A = x <= other
    return y


@method
def gt(x: A, other: A | Array | Scalar) -> A:
    """Whether x > other, elementwise: a constant of dtype bool."""
    y: A = x > other
    return y


@method
def ge(x: A, other: A | Array | Scalar) -> A:
    """Whether x >= other, elementwise: a constant of dtype bool."""
    y: A = x >= other
    return y
