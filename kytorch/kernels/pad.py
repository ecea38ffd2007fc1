"""Padding and its transpose, on arrays."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Pairs = tuple[tuple[int, int], ...]
Part = tuple[slice, ...]

# So few elements are written twice sooner than edge by edge.
_FEW = 1024


def crop(x: Array, pairs: Pairs) -> Array:
    """`x` without as many elements at either end of each dimension as a negative number says: a view."""
    cropped: Array = x[tuple([slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(pairs, x.shape)])]
    return cropped


def pad(x: Array, pairs: Pairs, mode: str, value: float = 0.0) -> Array:
    """`x` with so many more elements at either end of each dimension: `value`, or copies as `mode` says."""
    shape, inner, edges = _plan(x.shape, pairs, mode)
    y: Array = np.empty_like(x, order="C", shape=shape)
    if mode == "constant" and y.size <= _FEW:
        y.fill(value)
        y[inner] = x
        return y
    y[inner] = x
    for edge, source in edges:
        y[edge] = value if mode == "constant" else y[source]
    return y


@lru_cache(1024)
def _plan(
    shape: tuple[int, ...], pairs: Pairs, mode: str
) -> tuple[tuple[int, ...], Part, tuple[tuple[Part, Part], ...]]:
    """The padded shape, where in it the elements go, and each edge with what it is a copy of, in turn."""
    # Before a dimension's turn only its inner part is filled.
    where = [slice(a, a + n) for (a, _), n in zip(pairs, shape)]
    inner = tuple(where)
    edges: list[tuple[Part, Part]] = []
    for dim, (pair, n) in enumerate(zip(pairs, shape)):
        for edge, source in _edges(pair, n, mode):
            target = (*where[:dim], edge, *where[dim + 1 :])
            edges.append((target, (*where[:dim], source, *where[dim + 1 :])))
        where[dim] = slice(None)
    return tuple([a + n + b for (a, b), n in zip(pairs, shape)]), inner, tuple(edges)


def unpad(g: Array, pairs: Pairs, mode: str) -> Array:
    """The transpose of `pad` by copies: each of them is added to the element that it was made of."""
    total: Array = np.array(g, order="C")
    shape = [m - a - b for (a, b), m in zip(pairs, g.shape)]
    where = [slice(None)] * g.ndim
    for dim in reversed(range(g.ndim)):
        for edge, source in _edges(pairs[dim], shape[dim], mode):
            where[dim] = edge
            part = total[tuple(where)]
            where[dim] = source
            total[tuple(where)] += part.sum(dim, keepdims=True) if mode == "replicate" else part
        where[dim] = slice(pairs[dim][0], pairs[dim][0] + shape[dim])
    return total[tuple(where)]


def _edges(pair: tuple[int, int], n: int, mode: str) -> Iterator[tuple[slice, slice]]:
    """The edges of a padded dimension that had n elements, and which of these they are copies of."""
    before, after = pair
    end = before + n
    if before:
        if mode == "reflect":
            source = slice(2 * before, before, -1)
        elif mode == "circular":
            source = slice(n, end)
        else:
            source = slice(before, before + 1)
        yield slice(before), source
    if after:
        if mode == "reflect":
            stop = end - 2 - after
            source = slice(end - 2, None if stop < 0 else stop, -1)
        elif mode == "circular":
            source = slice(before, before + after)
        else:
            source = slice(end - 1, end)
        yield slice(end, None), source
