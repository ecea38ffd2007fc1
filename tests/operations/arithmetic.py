"""Arithmetic, powers and comparisons."""

from __future__ import annotations

import operator

import numpy as np

import kytorch
from operations.table import BINARY, HALVES, UNARY, nonzero, normal, positive, row, torch

# Arithmetic. Each operator is tried as a function, and with a number and an array on either side.

for name, function, symbol in [
    ("add", np.add, operator.add),
    ("sub", np.subtract, operator.sub),
    ("mul", np.multiply, operator.mul),
    ("div", np.true_divide, operator.truediv),
]:
    row(name, function, BINARY, draw=nonzero)
    row(name, function, BINARY, option="operator", call=symbol, draw=nonzero)
    row(name, lambda x, f=function: f(x, 2.5), UNARY, 2.5, draw=nonzero)
    row(name, lambda x, f=function: f(x, 3), UNARY, 3, draw=nonzero)
    row(name, lambda x, f=function: f(1.5, x), UNARY, option="number on the left", draw=nonzero,
        call=lambda x, f=symbol: f(1.5, x))  # fmt: skip
    row(name, lambda x, f=function: f(HALVES.astype(np.float64), x), [((3, 4),), ((),), ((0, 1),)], draw=nonzero,
        option="array on the left", call=lambda x, f=symbol: f(HALVES, x))  # fmt: skip
    row(name, lambda x, f=function: f(x, HALVES.astype(np.float64)), [((3, 4),), ((),), ((0, 1),)], draw=nonzero,
        option="array on the right", call=lambda x, f=symbol: f(x, HALVES))  # fmt: skip
    row(name, lambda x, f=function: f(x, x), UNARY, option="of one twice", call=lambda x, f=symbol: f(x, x),
        draw=nonzero)  # fmt: skip

for name, function in [("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("div", np.true_divide)]:
    row(name, lambda x, f=function: f(1.5, x), UNARY, option="number as first argument", draw=nonzero,
        call=lambda x, name=name: getattr(kytorch, name)(1.5, x),
        torch=lambda x, name=name: getattr(torch, name)(torch.tensor(1.5, dtype=x.dtype), x))  # fmt: skip
row("add", lambda x, y: x + 2.5 * y, BINARY, alpha=2.5)
row("sub", lambda x, y: x - 2.5 * y, BINARY, alpha=2.5)
row("add", lambda x: x + 5.0, UNARY, 2.0, alpha=2.5)

row("neg", np.negative, UNARY)
row("neg", np.negative, UNARY, option="operator", call=operator.neg)
row("pow", np.power, BINARY, draw=(positive, normal))
row("pow", np.power, BINARY, option="operator", call=operator.pow, draw=(positive, normal))
for exponent in (0, 1, 2, 3, -1, -2, 2.0, 0.0):
    row("pow", lambda x, n=exponent: x**n, UNARY, exponent, draw=nonzero)
for exponent in (0.5, -1.5):
    row("pow", lambda x, n=exponent: x**n, UNARY, exponent, draw=positive)
row("pow", lambda x: 2.5**x, UNARY, option="number on the left", call=lambda x: 2.5**x)
row("pow", lambda x: 2.5**x, UNARY, option="number as first argument", call=lambda x: kytorch.pow(2.5, x),
    torch=lambda x: torch.pow(2.5, x))  # fmt: skip
row("pow", lambda x: np.abs(HALVES.astype(np.float64)) ** x, [((3, 4),), ((),)], option="array on the left",
    call=lambda x: np.abs(HALVES) ** x)  # fmt: skip
row("pow", lambda x: x ** HALVES.astype(np.float64), [((3, 4),), ((),)], option="array on the right",
    call=lambda x: x**HALVES, draw=positive)  # fmt: skip
row("pow", lambda x: x**x, UNARY, option="of one twice", call=lambda x: x**x, draw=positive)

for name, function, symbol in [
    ("eq", np.equal, operator.eq),
    ("ne", np.not_equal, operator.ne),
    ("lt", np.less, operator.lt),
    ("le", np.less_equal, operator.le),
    ("gt", np.greater, operator.gt),
    ("ge", np.greater_equal, operator.ge),
]:
    row(name, function, BINARY, kind=np.bool_, differentiable=False)
    row(name, function, BINARY, option="operator", call=symbol, kind=np.bool_, differentiable=False)
    row(name, lambda x, f=function: f(x, 0.25), UNARY, 0.25, kind=np.bool_, differentiable=False)
    row(name, lambda x, f=function: f(0.25, x), UNARY, option="number on the left", call=lambda x, f=symbol: f(0.25, x),
        kind=np.bool_, differentiable=False)  # fmt: skip
    row(name, lambda x, f=function: f(x, x), UNARY, option="of one twice", call=lambda x, f=symbol: f(x, x),
        kind=np.bool_, differentiable=False)  # fmt: skip
    row(name, lambda x, f=function: f(0.25, x), UNARY, option="number as first argument",
        call=lambda x, name=name: getattr(kytorch, name)(0.25, x), kind=np.bool_, differentiable=False)  # fmt: skip
