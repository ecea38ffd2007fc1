"""Reductions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import kytorch
from operations.table import Array, Shapes, row

# None of these trials reduces nothing; several have an answer of no elements.
REDUCED: list[tuple[Any, list[Shapes]]] = [
    (None, [((3, 4),), ((),), ((2, 1, 3),)]),
    (0, [((3, 4),), ((4,),), ((2, 1, 3),), ((),), ((2, 0),)]),
    (-1, [((3, 4),), ((4,),), ((2, 1, 3),), ((),), ((0, 3),)]),
    (1, [((2, 3, 4),), ((0, 1, 2),)]),
    ((0, 2), [((2, 3, 4),), ((2, 0, 3),)]),
    ([-1, 0], [((3, 4),), ((2, 3, 2),)]),
    ((), [((3, 4),)]),
]
SEVERAL: list[tuple[Any, list[Shapes]]] = [
    (None, [((3, 4),), ((5,),)]),
    (0, [((3, 4),), ((4,),), ((2, 0),)]),
    (-1, [((3, 4),), ((0, 3),)]),
    ((0, 2), [((2, 3, 4),), ((2, 0, 3),)]),
]


def _over(function: Callable[..., Any], dim: Any, **keywords: Any) -> Callable[[Array], Any]:
    def reference(x: Array) -> Any:
        return function(x, axis=None if dim in (None, ()) or not x.ndim else tuple(np.atleast_1d(dim)), **keywords)

    return reference


def _torch_var(x: Any, dim: Any, **options: Any) -> Any:
    return x.var(dim=None if dim == () else dim, **options)


for keepdim in (False, True):
    for dim, shapes in REDUCED:
        row("sum", _over(np.sum, dim, keepdims=keepdim), shapes, dim=dim, keepdim=keepdim)
        row("mean", _over(np.mean, dim, keepdims=keepdim), shapes, dim=dim, keepdim=keepdim)
        row(
            "var",
            _over(np.var, dim, keepdims=keepdim),
            shapes,
            torch=_torch_var,
            dim=dim,
            correction=0,
            keepdim=keepdim,
        )
    for dim, shapes in SEVERAL:
        row("var", _over(np.var, dim, keepdims=keepdim, ddof=1), shapes, torch=_torch_var, dim=dim, keepdim=keepdim)
    for name, best, where_best in [("max", np.max, np.argmax), ("min", np.min, np.argmin)]:
        row(name, lambda x, f=best, k=keepdim: f(x, keepdims=k), REDUCED[0][1], None, keepdim,
            torch=lambda x, _, keepdim, name=name: getattr(x, f"a{name}")(tuple(range(x.ndim)), keepdim))  # fmt: skip
        for dim, shapes in REDUCED[1:4]:
            function = getattr(kytorch, name)
            row(name, lambda x, f=best, d=dim, k=keepdim: f(x, axis=d if x.ndim else None, keepdims=k), shapes,
                dim, keepdim, option=f"values, dim={dim}, keepdim={keepdim}",
                call=lambda x, *options, f=function: f(x, *options).values,
                torch=lambda x, *options, name=name: getattr(x, name)(*options).values)  # fmt: skip
            row(name, lambda x, f=where_best, d=dim, k=keepdim: f(x, axis=d, keepdims=k), shapes,
                dim, keepdim, option=f"indices, dim={dim}, keepdim={keepdim}", kind=np.int64, differentiable=False,
                call=lambda x, *options, f=function: f(x, *options).indices)  # fmt: skip
row("sum", np.sum, [((0, 3),), ((0,),)], option="of nothing")
row("max", np.max, [((3, 4),), ((),)])
row("min", np.min, [((3, 4),), ((),)])
