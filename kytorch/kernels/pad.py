"""Padding and its transpose, on arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Pairs = tuple[tuple[int, int], ...]


def crop(x: Array, pairs: Pairs) -> Array:
    """`x` without as many elements at either end of each dimension as a negative number says: a view."""
    cropped: Array = x[tuple([slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(pairs, x.shape)])]
    return cropped


def pad(x: Array, pairs: Pairs, mode: str, value: float = 0.0) -> Array:
    """`x` with so many more elements at either end of each dimension: `value`, or copies as `mode` says."""
    y: Array = np.empty_like(x, order="C", shape=[a + n + b for (a, b), n in zip(pairs, x.shape)])
    # Before a dimension's turn only its inner part is filled.
    where = [slice(a, a + n) for (a, _), n in zip(pairs, x.shape)]
    y[tuple(where)] = x
    for dim, (pair, n) in enumerate(zip(pairs, x.shape)):
        for edge, source in _edges(pair, n, mode):
            where[dim] = edge
            target = tuple(where)
            where[dim] = source
            y[target] = value if mode == "constant" else y[tuple(where)]
        where[dim] = slice(None)
    return y


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
