"""Choice between elements: the greater and the lesser, where, limits, signs; and conversion."""

from __future__ import annotations

from typing import Any

import numpy as np

import kytorch
from operations.table import BINARY, HALVES, UNARY, Array, Shape, negative, normal, positive, row, torch

row("abs", np.abs, UNARY)
row("abs", np.abs, UNARY, option="builtin", call=abs)
for name, function in [("maximum", np.maximum), ("minimum", np.minimum), ("fmax", np.fmax), ("fmin", np.fmin)]:
    row(name, function, BINARY)
    row(name, lambda x, f=function: f(0.25, x), UNARY, option="number as first argument",
        call=lambda x, name=name: getattr(kytorch, name)(0.25, x),
        torch=lambda x, name=name: getattr(torch, name)(torch.tensor(0.25, dtype=x.dtype), x))  # fmt: skip
    row(name, lambda x, f=function: f(x, 0.25), UNARY, 0.25,
        torch=lambda x, n, name=name: getattr(x, name)(torch.tensor(n, dtype=x.dtype)))  # fmt: skip
    row(name, lambda x, f=function: f(x, HALVES.astype(np.float64)), [((3, 4),)], HALVES,
        torch=lambda x, array, name=name: getattr(x, name)(torch.from_numpy(array).to(x.dtype)))  # fmt: skip

LOW = np.array([-0.5, -1.0, 0.25, 0.5], np.float16)
CHOSEN = np.array([[True, False, True, True], [False, False, True, False], [True, True, False, False]])
row("where", lambda x, y: np.where(CHOSEN, x, y), [((3, 4), (3, 4)), ((4,), (3, 1)), ((), ()), ((3, 1), ())],
    option="array condition", call=lambda x, y: kytorch.where(CHOSEN, x, y),
    torch=lambda x, y: torch.where(torch.from_numpy(CHOSEN), x, y))  # fmt: skip
row("where", lambda x, y: np.where(CHOSEN[:, :1], x, y), [((3, 4), (3, 4)), ((2, 3, 1), (4,))],
    option="condition that broadcasts", call=lambda x, y: kytorch.where(CHOSEN[:, :1], x, y),
    torch=lambda x, y: torch.where(torch.from_numpy(CHOSEN[:, :1]), x, y))  # fmt: skip
row("where", lambda x, y: np.where(x < y, x * x, y), BINARY, option="computed condition",
    call=lambda x, y: kytorch.where(x < y, x * x, y), torch=lambda x, y: torch.where(x < y, x * x, y))  # fmt: skip
row("where", lambda x: np.where(x > 0, x, 2.0), UNARY, option="number on the right",
    call=lambda x: kytorch.where(x > 0, x, 2.0), torch=lambda x: torch.where(x > 0, x, 2.0))  # fmt: skip
row("where", lambda x: np.where(x > 0, 2.0, x), UNARY, option="number on the left",
    call=lambda x: kytorch.where(x > 0, 2.0, x), torch=lambda x: torch.where(x > 0, 2.0, x))  # fmt: skip
row("where", lambda x, y: np.where(x > y, x, y), BINARY, option="method", call=lambda x, y: x.where(x > y, y),
    torch=lambda x, y: x.where(x > y, y),
    on_arrays=False)  # fmt: skip


def _spread(generator: np.random.Generator, shape: Shape) -> Array:
    """Numbers of which some are beyond each limit."""
    return 3.0 * normal(generator, shape)


row("clamp", lambda x: np.clip(x, -0.5, 0.75), UNARY, -0.5, 0.75)
row("clamp", lambda x: np.maximum(x, -0.5), UNARY, min=-0.5)
row("clamp", lambda x: np.minimum(x, 0.75), UNARY, max=0.75)
row("clamp", lambda x, low, high: np.minimum(np.maximum(x, low), high), [((3, 4), (4,), (3, 1)), ((), (), ())],
    option="Tensors as limits", torch=lambda x, low, high: x.clamp(low, high),
    draw=(_spread, negative, positive))  # fmt: skip
row("clamp", lambda x: np.full_like(x, -0.5), UNARY, 0.5, -0.5, option="min above max")
row("clamp", np.maximum, [((3, 4), (4,)), ((), ())], option="a Tensor as min",
    call=kytorch.clamp, torch=lambda x, low: x.clamp(min=low))  # fmt: skip
row("clamp", np.minimum, [((3, 4), (4,)), ((), (3,))], option="a Tensor as max",
    call=lambda x, high: kytorch.clamp(x, None, high), torch=lambda x, high: x.clamp(max=high))  # fmt: skip
row("clamp", lambda x, high: np.clip(x, -0.5, high), [((3, 4), (4,))], option="a number and a Tensor",
    call=lambda x, high: kytorch.clamp(x, -0.5, high), draw=(_spread, positive),
    torch=lambda x, high: x.clamp(torch.tensor(-0.5, dtype=x.dtype), high))  # fmt: skip
row("clamp", lambda x: np.clip(x, LOW, 0.75), [((3, 4),)], LOW, 0.75, option="an array and a number",
    torch=lambda x, *limits: x.clamp(*[torch.tensor(limit, dtype=x.dtype) for limit in limits]))  # fmt: skip
row("clip", lambda x: np.clip(x, -0.5, 0.75), UNARY, -0.5, 0.75)
row("nan_to_num", lambda x: x, UNARY)
row("to", lambda x: x, UNARY, np.float64, option="float64", kind=np.float64,
    torch=lambda x, _: x.to(torch.float64))  # fmt: skip
row("to", lambda x: x, UNARY, option="its own dtype", call=lambda x: kytorch.to(x, x.dtype), torch=lambda x: x)
row("to", np.trunc, UNARY, np.int64, option="int64", kind=np.int64, differentiable=False)
row("to", lambda x: x != 0, UNARY, np.bool_, option="bool", kind=np.bool_, differentiable=False)
row("to", lambda x: x, UNARY, option="method double", kind=np.float64, on_arrays=False, call=lambda x: x.double(),
    torch=lambda x: x.double())  # fmt: skip


def _holes(x: Any) -> Any:
    """x with NaN and infinities in places, and no gradient there."""
    return kytorch.where(CHOSEN, x, HOLES)


HOLES = np.array([[1, np.nan, 1, 1], [np.inf, -np.inf, 1, np.nan], [1, 1, np.inf, -np.inf]], np.float16)
FILLED = np.nan_to_num(HOLES.astype(np.float64), nan=1.5, posinf=2.5, neginf=-2.5)
row("nan_to_num", lambda x: np.where(CHOSEN, x, FILLED), [((3, 4),)], option="numbers",
    call=lambda x: kytorch.nan_to_num(_holes(x), 1.5, 2.5, -2.5),
    torch=lambda x: torch.nan_to_num(torch.where(torch.from_numpy(CHOSEN), x, torch.from_numpy(HOLES).to(x.dtype)),
                                     1.5, 2.5, -2.5))  # fmt: skip
