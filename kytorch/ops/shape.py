"""The same elements in another shape or order."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.dims import many_dims, one_dim, sizes
from kytorch.tensor.methods.registry import method
from kytorch.tensor.values import Shape


class ReshapeGradFn(UnaryGradFn):
    """y = x in another shape"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return g.reshape(self._shapes[0])


@method
def reshape(x: A, *shape: int | Sequence[int]) -> A:
    """The elements of `x` in another shape; one size may be -1. Raises ValueError if they do not fit."""
    target = sizes("reshape", shape)
    if not isinstance(x, Tensor):
        return x.reshape(target)
    try:
        y = x._data.reshape(target)
    except ValueError:
        raise ValueError(f"reshape: the {x.size} elements of shape {x.shape} do not fit shape {target}") from None
    return ReshapeGradFn().record(y, x)


@method
def flatten(x: A, start_dim: int = 0, end_dim: int = -1) -> A:
    """`x` with the dimensions from `start_dim` to `end_dim` made one; shape () becomes (1,)."""
    first = one_dim("flatten", start_dim, x.ndim)
    last = one_dim("flatten", end_dim, x.ndim)
    if first > last:
        raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    shape: Shape = x.shape[:first] + (math.prod(x.shape[first : last + 1]),) + x.shape[last + 1 :]
    return reshape(x, shape)


@method
def squeeze(x: A, dim: int | Sequence[int] | None = None) -> A:
    """`x` without its dimensions of size 1, or without those of `dim` that are."""
    dims = () if isinstance(dim, Sequence) and not len(dim) else many_dims("squeeze", dim, x.ndim)
    return reshape(x, [n for i, n in enumerate(x.shape) if n != 1 or i not in dims])


@method
def unsqueeze(x: A, dim: int) -> A:
    """`x` with a dimension of size 1 put in at `dim`."""
    at = one_dim("unsqueeze", dim, x.ndim + 1)
    shape: Shape = x.shape[:at] + (1,) + x.shape[at:]
    return reshape(x, shape)


class PermuteGradFn(UnaryGradFn):
    """y = x with its dimensions in another order"""

    __slots__ = ("_dims",)

    def __init__(self, dims: tuple[int, ...]) -> None:
        self._dims = dims

    def vjp(self, g: A) -> A:
        return permute(g, [self._dims.index(i) for i in range(len(self._dims))])


@method
def permute(x: A, *dims: int | Sequence[int]) -> A:
    """`x` with its dimensions in the order `dims`. Raises ValueError unless each is named once."""
    order = tuple([one_dim("permute", d, x.ndim) for d in sizes("permute", dims)])
    if sorted(order) != list(range(x.ndim)):
        raise ValueError(f"permute: dims {order} must name each of the {x.ndim} dimensions of shape {x.shape} once")
    if isinstance(x, Tensor):
        return PermuteGradFn(order).record(x._data.transpose(order), x)
    return x.transpose(order)


@method
def transpose(x: A, dim0: int, dim1: int) -> A:
    """`x` with two dimensions swapped."""
    first = one_dim("transpose", dim0, x.ndim)
    second = one_dim("transpose", dim1, x.ndim)
    order = list(range(x.ndim))
    if order:
        order[first], order[second] = second, first
    return permute(x, order)


@method
def reversed_dims(x: A) -> A:
    """`x` with its dimensions reversed: what `x.T` is."""
    return permute(x, range(x.ndim)[::-1])
