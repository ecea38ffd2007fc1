"""The greatest and the least, truth and counts."""

from __future__ import annotations

import numpy as np

import kytorch
from operations.reductions import REDUCED, over
from operations.table import BINARY, Array, nonzero, row, torch


def _some_zeros(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return nonzero(generator, shape) * (generator.random(shape) < 0.6)


for keepdim in (False, True):
    for name, best, where_best in [("max", np.max, np.argmax), ("min", np.min, np.argmin)]:
        row(name, lambda x, f=best, k=keepdim: f(x, keepdims=k), REDUCED[0][1], None, keepdim,
            torch=lambda x, _, keepdim, name=name: getattr(x, f"a{name}")(tuple(range(x.ndim)), keepdim))  # fmt: skip
        row(f"arg{name}", lambda x, f=where_best, k=keepdim: f(x, keepdims=k), REDUCED[0][1], None, keepdim,
            kind=np.int64, differentiable=False)  # fmt: skip
        for dim, shapes in REDUCED[1:4]:
            function = getattr(kytorch, name)
            row(name, lambda x, f=best, d=dim, k=keepdim: f(x, axis=d if x.ndim else None, keepdims=k), shapes,
                dim, keepdim, option=f"values, dim={dim}, keepdim={keepdim}",
                call=lambda x, *options, f=function: f(x, *options).values,
                torch=lambda x, *options, name=name: getattr(x, name)(*options).values)  # fmt: skip
            row(name, lambda x, f=where_best, d=dim, k=keepdim: f(x, axis=d, keepdims=k), shapes,
                dim, keepdim, option=f"indices, dim={dim}, keepdim={keepdim}", kind=np.int64, differentiable=False,
                call=lambda x, *options, f=function: f(x, *options).indices)  # fmt: skip
            row(f"arg{name}", lambda x, f=where_best, d=dim, k=keepdim: f(x, axis=d, keepdims=k), shapes,
                dim=dim, keepdim=keepdim, kind=np.int64, differentiable=False)  # fmt: skip
        for dim, shapes in REDUCED:
            row(f"a{name}", over(best, dim, keepdims=keepdim), shapes, dim=dim, keepdim=keepdim,
                torch=lambda x, dim, keepdim, name=name:
                    getattr(x, f"a{name}")(tuple(range(x.ndim)) if dim is None else dim, keepdim))  # fmt: skip
    for dim, shapes in REDUCED:
        for name, numpys in [("any", np.any), ("all", np.all)]:
            row(name, over(numpys, dim, keepdims=keepdim), shapes, dim=dim, keepdim=keepdim, kind=np.bool_,
                differentiable=False, draw=_some_zeros)  # fmt: skip
for name, best in [("max", np.maximum), ("min", np.minimum)]:
    row(name, best, BINARY, option="of two", torch=lambda a, b, name=name: getattr(torch, name)(a, b))
    row(name, best.reduce, [((4,),)], option="of all")
for name, numpys in [("any", np.any), ("all", np.all), ("count_nonzero", np.count_nonzero)]:
    row(name, numpys, [((0, 3),), ((0,),)], option="of nothing", differentiable=False,
        kind=np.int64 if name == "count_nonzero" else np.bool_)  # fmt: skip
for dim, shapes in REDUCED:
    row("count_nonzero", over(np.count_nonzero, dim), shapes, dim=dim, kind=np.int64, differentiable=False,
        draw=_some_zeros)  # fmt: skip
