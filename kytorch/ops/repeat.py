"""Operations that repeat elements, and their transposes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kytorch.kernels import repeat as kernels
from kytorch.ops.shape import reshape
from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.dims import one_of, positive_sizes
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import check_operands
from kytorch.tensor.values import Array, Shape, lock


class TileGradFn(UnaryGradFn):
    """y = x repeated as a whole along its dimensions"""

    __slots__ = ("_times",)

    def __init__(self, times: Shape) -> None:
        self._times = times

    def vjp(self, g: A) -> A:
        return _untiled(g, self._times, self._shapes[0])


class UntileGradFn(UnaryGradFn):
    """y = the sum of an element's repetitions, the transpose of tile"""

    __slots__ = ("_times",)

    def __init__(self, times: Shape) -> None:
        self._times = times

    def vjp(self, g: A) -> A:
        return _tiled(g, self._times)


@method
def repeat(x: A, repeats: int | Sequence[int] = (), *more: int) -> A:
    """`x` repeated as a whole so many times along each dimension; more numbers than dimensions add leading ones.

    Raises ValueError for fewer numbers, or a negative one.
    """
    check_operands("repeat", x)
    times = positive_sizes("repeat", (repeats, *more))
    if len(times) < x.ndim:
        raise ValueError(f"repeat: {times} has fewer numbers than shape {x.shape} has dimensions; tile() takes fewer")
    return _tiled(x if len(times) == x.ndim else _with_dims(x, len(times)), times)


@method
def tile(x: A, dims: int | Sequence[int] = (), *more: int) -> A:
    """`x` repeated as a whole so many times along its last dimensions; more numbers add leading ones.

    Raises ValueError for a negative number.
    """
    check_operands("tile", x)
    times = positive_sizes("tile", (dims, *more))
    n = max(len(times), x.ndim)
    return _tiled(x if n == x.ndim else _with_dims(x, n), (1,) * (n - len(times)) + times)


def _with_dims(x: A, n: int) -> A:
    shape: Shape = (1,) * (n - x.ndim) + x.shape
    return reshape(x, shape)


def _tiled(x: A, times: Shape) -> A:
    if isinstance(x, Tensor):
        return TileGradFn(times).record(kernels.tile(x._data, times), x)
    return kernels.tile(x, times)


def _untiled(x: A, times: Shape, shape: Shape) -> A:
    if isinstance(x, Tensor):
        return UntileGradFn(times).record(kernels.untile(x._data, times, shape), x)
    return kernels.untile(x, times, shape)


class RepeatInterleaveGradFn(UnaryGradFn):
    """y = each element of x along a dimension, repeated"""

    __slots__ = ("_counts", "_dim")

    def __init__(self, counts: int | Array, dim: int) -> None:
        self._counts = counts
        self._dim = dim

    def vjp(self, g: A) -> A:
        return _runs_summed(g, self._counts, self._dim, self._shapes[0][self._dim])


class SumRunsGradFn(UnaryGradFn):
    """y = the sum over each run of repetitions, the transpose of repeat_interleave"""

    __slots__ = ("_counts", "_dim")

    def __init__(self, counts: int | Array, dim: int) -> None:
        self._counts = counts
        self._dim = dim

    def vjp(self, g: A) -> A:
        return _interleaved(g, self._counts, self._dim)


@method
def repeat_interleave(x: A, repeats: int | Tensor | Array | Sequence[int], dim: int | None = None) -> A:
    """Each element along `dim` repeated `repeats` times, a number for all or one for each; without `dim`, x flattened.

    Raises ValueError for numbers that are negative or not as many as the elements, TypeError unless they are integers.
    """
    check_operands("repeat_interleave", x)
    if dim is None:
        return repeat_interleave(x if x.ndim == 1 else reshape(x, (x.size,)), repeats, 0)
    at = one_of("repeat_interleave", dim, x.ndim)
    n = x.shape[at]
    if type(repeats) is int:
        if repeats < 0:
            raise ValueError(f"repeat_interleave: a number of times is 0 or more, not {repeats}")
        return _interleaved(x, repeats, at)
    counts: Array = np.array(repeats._data if isinstance(repeats, Tensor) else repeats)
    if not counts.size and isinstance(repeats, Sequence):
        counts = counts.astype(np.intp)
    if counts.dtype.kind not in "iu":
        raise TypeError(f"repeat_interleave: repeats are integers, not {counts.dtype}")
    if counts.ndim > 1 or (counts.size not in (1, n)):
        raise ValueError(f"repeat_interleave: repeats of shape {counts.shape} for the {n} of dim {dim} in {x.shape}")
    if counts.size and counts.min() < 0:
        raise ValueError(f"repeat_interleave: a number of times is 0 or more, not {counts.min()}")
    if counts.size == 1:
        return _interleaved(x, int(counts.item()), at)
    lock(counts)
    return _interleaved(x, counts, at)


def _interleaved(x: A, counts: int | Array, dim: int) -> A:
    if isinstance(x, Tensor):
        return RepeatInterleaveGradFn(counts, dim).record(x._data.repeat(counts, dim), x)
    return x.repeat(counts, dim)


def _runs_summed(g: A, counts: int | Array, dim: int, n: int) -> A:
    if isinstance(g, Tensor):
        return SumRunsGradFn(counts, dim).record(kernels.sum_runs(g._data, counts, dim, n), g)
    return kernels.sum_runs(g, counts, dim, n)
