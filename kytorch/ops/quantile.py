"""Quantiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kytorch.kernels import along
from kytorch.kernels import order as kernels
from kytorch.ops.dtype import to
from kytorch.ops.lerp import lerp
from kytorch.ops.permute import permute
from kytorch.ops.take_along import take_along
from kytorch.ops.where import where
from kytorch.tensor.core import A, Tensor
from kytorch.tensor.dims import one_dim
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of
from kytorch.tensor.values import Array, Shape

_INTERPOLATIONS = ("linear", "lower", "higher", "nearest", "midpoint")


@method
def quantile(
    x: A,
    q: A | float | Sequence[float],
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> A:
    """The value at the place q (n - 1) in the order of the n elements along `dim`, or of all.

    Several `q`, of shape (m,), make a leading dimension of m. A place between two elements is interpolated:
    "linear", "lower", "higher", "nearest" (of halves the even place) or "midpoint"; linear ones are differentiable
    with respect to `q` too. NaN where a line has one. Raises ValueError for `q` outside [0, 1], another
    interpolation, and no elements, and TypeError for integers.
    """
    return _quantile("quantile", x, q, dim, keepdim, interpolation, False)


@method
def nanquantile(
    x: A,
    q: A | float | Sequence[float],
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> A:
    """As `quantile`, of those elements that are not NaN; NaN where there are no others."""
    return _quantile("nanquantile", x, q, dim, keepdim, interpolation, True)


def _probabilities(name: str, q: object) -> Array:
    if isinstance(q, Tensor):
        array = q._data
    elif hasattr(q, "dtype"):
        array = array_of(name, q)
    else:
        try:
            array = np.array(q, np.float64)
        except (TypeError, ValueError):
            raise TypeError(f"{name}: q is a number, numbers or a Tensor, not {type(q).__name__}") from None
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    if array.ndim > 1:
        raise ValueError(f"{name}: q has shape {array.shape}; expected a number or one dimension")
    inside = 0 <= array.item() <= 1 if array.size == 1 else bool(((array >= 0) & (array <= 1)).all())
    if not inside:
        raise ValueError(f"{name}: q is {array.tolist()}; expected 0 to 1")
    return array


def _quantile(
    name: str,
    x: A,
    q: A | float | Sequence[float],
    dim: int | None,
    keepdim: bool,
    interpolation: str,
    skip: bool,
) -> A:
    array: Array = array_of(name, x)
    given = _probabilities(name, q)
    if interpolation not in _INTERPOLATIONS:
        raise ValueError(f"{name}: interpolation {interpolation!r} is none of {', '.join(_INTERPOLATIONS)}")
    if array.dtype.kind != "f":
        raise TypeError(f"{name}: expected floats, not {array.dtype}; convert them with to()")
    at: int = 0 if dim is None else one_dim(name, dim, array.ndim)
    if not array.size:
        raise ValueError(f"{name}: no elements to choose from, in shape {array.shape}")
    whole: Shape = array.shape if dim is None else (array.shape[at : at + 1])
    kept: Shape = (*array.shape[:at], *([1] * len(whole)), *array.shape[at + len(whole) :])
    if dim is None or not array.ndim:
        x = x.reshape(-1)
        array = array.reshape(-1)
    y = _at_ranks(x, array, q, given, at, interpolation, skip)
    if given.ndim:
        if at:
            y = permute(y, [at, *[i for i in range(array.ndim) if i != at]])
        shape: Shape = (given.size, *(kept if keepdim else kept[:at] + kept[at + len(whole) :]))
    else:
        shape = kept if keepdim else kept[:at] + kept[at + len(whole) :]
    return y if y.shape == shape else y.reshape(shape)


def _at_ranks(
    x: A, array: Array, q: A | float | Sequence[float], given: Array, dim: int, interpolation: str, skip: bool
) -> A:
    """The quantiles of `x`, with one for each of `given` along `dim`."""
    column = (-1,) + (1,) * (array.ndim - 1 - dim)
    last: int | Array = array.shape[dim] - 1
    lost = kernels.missing(array, dim)
    if lost is not None and skip:
        count = np.count_nonzero(array == array, dim, keepdims=True)
        last = np.maximum(count - 1, 0).astype(given.dtype)
        lost = count == 0
    ranks: Array = given.reshape(column) * last
    if lost is not None:  # the last element in order is NaN
        ranks = np.where(lost, np.asarray(last, ranks.dtype), ranks)
    if interpolation == "nearest":
        ranks = np.rint(ranks)
    floor = np.floor(ranks)
    low, high = floor.astype(np.intp), np.ceil(ranks).astype(np.intp)
    if interpolation in ("lower", "nearest"):
        high = low
    elif interpolation == "higher":
        low = high
    one_place = low.size == 1 and low.item() == high.item()
    order = array.argpartition(low.item(), dim) if one_place else array.argsort(dim)
    shape = (*array.shape[:dim], given.size, *array.shape[dim + 1 :])
    unique = given.size == 1
    below = take_along(x, _ranked(order, low, dim, shape), dim, unique)
    if low is high:
        return below
    above = take_along(x, _ranked(order, high, dim, shape), dim, unique)
    if interpolation == "midpoint":
        middle: A = below + 0.5 * (above - below)
        return middle
    between = (ranks - floor).astype(array.dtype)
    if isinstance(q, Tensor) and isinstance(x, Tensor) and q.requires_grad:
        weight = q.reshape(column) * last - floor
        return below + to(weight if lost is None else where(lost, 0.0, weight), array.dtype) * (above - below)
    answer: A = lerp(below, above, between.item()) if between.size == 1 else below + between * (above - below)
    return answer


def _ranked(order: Array, ranks: Array, dim: int, shape: Shape) -> Array:
    """The indices of the elements at `ranks` in `order`."""
    if ranks.size != 1:
        return along.take(order, np.broadcast_to(ranks, shape), dim)
    rank = ranks.item()
    indices: Array = order[(slice(None),) * dim + (slice(rank, rank + 1),)]
    return indices
