"""Logic, bits, and tests of numbers: constants."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

import kytorch
from operations.table import BINARY, UNARY, Array, Shape, Shapes, row


def mixed(generator: np.random.Generator, shape: Shape) -> Array:
    """Numbers of which some are 0, NaN and infinite."""
    return np.asarray(generator.choice([0.0, -0.0, 1.5, -2.0, np.nan, np.inf, -np.inf], shape))


def whole(generator: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(generator.integers(0, 100, shape))


def few(generator: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(generator.integers(0, 5, shape))


def of(dtype: Any, function: Any) -> Any:
    """`function` of the inputs in `dtype`: what is a weight in a law has floats."""
    return lambda *inputs: function(*[kytorch.to(x, dtype) for x in inputs])


MANY: list[Shapes] = [*BINARY, ((50, 40), (40,)), ((1,), (50, 40))]
for name, function in [
    ("logical_and", np.logical_and),
    ("logical_or", np.logical_or),
    ("logical_xor", np.logical_xor),
]:
    row(name, function, MANY, draw=mixed, kind=np.bool_, differentiable=False)
    row(name, of(np.bool_, function), BINARY, option="of bool", draw=few, kind=np.bool_, differentiable=False,
        call=of(np.bool_, operator.attrgetter(name)(kytorch)))  # fmt: skip
    row(name, lambda x, f=function: f(x, 1), UNARY, 1, draw=mixed, kind=np.bool_, differentiable=False)
    row(name, lambda x, f=function: f(0, x), UNARY, option="number as first argument", draw=mixed, kind=np.bool_,
        call=lambda x, name=name: getattr(kytorch, name)(0, x), differentiable=False)  # fmt: skip
row("logical_not", np.logical_not, UNARY, draw=mixed, kind=np.bool_, differentiable=False)

for name, function, symbol in [
    ("bitwise_and", np.bitwise_and, operator.and_),
    ("bitwise_or", np.bitwise_or, operator.or_),
    ("bitwise_xor", np.bitwise_xor, operator.xor),
    ("bitwise_left_shift", np.left_shift, operator.lshift),
    ("bitwise_right_shift", np.right_shift, operator.rshift),
]:
    ours = operator.attrgetter(name)(kytorch)
    for dtype in (np.int64, np.int32, np.uint8, np.bool_):
        if dtype is np.bool_ and "shift" in name:
            continue
        three = True if dtype is np.bool_ else 3
        given: dict[str, Any] = {"draw": (whole, few), "kind": dtype, "differentiable": False}
        row(name, of(dtype, function), BINARY, call=of(dtype, ours), option=f"of {dtype.__name__}", **given)
        row(name, of(dtype, function), BINARY, call=of(dtype, symbol), option=f"operator on {dtype.__name__}", **given)
        row(name, of(dtype, lambda x, f=function, n=three: f(x, x.dtype.type(n))), UNARY,
            call=of(dtype, lambda x, f=symbol, n=three: f(x, n)), option=f"{three} on the right of {dtype.__name__}",
            **given)  # fmt: skip
        row(name, of(dtype, lambda x, f=function, n=three: f(x.dtype.type(n), x)), UNARY,
            call=of(dtype, lambda x, f=symbol, n=three: f(n, x)), option=f"{three} on the left of {dtype.__name__}",
            draw=few, kind=dtype, differentiable=False)  # fmt: skip
for dtype in (np.int64, np.int32, np.uint8, np.bool_):
    row("bitwise_not", of(dtype, np.invert), UNARY, call=of(dtype, kytorch.bitwise_not), draw=whole, kind=dtype,
        option=f"of {dtype.__name__}", differentiable=False)  # fmt: skip
    row("bitwise_not", of(dtype, np.invert), UNARY, call=of(dtype, operator.invert), draw=few, kind=dtype,
        option=f"operator on {dtype.__name__}", differentiable=False)  # fmt: skip

for name, function in [
    ("isnan", np.isnan),
    ("isinf", np.isinf),
    ("isfinite", np.isfinite),
    ("isposinf", np.isposinf),
    ("isneginf", np.isneginf),
]:
    row(name, function, UNARY, draw=mixed, kind=np.bool_, differentiable=False)

row("isclose", np.isclose, MANY, draw=mixed, kind=np.bool_, differentiable=False)
row("isclose", lambda x, y: np.isclose(x, y, equal_nan=True), MANY, draw=mixed, equal_nan=True, kind=np.bool_,
    differentiable=False)  # fmt: skip
row("isclose", lambda x, y: np.isclose(x, y, 0.5, 0.25), MANY, 0.5, 0.25, kind=np.bool_, differentiable=False,
    dtypes=(np.float32, np.float64))  # fmt: skip
row("isclose", lambda x: np.isclose(x, 1.5), UNARY, 1.5, draw=mixed, kind=np.bool_, differentiable=False)
for name, function in [("allclose", np.allclose), ("equal", np.array_equal)]:
    row(name, lambda x, f=function: f(x, x + 1e-3), UNARY, option="nearly", kind=np.bool_, differentiable=False,
        call=lambda x, name=name: kytorch.Tensor(getattr(kytorch, name)(x, x + 1e-3)), on_arrays=False,
        dtypes=(np.float32, np.float64))  # fmt: skip
    row(name, lambda x, f=function: f(x, x * 1), UNARY, option="of equal ones", kind=np.bool_, differentiable=False,
        call=lambda x, name=name: kytorch.Tensor(getattr(kytorch, name)(x, x * 1)), on_arrays=False)  # fmt: skip
