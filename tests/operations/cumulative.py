"""Running sums, products and extrema, and differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import kytorch
from operations.table import Array, Shape, Shapes, nonzero, normal, row, wide

RUN: list[tuple[int, list[Shapes]]] = [
    (0, [((3, 4),), ((5,),), ((),), ((0, 3),), ((3, 0),), ((40, 2),)]),
    (-1, [((3, 4),), ((1,),), ((2, 1, 3),), ((2, 40),)]),
    (1, [((2, 3, 4),), ((2, 35, 2),)]),
]


def apart(generator: np.random.Generator, shape: Shape) -> Array:
    """Different numbers in no order, a quarter and more apart."""
    count = int(np.prod(shape, dtype=int))
    return np.asarray((generator.permutation(count) - count / 2) / 4).reshape(shape)


def some_zeros(generator: np.random.Generator, shape: Shape) -> Array:
    return nonzero(generator, shape) * (generator.random(shape) < 0.7)


def _along(function: Callable[..., Any], dim: int) -> Callable[[Array], Any]:
    return lambda x: function(x, dim) if x.ndim else x


def _last_place(best: np.ufunc, dim: int) -> Callable[[Array], Any]:
    def reference(x: Array) -> Any:
        if not x.ndim:
            return np.zeros((), int)
        lines = np.moveaxis(x, dim, 0)
        places = [
            [np.argmax(np.where(lines[: i + 1] == best.reduce(lines[: i + 1]), 1, 0), 0)] for i in range(len(lines))
        ]
        return np.moveaxis(np.concatenate(places) if places else np.zeros(lines.shape), 0, dim)

    return reference


for dim, shapes in RUN:
    row("cumsum", _along(np.cumsum, dim), shapes, dim)
    row("cumprod", _along(np.cumprod, dim), shapes, dim, draw=nonzero)
    row("cumprod", _along(np.cumprod, dim), shapes, dim, option=f"{dim}, some zeros", draw=some_zeros)
    row("logcumsumexp", _along(np.logaddexp.accumulate, dim), shapes, dim)
    row("logcumsumexp", _along(np.logaddexp.accumulate, dim), shapes, dim, option=f"{dim}, far apart",
        draw=lambda generator, shape: 12 * wide(generator, shape), dtypes=(np.float64,))  # fmt: skip
    for name, best in [("cummax", np.maximum), ("cummin", np.minimum)]:
        function = getattr(kytorch, name)
        row(name, _along(best.accumulate, dim), shapes, dim, option=f"values, {dim}", draw=apart,
            call=lambda x, dim, f=function: f(x, dim).values,
            # PyTorch's rule fails on no elements
            torch=lambda x, dim, name=name: getattr(x, name)(dim).values if x.numel() else x * 1)  # fmt: skip
        row(name, _last_place(best, dim), shapes, dim, option=f"indices, {dim}", draw=apart, kind=np.int64,
            differentiable=False, call=lambda x, dim, f=function: f(x, dim).indices)  # fmt: skip

for n in (0, 1, 2, 3):
    for dim, shapes in [(0, [((4, 3),), ((1, 3),), ((3,),), ((0, 2),)]), (-1, [((4, 3),), ((2, 1, 5),)])]:
        row("diff", lambda x, n=n, d=dim: np.diff(x, min(n, x.shape[d]), axis=d), shapes, n, dim)
row("diff", np.diff, [((4, 3),), ((5,),)])
for dim, parts in [(0, [((4, 3), (1, 3)), ((3,), (2,)), ((0, 3), (1, 3))]), (-1, [((4, 3), (4, 2))])]:
    row("diff", lambda x, p, d=dim: np.diff(x, axis=d, prepend=p), parts, dim, option=f"prepend, {dim}",
        call=lambda x, p, dim: kytorch.diff(x, dim=dim, prepend=p),
        torch=lambda x, p, dim: x.diff(dim=dim, prepend=p))  # fmt: skip
    row("diff", lambda x, p, d=dim: np.diff(x, 2, axis=d, prepend=p, append=p), parts, dim, option=f"both, {dim}",
        call=lambda x, p, dim: kytorch.diff(x, 2, dim, p, p), draw=normal,
        torch=lambda x, p, dim: x.diff(2, dim, p, p))  # fmt: skip
