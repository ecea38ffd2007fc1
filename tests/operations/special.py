"""The error function and other special functions, and linear interpolation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import kytorch
from operations.table import BINARY, HALVES, UNARY, Array, Shape, nonzero, normal, positive, row, torch

WIDER = [((8, 11),)]  # more elements than are computed one by one


def _erf(x: Array) -> Array:
    return np.vectorize(math.erf, otypes=[float])(x)


def _erfc(x: Array) -> Array:
    return np.vectorize(math.erfc, otypes=[float])(x)


def _inside(generator: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(generator.uniform(0.15, 0.85, shape))


def _logit(x: Array) -> Array:
    return np.log(x) - np.log1p(-x)


def _stretched(generator: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(generator.uniform(-9.0, 9.0, shape))


def _as(x: Any, number: float) -> Any:
    return torch.tensor(number, dtype=x.dtype)


for name, function in [("erf", _erf), ("erfc", _erfc)]:
    row(name, function, UNARY + WIDER)
    row(
        name, function, UNARY + WIDER, option="far from 0", draw=lambda generator, shape: 3.0 * normal(generator, shape)
    )
row("sinc", np.sinc, UNARY, draw=nonzero)
row("sinc", np.sinc, UNARY, option="far from 0", draw=_stretched)
row("logit", _logit, UNARY, draw=_inside)
row("logit", lambda x: _logit(np.clip(x, 0.3, 0.7)), UNARY, 0.3, draw=_inside)
row("logit", lambda x: _logit(np.clip(x, 0.2, 0.8)), UNARY, eps=0.2, draw=_inside)

row("xlogy", lambda x, y: x * np.log(y), BINARY, draw=(normal, positive))
row("xlogy", lambda x: x * np.log(2.5), UNARY, 2.5)
row("xlogy", lambda x: 2.0 * np.log(x), UNARY, option="number on the left", draw=positive,
    call=lambda x: kytorch.xlogy(2.0, x), torch=lambda x: torch.xlogy(2.0, x))  # fmt: skip
row("xlogy", lambda x: HALVES.astype(np.float64) * np.log(x), [((3, 4),)], option="array on the left",
    draw=positive, call=lambda x: kytorch.xlogy(kytorch.from_numpy(HALVES.astype(x.dtype)), x), on_arrays=False,
    torch=lambda x: torch.xlogy(torch.from_numpy(HALVES).to(x.dtype), x))  # fmt: skip

THREE = [
    ((3, 4), (3, 4), (3, 4)),
    ((3, 1), (1, 4), ()),
    ((4,), (2, 3, 4), (3, 1)),
    ((), (), ()),
    ((0, 3), (1, 3), (3,)),
]
row("lerp", lambda x, y, w: x + w * (y - x), THREE, draw=(normal, normal, nonzero))
for weight in (0.25, 0.75, -1.5, 0, 1):
    row("lerp", lambda x, y, w=weight: x + w * (y - x), BINARY, weight)
row("lerp", lambda x: 0.3 * (2.0 - x) + x, UNARY, 2.0, 0.3, torch=lambda x, end, w: x.lerp(_as(x, end), w))
row("lerp", lambda x: 3.0 + 0.3 * (x - 3.0), UNARY, option="number on the left",
    call=lambda x: kytorch.lerp(3.0, x, 0.3), torch=lambda x: _as(x, 3.0).expand(x.shape).lerp(x, 0.3))  # fmt: skip
row("lerp", lambda w: 2.0 * w - 1.0, UNARY, option="between numbers", call=lambda w: kytorch.lerp(-1.0, 1.0, w),
    torch=lambda w: _as(w, -1.0).lerp(_as(w, 1.0), w))  # fmt: skip
