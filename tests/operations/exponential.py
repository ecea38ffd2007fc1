"""Exponentials, logarithms and roots."""

from __future__ import annotations

import numpy as np

import kytorch
from operations.table import BINARY, HALVES, UNARY, nonzero, positive, row, torch

row("exp", np.exp, UNARY)
row("exp2", np.exp2, UNARY)
row("expm1", np.expm1, UNARY)
for name, function in [("log", np.log), ("log2", np.log2), ("log10", np.log10), ("log1p", np.log1p)]:
    row(name, function, UNARY, draw=positive)
row("log1p", np.log1p, UNARY, option="below 0", draw=lambda generator, shape: -0.25 * positive(generator, shape))
row("sqrt", np.sqrt, UNARY, draw=positive)
row("rsqrt", lambda x: 1.0 / np.sqrt(x), UNARY, draw=positive)
row("square", np.square, UNARY)
row("reciprocal", lambda x: 1.0 / x, UNARY, draw=nonzero)
row("pow", lambda x: 2.0**x, UNARY, option="an integer as first argument", call=lambda x: kytorch.pow(2, x),
    torch=lambda x: torch.pow(2, x))  # fmt: skip

row("hypot", np.hypot, BINARY, draw=nonzero)
row("hypot", lambda x: np.hypot(x, 2.5), UNARY, 2.5, torch=lambda x, n: x.hypot(torch.tensor(n, dtype=x.dtype)))
row("hypot", lambda x: np.hypot(3.0, x), UNARY, option="number on the left", call=lambda x: kytorch.hypot(3.0, x),
    torch=lambda x: torch.tensor(3.0, dtype=x.dtype).hypot(x))  # fmt: skip
row("hypot", lambda x: np.hypot(x, HALVES.astype(np.float64)), [((3, 4),)], HALVES,
    torch=lambda x, array: x.hypot(torch.from_numpy(array).to(x.dtype)))  # fmt: skip
