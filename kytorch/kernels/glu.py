"""The gated linear unit on arrays, in blocks that stay in the cache."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from kytorch.kernels.blocks import BLOCK, share, slices

Array = npt.NDArray[Any]
Part: TypeAlias = tuple[slice, slice]


def glu(x: Array, dim: int) -> Array:
    """a sigmoid(b) = (a tanh(b / 2) + a) / 2, of the halves of x along `dim`."""
    if x.dtype.char == "e":
        return glu(x.astype(np.float32), dim).astype(np.float16)
    n = x.shape[dim] // 2
    y: Array = np.empty(x.shape[:dim] + (n,) + x.shape[dim + 1 :], x.dtype)
    halves, result = _halves(x, dim), _rows(y, dim)

    def work(parts: Iterator[Part]) -> None:
        for part in parts:
            a, b, out = halves[:, 0][part], halves[:, 1][part], result[part]
            np.multiply(b, 0.5, out=out)
            np.tanh(out, out=out)
            np.multiply(out, a, out=out)
            np.add(out, a, out=out)
            np.multiply(out, 0.5, out=out)

    share(work, _parts(result.shape), y.size)
    return y


def glu_vjp(g: Array, x: Array, dim: int) -> Array:
    """g s and g a s (1 - s) in one array, s = sigmoid(b)."""
    if x.dtype.char == "e":
        return glu_vjp(g.astype(np.float32), x.astype(np.float32), dim).astype(np.float16)
    y: Array = np.empty(x.shape, np.result_type(g, x))
    halves, results, rows = _halves(x, dim), _halves(y, dim), _rows(g, dim)

    def work(parts: Iterator[Part]) -> None:
        spare = np.empty(min(rows.size, BLOCK), y.dtype)
        for part in parts:
            a, b, incoming = halves[:, 0][part], halves[:, 1][part], rows[part]
            g_a, g_b = results[:, 0][part], results[:, 1][part]
            s = np.multiply(b, 0.5, out=spare[: b.size].reshape(b.shape))
            np.tanh(s, out=s)
            np.multiply(s, 0.5, out=s)
            np.add(s, 0.5, out=s)
            np.multiply(s, incoming, out=g_a)
            np.subtract(1.0, s, out=s)
            np.multiply(s, g_a, out=s)
            np.multiply(s, a, out=g_b)

    share(work, _parts(rows.shape), y.size)
    return y


def _halves(x: Array, dim: int) -> Array:
    """x as (outer, 2, n): the halves of each row."""
    outer = math.prod(x.shape[:dim])
    return x.reshape(outer, 2, math.prod(x.shape[dim:]) // 2)


def _rows(x: Array, dim: int) -> Array:
    return x.reshape(math.prod(x.shape[:dim]), math.prod(x.shape[dim:]))


def _parts(shape: tuple[int, ...]) -> list[Part]:
    """The blocks of a matrix, row by row."""
    rows, columns = shape
    width = max(1, min(columns, BLOCK))
    return list(itertools.product(slices(rows, max(1, BLOCK // width)), slices(columns, width)))
