"""Softmax, its logarithm, and the logarithm of a sum of exponentials."""

from __future__ import annotations

from typing import Any

import numpy as np

from operations.reductions import REDUCED
from operations.table import Array, Shapes, row, torch

ALONG: list[tuple[int, list[Shapes]]] = [
    (0, [((3, 4),), ((4,),), ((2, 3, 2),), ((),), ((2, 0),), ((0, 2),)]),
    (-1, [((3, 4),), ((4,),), ((2, 3, 2),), ((),), ((2, 0),), ((0, 2),), ((70, 5),), ((3, 100),)]),
    (1, [((2, 3, 4),), ((0, 1, 2),)]),
]


def _logsumexp(x: Array, dim: Any, keepdim: bool) -> Any:
    dims = None if dim == () or not x.ndim else dim if isinstance(dim, int) else tuple(dim)
    return np.log(np.sum(np.exp(x), axis=dims, keepdims=keepdim))


def _log_softmax(x: Array, dim: int) -> Any:
    return x - np.log(np.sum(np.exp(x), axis=dim if x.ndim else None, keepdims=True)) if x.size else x


for dim, shapes in ALONG:
    row("softmax", lambda x, d=dim: np.exp(_log_softmax(x, d)), shapes, dim)
    row("log_softmax", lambda x, d=dim: _log_softmax(x, d), shapes, dim)
row("softmax", lambda x: np.exp(_log_softmax(x, 0)), [((4,),)], 0, option="in float64", dtype=np.float64,
    dtypes=(np.float64,), torch=lambda x, dim, dtype: x.softmax(dim, dtype=torch.float64))  # fmt: skip
row("log_softmax", lambda x: _log_softmax(x, 0), [((4,),)], 0, option="in float64", dtype=np.float64,
    dtypes=(np.float64,), torch=lambda x, dim, dtype: x.log_softmax(dim, dtype=torch.float64))  # fmt: skip
for keepdim in (False, True):
    for dim, shapes in REDUCED[1:]:
        row("logsumexp", lambda x, d=dim, k=keepdim: _logsumexp(x, d, k), shapes, dim, keepdim,
            torch=lambda x, dim, keepdim: x.logsumexp(tuple(range(x.ndim)) if dim == () else dim, keepdim))  # fmt: skip
