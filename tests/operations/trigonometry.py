"""Trigonometric and hyperbolic functions."""

from __future__ import annotations

import numpy as np

import kytorch
from operations.table import BINARY, HALVES, UNARY, Array, Shape, nonzero, positive, row, torch


def _within(generator: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(generator.uniform(-0.9, 0.9, shape))


def _beyond(generator: np.random.Generator, shape: Shape) -> Array:
    return 1.0 + positive(generator, shape)


row("sin", np.sin, UNARY)
row("cos", np.cos, UNARY)
row("tan", np.tan, UNARY, draw=_within)
row("asin", np.arcsin, UNARY, draw=_within)
row("acos", np.arccos, UNARY, draw=_within)
row("atan", np.arctan, UNARY)
row("sinh", np.sinh, UNARY)
row("cosh", np.cosh, UNARY)
row("tanh", np.tanh, UNARY)
row("asinh", np.arcsinh, UNARY)
row("acosh", np.arccosh, UNARY, draw=_beyond)
row("atanh", np.arctanh, UNARY, draw=_within)

row("atan2", np.arctan2, BINARY, draw=nonzero)
row("atan2", lambda x: np.arctan2(x, 2.5), UNARY, 2.5, torch=lambda x, n: x.atan2(torch.tensor(n, dtype=x.dtype)))
row("atan2", lambda x: np.arctan2(1.0, x), UNARY, option="number on the left", call=lambda x: kytorch.atan2(1.0, x),
    torch=lambda x: torch.tensor(1.0, dtype=x.dtype).atan2(x))  # fmt: skip
row("atan2", lambda x: np.arctan2(x, HALVES.astype(np.float64)), [((3, 4),)], HALVES,
    torch=lambda x, array: x.atan2(torch.from_numpy(array).to(x.dtype)))  # fmt: skip
