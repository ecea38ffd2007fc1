"""Elementwise functions and choice."""

from __future__ import annotations

from typing import Any

import numpy as np

import kytorch
from operations.table import BINARY, HALVES, UNARY, Array, negative, normal, positive, row, torch, wide


def _softplus(x: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    return np.where(beta * x > threshold, x, np.logaddexp(0.0, beta * x) / beta)


def _torch_softplus(x: Any, *options: float, **named: float) -> Any:
    return torch.nn.functional.softplus(x, *options, **named)


row("exp", np.exp, UNARY)
row("log", np.log, UNARY, draw=positive)
row("sqrt", np.sqrt, UNARY, draw=positive)
row("sin", np.sin, UNARY)
row("cos", np.cos, UNARY)
row("tanh", np.tanh, UNARY)
row("sigmoid", lambda x: 1.0 / (1.0 + np.exp(-x)), UNARY)
row("sigmoid", lambda x: np.exp(-np.logaddexp(0.0, -x)), UNARY, option="far from 0", draw=wide)
row("relu", lambda x: np.where(x > 0, x, 0.0), UNARY)
row("softplus", _softplus, UNARY, torch=_torch_softplus)
row("softplus", lambda x: _softplus(x, 2.0, 1.0), UNARY, 2.0, 1.0, torch=_torch_softplus)
row("softplus", lambda x: _softplus(x, 0.5), UNARY, beta=0.5, torch=_torch_softplus)
row("softplus", _softplus, UNARY, option="far from 0", draw=wide, torch=_torch_softplus)
row("abs", np.abs, UNARY)
row("abs", np.abs, UNARY, option="builtin", call=abs)
row("sign", np.sign, UNARY, differentiable=False)
for name, function in [("maximum", np.maximum), ("minimum", np.minimum)]:
    row(name, function, BINARY)
    row(name, lambda x, f=function: f(x, 0.25), UNARY, 0.25,
        torch=lambda x, n, name=name: getattr(x, name)(torch.tensor(n, dtype=x.dtype)))  # fmt: skip
    row(name, lambda x, f=function: f(x, HALVES.astype(np.float64)), [((3, 4),)], HALVES,
        torch=lambda x, array, name=name: getattr(x, name)(torch.from_numpy(array).to(x.dtype)))  # fmt: skip

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
row("clamp", lambda x: np.clip(x, -0.5, 0.75), UNARY, -0.5, 0.75)
row("clamp", lambda x: np.maximum(x, -0.5), UNARY, min=-0.5)
row("clamp", lambda x: np.minimum(x, 0.75), UNARY, max=0.75)
row("clamp", lambda x, low, high: np.minimum(np.maximum(x, low), high), [((3, 4), (4,), (3, 1)), ((), (), ())],
    option="Tensors as limits", torch=lambda x, low, high: x.clamp(low, high),
    draw=(normal, negative, positive))  # fmt: skip
row("to", lambda x: x, UNARY, np.float64, option="float64", kind=np.float64,
    torch=lambda x, _: x.to(torch.float64))  # fmt: skip
row("to", lambda x: x, UNARY, option="its own dtype", call=lambda x: kytorch.to(x, x.dtype), torch=lambda x: x)
row("to", np.trunc, UNARY, np.int64, option="int64", kind=np.int64, differentiable=False)
row("to", lambda x: x != 0, UNARY, np.bool_, option="bool", kind=np.bool_, differentiable=False)
