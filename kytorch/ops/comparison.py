"""Comparisons: constants of dtype bool."""

from __future__ import annotations

import operator

from kytorch.tensor.core import A
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import check_operands
from kytorch.tensor.values import Array, Scalar


@method
def eq(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """Whether x == other, elementwise: a constant of dtype bool."""
    check_operands("eq", x, other)
    y: A = operator.eq(x, other)
    return y


@method
def ne(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """Whether x != other, elementwise: a constant of dtype bool."""
    check_operands("ne", x, other)
    y: A = operator.ne(x, other)
    return y


@method
def lt(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """Whether x < other, elementwise: a constant of dtype bool."""
    check_operands("lt", x, other)
    y: A = operator.lt(x, other)  # type: ignore[arg-type]  # to mypy NumPy's numbers have no order
    return y


@method
def le(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """Whether x <= other, elementwise: a constant of dtype bool."""
    check_operands("le", x, other)
    y: A = operator.le(x, other)  # type: ignore[arg-type]  # to mypy NumPy's numbers have no order
    return y


@method
def gt(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """Whether x > other, elementwise: a constant of dtype bool."""
    check_operands("gt", x, other)
    y: A = operator.gt(x, other)  # type: ignore[arg-type]  # to mypy NumPy's numbers have no order
    return y


@method
def ge(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """Whether x >= other, elementwise: a constant of dtype bool."""
    check_operands("ge", x, other)
    y: A = operator.ge(x, other)  # type: ignore[arg-type]  # to mypy NumPy's numbers have no order
    return y
