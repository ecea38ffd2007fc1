"""Operations that repeat elements, and their transposes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from kytorch.kernels import broadcast
from kytorch.kernels import repeat as kernels
from kytorch.ops.shape import reshape
from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.dims import one_of, positive_sizes, sizes
from kytorch.tensor.errors import no_broadcast
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import check_operands, one_by_one
from kytorch.tensor.values import Array, Shape, lock


class ExpandGradFn(UnaryGradFn):
    """y = x repeated; the walk sums the gradient to x's shape"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return g


@method
def expand(x: A, size: int | Sequence[int] = (), *more: int) -> A:
    """`x` repeated along new leading dimensions and those of size 1, without copying; -1 leaves a size as it is.

    Raises ValueError if another size were to grow.
    """
    check_operands("expand", x)
    target = sizes("expand", (size, *more))
    shape_x: Shape = x.shape
    lead = len(target) - len(shape_x)
    if -1 in target:
        target = target[:lead] + tuple([m if n == -1 else n for n, m in zip(target[lead:], shape_x)])
    grown = target[lead:] != shape_x and True in [n != m and m != 1 for n, m in zip(target[lead:], shape_x)]
    if lead < 0 or grown or (target and min(target) < 0):
        raise ValueError(f"expand: shape {x.shape} does not expand to {target}; only a size of 1 can grow")
    if isinstance(x, Tensor):
        return ExpandGradFn().record(broadcast.expand(x._data, target), x)
    return broadcast.expand(x, target)


@method
def broadcast_to(x: A, size: Sequence[int]) -> A:
    """`x` repeated to `size`, without copying: expand."""
    return expand(x, size)


@method
def expand_as(x: A, other: A) -> A:
    """`x` repeated to the shape of `other`, without copying."""
    return expand(x, other.shape)


def broadcast_tensors(*tensors: A | Sequence[A]) -> tuple[A, ...]:
    """The Tensors, one by one or in a list, each expanded to the shape to which they broadcast. ValueError if none."""
    given = one_by_one(tensors)
    for x in given:
        check_operands("broadcast_tensors", x)
    try:
        shape: Shape = np.broadcast_shapes(*[x.shape for x in given])
    except ValueError:
        raise no_broadcast("broadcast_tensors", *given) from None
    return tuple([x if x.shape == shape else expand(x, shape) for x in given])


class SumToSizeGradFn(UnaryGradFn):
    """y = x summed over what broadcasting repeats, the transpose of expand"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return expand(g, self._shapes[0])


@method
def sum_to_size(x: A, size: int | Sequence[int] = (), *more: int) -> A:
    """`x` summed over the dimensions along which `size` broadcasts to its shape. Raises ValueError if it does not."""
    check_operands("sum_to_size", x)
    target = sizes("sum_to_size", (size, *more))
    if isinstance(x, Tensor):
        return SumToSizeGradFn().record(broadcast.sum_to_size(x._data, target), x)
    return broadcast.sum_to_size(x, target)


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


def meshgrid(*tensors: A | Sequence[A], indexing: Literal["ij", "xy"] = "ij") -> tuple[A, ...]:
    """The coordinates of a grid: vectors of n, m, ... as Tensors of (n, m, ...), each expanded along its own dimension.

    With indexing "xy" the first two dimensions are swapped. Raises ValueError for what has more than one dimension.
    """
    if indexing not in ("ij", "xy"):
        raise ValueError(f"meshgrid: indexing is 'ij' or 'xy', not {indexing!r}")
    given = one_by_one(tensors)
    if not given:
        raise ValueError("meshgrid: expected at least one Tensor")
    for x in given:
        check_operands("meshgrid", x)
    if any(x.ndim > 1 for x in given):
        raise ValueError(f"meshgrid: expected vectors, not shapes {', '.join([str(x.shape) for x in given])}")
    if len({x.dtype for x in given}) > 1:
        raise TypeError(f"meshgrid: dtypes {', '.join([str(x.dtype) for x in given])} must be equal; to() converts")
    order = list(range(len(given)))
    if indexing == "xy":
        order[:2] = reversed(order[:2])
    shape = [given[i].size for i in order]
    return tuple([expand(reshape(x, [x.size if i == at else 1 for i in order]), shape) for at, x in enumerate(given)])
