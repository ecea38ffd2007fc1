"""Sums, means, variances, products and norms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import kytorch
from operations.table import FLOATS, Array, Shapes, nonzero, normal, positive, row, torch

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
NOTHING: list[Shapes] = [((0, 3),), ((0,),)]


def over(function: Callable[..., Any], dim: Any, **keywords: Any) -> Callable[[Array], Any]:
    """NumPy's `function` over `dim` as kytorch writes it."""

    def reference(x: Array) -> Any:
        return function(x, axis=None if dim in (None, ()) or not x.ndim else tuple(np.atleast_1d(dim)), **keywords)

    return reference


def _torch_var(x: Any, dim: Any, **options: Any) -> Any:
    return x.var(dim=None if dim == () else dim, **options)


def _torch_std(x: Any, dim: Any, **options: Any) -> Any:
    return x.std(dim=None if dim == () else dim, **options)


def _spread(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Numbers that differ, so that their variance is not 0."""
    return np.asarray(generator.permutation(int(np.prod(shape))).reshape(shape) + generator.uniform(0, 0.3, shape)) - 1


def _with_zeros(zeros: int) -> Callable[[np.random.Generator, tuple[int, ...]], Array]:
    def draw(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
        x = np.array(nonzero(generator, shape))
        x.reshape(-1)[:zeros] = 0
        return x

    return draw


for keepdim in (False, True):
    for dim, shapes in REDUCED:
        row("sum", over(np.sum, dim, keepdims=keepdim), shapes, dim=dim, keepdim=keepdim)
        row("mean", over(np.mean, dim, keepdims=keepdim), shapes, dim=dim, keepdim=keepdim)
        row("nansum", over(np.sum, dim, keepdims=keepdim), shapes, dim=dim, keepdim=keepdim)
        row("var", over(np.var, dim, keepdims=keepdim), shapes, torch=_torch_var, dim=dim, correction=0,
            keepdim=keepdim)  # fmt: skip
    for dim, shapes in SEVERAL:
        row("var", over(np.var, dim, keepdims=keepdim, ddof=1), shapes, torch=_torch_var, dim=dim, keepdim=keepdim)
        row("std", over(np.std, dim, keepdims=keepdim, ddof=1), shapes, torch=_torch_std, dim=dim, keepdim=keepdim,
            draw=_spread)  # fmt: skip
        row("std", over(np.std, dim, keepdims=keepdim, ddof=0.5), shapes, torch=_torch_std, dim=dim, keepdim=keepdim,
            correction=0.5, draw=_spread)  # fmt: skip
        row("nanmean", over(np.mean, dim, keepdims=keepdim), shapes, dim=dim, keepdim=keepdim)
        for name, numpys, draw in [("var", np.var, normal), ("std", np.std, _spread)]:
            both = getattr(kytorch, f"{name}_mean")
            for i, part, reference in [
                (0, name, over(numpys, dim, keepdims=keepdim, ddof=1)),
                (1, "mean", over(np.mean, dim, keepdims=keepdim)),
            ]:
                row(f"{name}_mean", reference, shapes, option=f"{part}, dim={dim}, keepdim={keepdim}", draw=draw,
                    call=lambda x, i=i, f=both, **options: f(x, **options)[i],
                    torch=lambda x, i=i, name=name, **options: getattr(torch, f"{name}_mean")(x, **options)[i],
                    dim=dim, keepdim=keepdim)  # fmt: skip
    for dim, shapes in REDUCED[1:4]:
        row("prod", over(np.prod, dim, keepdims=keepdim), shapes, dim=dim, keepdim=keepdim, draw=nonzero)
        for zeros in (1, 2, 3):
            row("prod", over(np.prod, dim, keepdims=keepdim), shapes, option=f"{zeros} zeros, {dim}, {keepdim}",
                dim=dim, keepdim=keepdim, draw=_with_zeros(zeros))  # fmt: skip
row("prod", np.prod, [((3, 4),), ((),), ((2, 1, 3),), ((5,),), *NOTHING], draw=nonzero)
for zeros in (1, 2, 3):
    row("prod", np.prod, [((3, 2),), ((),), ((7,),)], option=f"of all, {zeros} zeros", draw=_with_zeros(zeros))
row("sum", np.sum, NOTHING, option="of nothing")
row("nansum", np.sum, NOTHING, option="of nothing")
for name in ("sum", "mean", "nansum", "nanmean", "prod"):
    numpys = getattr(np, name)
    row(name, lambda x, f=numpys: f(x, 0), [((3, 4),)], 0, option="in float64", dtype=np.float64, kind=np.float64,
        dtypes=(np.float64,),
        torch=lambda x, dim, dtype, name=name: getattr(x, name)(dim, dtype=torch.float64))  # fmt: skip

P_NORMS: list[tuple[Any, Any]] = [
    ("fro", normal), (2, normal), (1, nonzero), (0, nonzero), (3, nonzero), (2.5, nonzero), (1.5, nonzero),
    (0.5, positive), (-1, nonzero), (-2.5, positive), (np.inf, _spread), (-np.inf, nonzero),
]  # fmt: skip


def _norm(p: Any, dim: Any, keepdim: bool) -> Callable[[Array], Any]:
    def reference(x: Array) -> Any:
        axis = None if dim is None or not x.ndim else tuple(np.atleast_1d(dim))
        magnitude = np.abs(x)
        if p == 0:
            return np.sum(x != 0, axis, keepdims=keepdim).astype(float)
        if np.isinf(p if p != "fro" else 2):
            return (np.max if p > 0 else np.min)(magnitude, axis, keepdims=keepdim)
        q = 2 if p == "fro" else p
        return np.sum(magnitude**q, axis, keepdims=keepdim) ** (1 / q)

    return reference


for p, draw in P_NORMS:
    for dim, shapes in REDUCED[:2] + REDUCED[4:5]:
        for keepdim in (False, True):
            row("norm", _norm(p, dim, keepdim), shapes, p, dim, keepdim, draw=draw,
                dtypes=FLOATS if p == p and p not in (-2.5, 0.5) else FLOATS[1:],
                torch=lambda x, p, dim, keepdim:
                    x.norm(2 if p == "fro" else p, tuple(range(x.ndim)) if dim is None else dim, keepdim) if p
                    else torch.linalg.vector_norm(x, 0, dim, keepdim) + 0 * x.sum())  # fmt: skip
row("norm", np.linalg.norm, [((5,),)], option="in float64", dtype=np.float64, dtypes=(np.float64,),
    torch=lambda x, dtype: x.norm(dtype=torch.float64))  # fmt: skip
