"""Rounding, signs, and division with a remainder."""

from __future__ import annotations

import operator

import numpy as np

import kytorch
from operations.table import BINARY, HALVES, UNARY, Array, Shape, nonzero, normal, positive, row, torch, wide


def between(generator: np.random.Generator, shape: Shape) -> Array:
    """Numbers whose quotients by simple ones are away from integers."""
    return np.asarray(generator.integers(-20, 20, shape) + generator.uniform(0.2, 0.4, shape))


def simple(generator: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(generator.choice([-1.0, -0.5, 0.5, 1.0], shape))


for name, function in [("floor", np.floor), ("ceil", np.ceil), ("trunc", np.trunc), ("round", np.rint)]:
    row(name, function, UNARY, draw=wide)
row("round", lambda x: np.round(x, 1), UNARY, decimals=1, dtypes=(np.float64,))
row("round", lambda x: np.round(x, -1), UNARY, decimals=-1, draw=wide)
row("frac", lambda x: x - np.trunc(x), UNARY, draw=wide)
row("sign", np.sign, UNARY)
row("sign", np.sign, [((60, 40),)], option="of many", dtypes=(np.float32, np.float64))

# PyTorch's floor_divide has no derivative; its division with this rounding has, and it is 0.
for name, function, symbol, quotient in [
    ("floor_divide", np.floor_divide, operator.floordiv, "floor"),
    ("remainder", np.remainder, operator.mod, None),
    ("fmod", np.fmod, kytorch.fmod, None),
]:

    def theirs(a, b, name=name, quotient=quotient):  # type: ignore[no-untyped-def]
        a, b = (x if isinstance(x, torch.Tensor) else torch.tensor(x, dtype=torch.float64) for x in (a, b))
        a, b = (x.to(torch.result_type(a, b)) for x in (a, b))
        return torch.div(a, b, rounding_mode=quotient) if quotient else getattr(torch, name)(a, b)

    row(name, function, BINARY, draw=(wide, nonzero), torch=theirs, dtypes=(np.float32, np.float64))
    row(name, function, BINARY, option="operator", call=symbol, draw=(wide, positive), torch=theirs,
        dtypes=(np.float32, np.float64))  # fmt: skip
    row(name, function, [((50, 30), (50, 30)), ((40, 30), (30,)), ((30, 50), (30, 1))], option="of many",
        call=symbol, draw=(between, simple), torch=theirs, dtypes=(np.float32, np.float64))  # fmt: skip
    row(name, lambda x, f=function: f(x, 0.75), UNARY, 0.75, torch=lambda x, n, f=theirs: f(x, torch.tensor(n).to(x)))
    row(name, lambda x, f=function: f(2.5, x), UNARY, option="number on the left", call=lambda x, f=symbol: f(2.5, x),
        draw=nonzero, torch=lambda x, f=theirs: f(torch.tensor(2.5).to(x), x))  # fmt: skip
    row(name, lambda x, f=function: f(2.5, x), UNARY, option="number as first argument", draw=nonzero,
        call=lambda x, name=name: getattr(kytorch, name)(2.5, x),
        torch=lambda x, f=theirs: f(torch.tensor(2.5).to(x), x))  # fmt: skip
    row(name, lambda x, f=function: f(x, HALVES.astype(np.float64)), [((3, 4),)], option="array",
        call=lambda x, f=symbol: f(x, HALVES), torch=lambda x, f=theirs: f(x, torch.from_numpy(HALVES).to(x.dtype)),
        draw=normal)  # fmt: skip
