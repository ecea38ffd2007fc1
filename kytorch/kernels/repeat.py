"""Repetition and its transpose, on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels import reduce

Array = npt.NDArray[Any]

# Up to so many repetitions of any element, all elements' next ones are added at a time.
_FEW = 16


def tile(x: Array, times: tuple[int, ...]) -> Array:
    """`x` repeated `times` in each dimension, of which there are as many as x has."""
    pairs = [n for pair in zip(times, x.shape) for n in pair]
    y: Array = np.empty_like(x, order="C", shape=pairs)
    y[...] = x.reshape([n for size in x.shape for n in (1, size)])
    return y.reshape([n * m for n, m in zip(times, x.shape)])


def untile(g: Array, times: tuple[int, ...], shape: tuple[int, ...]) -> Array:
    """The transpose of `tile`: to `shape`, the sum of an element's repetitions."""
    repeated = [i for i, n in enumerate(times) if n != 1]
    pairs = [n for i, m in enumerate(shape) for n in ((times[i], m) if i in repeated else (m,))]
    dims = tuple([i + at for at, i in enumerate(repeated)])
    return reduce.sum(g.reshape(pairs), dims, False) if dims else g.reshape(shape)


def sum_runs(g: Array, counts: int | Array, dim: int, n: int) -> Array:
    """The transpose of repeating n elements along `dim`: the sum over each run, `counts` of them."""
    if isinstance(counts, int):
        runs = g.reshape(*g.shape[:dim], n, counts, *g.shape[dim + 1 :])
        return reduce.sum(runs, (dim + 1,), False)
    y: Array = np.zeros_like(g, order="C", shape=(*g.shape[:dim], n, *g.shape[dim + 1 :]))
    most = counts.max(initial=0)
    if most <= _FEW:
        starts: Array = counts.cumsum() - counts
        for i in range(most):
            (some,) = (counts > i).nonzero()
            index: tuple[Any, ...] = (slice(None),) * dim + (some,)
            y[index] += g.take(starts[some] + i, dim)
        return y
    (some,) = counts.nonzero()
    if some.size:
        index = (slice(None),) * dim + (some,)
        y[index] = np.add.reduceat(g, (counts.cumsum() - counts)[some], dim)
    return y
