"""Sorting, order statistics and counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import kytorch
from operations.cumulative import apart
from operations.table import Array, Shape, Shapes, normal, row, torch

LINES: list[tuple[int, list[Shapes]]] = [
    (-1, [((3, 4),), ((5,),), ((),), ((0, 3),), ((2, 1, 3),)]),
    (0, [((3, 4),), ((4,),), ((3, 0),)]),
    (1, [((2, 3, 4),)]),
]
SEVERAL: list[tuple[int | None, list[Shapes]]] = [*LINES, (None, [((3, 4),), ((5,),), ((),)])]
WIDE = (np.float32, np.float64)


def _lines(function: Callable[..., Any], scalar: Callable[[Array], Any] = np.array) -> Callable[[Array], Any]:
    return lambda x: function(x) if x.ndim else scalar(x)


def _no_index(x: Array) -> Array:
    return np.zeros((), int)


for dim, shapes in LINES:
    for down in (False, True):
        order = -1 if down else 1
        row("sort", _lines(lambda x, d=dim, o=order: o * np.sort(o * x, d)), shapes, dim, down,
            option=f"values, {dim}, {down}", draw=apart,
            call=lambda x, *options: kytorch.sort(x, *options).values,
            torch=lambda x, *options: x.sort(*options).values)  # fmt: skip
        for stable in (False, True):
            places = _lines(lambda x, d=dim, o=order: np.argsort(o * x, d), _no_index)
            row("sort", places, shapes, dim, down, stable, option=f"indices, {dim}, {down}, {stable}", draw=apart,
                call=lambda x, *options: kytorch.sort(x, *options).indices, kind=np.int64,
                differentiable=False)  # fmt: skip
            row("argsort", places, shapes, dim, down, stable, draw=apart, kind=np.int64, differentiable=False)
        for k in (0, 1, 3):
            fitting = [(shape,) for (shape,) in shapes if (shape[dim] >= k if shape else k == 1)]
            row("topk", _lines(lambda x, k=k, d=dim, o=order: np.take(o * np.sort(o * x, d), range(k), d)), fitting,
                k, dim, down, option=f"values, {k}, {dim}, {down}", draw=apart,
                call=lambda x, *options: kytorch.topk(x, *options).values,
                torch=lambda x, *options: x.topk(*options).values)  # fmt: skip
            row("topk", _lines(lambda x, k=k, d=dim, o=order: np.take(np.argsort(o * x, d), range(k), d), _no_index),
                fitting, k, dim, down, option=f"indices, {k}, {dim}, {down}", draw=apart, kind=np.int64,
                differentiable=False, call=lambda x, *options: kytorch.topk(x, *options).indices)  # fmt: skip
    for keepdim in (False, True):
        for k in (1, 2):
            fitting = [(shape,) for (shape,) in shapes if (shape[dim] >= k if shape else k == 1)]
            chosen = [k - 1] if keepdim else k - 1
            row("kthvalue", _lines(lambda x, c=chosen, d=dim: np.take(np.sort(x, d), c, d)), fitting, k, dim, keepdim,
                option=f"values, {k}, {dim}, {keepdim}", draw=apart,
                call=lambda x, *options: kytorch.kthvalue(x, *options).values,
                torch=lambda x, *options: x.kthvalue(*options).values)  # fmt: skip
            row("kthvalue", _lines(lambda x, c=chosen, d=dim: np.take(np.argsort(x, d), c, d), _no_index), fitting,
                k, dim, keepdim, option=f"indices, {k}, {dim}, {keepdim}", draw=apart, kind=np.int64,
                differentiable=False, call=lambda x, *options: kytorch.kthvalue(x, *options).indices)  # fmt: skip
        fitting = [(shape,) for (shape,) in shapes if not shape or shape[dim]]
        for name in ("median", "nanmedian"):
            function = getattr(kytorch, name)
            row(name, _lines(lambda x, k=keepdim, d=dim: np.quantile(x, 0.5, d, keepdims=k, method="lower")), fitting,
                dim, keepdim, option=f"values, {dim}, {keepdim}", draw=apart,
                call=lambda x, *options, f=function: f(x, *options).values,
                torch=lambda x, *options, name=name: getattr(x, name)(*options).values)  # fmt: skip
            row(name, _lines(lambda x, k=keepdim, d=dim: np.take(
                    np.argsort(x, d), [(x.shape[d] - 1) // 2] if k else (x.shape[d] - 1) // 2, d), _no_index),
                fitting, dim, keepdim, option=f"indices, {dim}, {keepdim}", draw=apart, kind=np.int64,
                differentiable=False, call=lambda x, *options, f=function: f(x, *options).indices)  # fmt: skip
for name in ("median", "nanmedian"):
    row(name, lambda x: np.quantile(x, 0.5, method="lower"), [((3, 4),), ((5,),), ((),)], draw=apart)

for dim, shapes in SEVERAL:
    shapes = [(shape,) for (shape,) in shapes if 0 not in shape]
    axis = dim
    for keepdim in (False, True):
        for name in ("quantile", "nanquantile"):
            for q in (0.0, 0.3, 1):
                row(name, lambda x, q=q, a=axis, k=keepdim: np.quantile(x, q, a if x.ndim else None, keepdims=k),
                    shapes, q, dim, keepdim, draw=apart)  # fmt: skip
            row(name, lambda x, a=axis, k=keepdim: np.quantile(x, [0.2, 0.5, 0.2], a if x.ndim else None, keepdims=k),
                shapes, [0.2, 0.5, 0.2], dim, keepdim, draw=apart,
                torch=lambda x, q, *options, name=name:
                    getattr(x, name)(torch.tensor(q, dtype=x.dtype), *options))  # fmt: skip
    for interpolation in ("linear", "lower", "higher", "nearest", "midpoint"):
        row("quantile",
            lambda x, i=interpolation, a=axis: np.quantile(x, 0.35, a if x.ndim else None, method=i), shapes,
            0.35, dim, interpolation=interpolation, draw=apart)  # fmt: skip
        row("nanquantile",
            lambda x, i=interpolation, a=axis: np.quantile(x, 0.85, a if x.ndim else None, method=i), shapes,
            0.85, dim, interpolation=interpolation, draw=apart)  # fmt: skip


def _shares(generator: np.random.Generator, shape: Shape) -> Array:
    """Places strictly between those of 4 or 16 elements."""
    return np.asarray(generator.choice([0.13, 0.41, 0.57, 0.85], shape))


for name in ("quantile", "nanquantile"):
    function = getattr(kytorch, name)
    for dim, trials in [
        (0, [((4, 4), (3,)), ((4,), ())]),
        (-1, [((4, 4), (3,))]),
        (None, [((4, 4), (3,)), ((4,), (0,))]),
    ]:
        row(name, lambda x, q, d=dim: np.quantile(x, q, d), trials, option=f"q a Tensor, {dim}",
            call=lambda x, q, f=function, d=dim: f(x, q, d), draw=(apart, _shares), dtypes=WIDE,
            torch=lambda x, q, name=name, d=dim: getattr(x, name)(q, d))  # fmt: skip


# Counts


def _few(generator: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(generator.integers(0, 5, shape)).astype(float)


def _ascending(generator: np.random.Generator, shape: Shape) -> Array:
    return np.sort(_few(generator, shape), -1)


ALL = [((3, 4),), ((5,),), ((),), ((0, 3),)]
row("unique", np.unique, ALL, draw=_few, differentiable=False)
row("unique", lambda x: np.unique(x, return_inverse=True)[1].reshape(x.shape), ALL, option="inverse", draw=_few,
    kind=np.int64, differentiable=False,
    call=lambda x: kytorch.unique(x, return_inverse=True)[1])  # fmt: skip
row("unique", lambda x: np.unique(x, return_counts=True)[1], ALL, option="counts", draw=_few,
    kind=np.int64, differentiable=False,
    call=lambda x: kytorch.unique(x, return_inverse=True, return_counts=True)[2])  # fmt: skip
for dim in (0, -1):
    row("unique", lambda x, d=dim: np.unique(x, axis=d), [((6, 1),), ((1, 6),), ((5,),), ((2, 3, 2),)],
        dim=dim, draw=_few, differentiable=False)  # fmt: skip

SOUGHT: list[Shapes] = [((5,), (2, 3)), ((5,), ()), ((0,), (2,)), ((4,), (0,))]
for right in (False, True):
    side = "right" if right else "left"
    row("searchsorted", lambda s, v, side=side: np.searchsorted(s, v, side), SOUGHT, right=right,
        draw=(_ascending, _few), kind=np.int64, differentiable=False)  # fmt: skip
    compare = np.less_equal if right else np.less
    row("searchsorted", lambda s, v, c=compare: c(s[..., None, :], v[..., :, None]).sum(-1),
        [((2, 5), (2, 3)), ((40, 6), (40, 3)), ((2, 20, 4), (2, 20, 2)), ((40, 0), (40, 2)), ((2, 3), (2, 0))],
        option=f"lines, {side}", call=lambda s, v, side=side: kytorch.searchsorted(s, v, side=side),
        draw=(_ascending, _few), kind=np.int64, differentiable=False)  # fmt: skip
    row("bucketize", lambda s, v, side=side: np.searchsorted(s, v, side), SOUGHT, option=side,
        call=lambda s, v, right=right: kytorch.bucketize(v, s, right=right),
        draw=(_ascending, _few), kind=np.int64, differentiable=False)  # fmt: skip

for least in (0, 9):
    row("bincount", lambda x, n=least: np.bincount(x.astype(int), minlength=n), [((6,),), ((0,),)],
        option=f"minlength={least}", call=lambda x, n=least: kytorch.bincount(x.to(np.uint8), minlength=n), draw=_few,
        kind=np.int64, differentiable=False, on_arrays=False)  # fmt: skip
BINS = np.array([2, 0, 2, 1, 5])
row("bincount", lambda w: np.bincount(BINS, w, 8), [((5,),)], option="weights", dtypes=WIDE,
    call=lambda w: kytorch.bincount(BINS, w, 8), draw=normal,
    torch=lambda w: torch.zeros(8, dtype=w.dtype).index_add(0, torch.from_numpy(BINS), w))  # fmt: skip
row("histc", lambda x: np.histogram(x, 5, (-1, 1))[0].astype(float), ALL, 5, -1, 1, draw=apart, differentiable=False)
row("histc", lambda x: np.histogram(x, 4)[0].astype(float), ALL[:2], 4, draw=apart, differentiable=False)
