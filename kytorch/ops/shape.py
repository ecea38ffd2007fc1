"""Operations that move elements or repeat them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from kytorch.kernels import broadcast
from kytorch.tensor.core import CONSTANT, A, NaryGradFn, Tensor, UnaryGradFn, View
from kytorch.tensor.dims import many_dims, one_dim, sizes
from kytorch.tensor.methods import method
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


class ExpandGradFn(UnaryGradFn):
    """y = x repeated; the walk sums the gradient to x's shape"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return g


@method
def expand(x: A, *shape: int | Sequence[int]) -> A:
    """`x` repeated along new leading dimensions and those of size 1, without copying; -1 leaves a size as it is."""
    target = sizes("expand", shape)
    lead = len(target) - x.ndim
    grown = any(n != m and n != -1 and (m != 1 or n < 0) for n, m in zip(target[lead:], x.shape))
    if lead < 0 or grown or any(n < 0 for n in target[:lead]):
        raise ValueError(f"expand: shape {x.shape} does not expand to {target}; only a size of 1 can grow")
    target = target[:lead] + tuple([m if n == -1 else n for n, m in zip(target[lead:], x.shape)])
    if isinstance(x, Tensor):
        return ExpandGradFn().record(broadcast.expand(x._data, target), x)
    return broadcast.expand(x, target)


class SumToSizeGradFn(UnaryGradFn):
    """y = x summed over what broadcasting repeats, the transpose of expand"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return expand(g, self._shapes[0])


@method
def sum_to_size(x: A, *shape: int | Sequence[int]) -> A:
    """`x` summed over the dimensions along which `shape` broadcasts to its own. Raises ValueError if it does not."""
    target = sizes("sum_to_size", shape)
    if isinstance(x, Tensor):
        return SumToSizeGradFn().record(broadcast.sum_to_size(x._data, target), x)
    return broadcast.sum_to_size(x, target)


class CatGradFn(NaryGradFn):
    """y = the inputs one behind the other along a dimension"""

    __slots__ = ("_dim",)

    def __init__(self, dim: int) -> None:
        self._dim = dim

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        parts: list[A | None] = []
        start = 0
        for grad_fn, shape in zip(self._inputs, self._shapes):
            stop = start + shape[self._dim]
            parts.append(None if grad_fn is CONSTANT else g[(slice(None),) * self._dim + (slice(start, stop),)])
            start = stop
        return tuple(parts)


def cat(tensors: Sequence[A], dim: int = 0) -> A:
    """The Tensors one behind the other along `dim`. Raises ValueError if the other sizes differ."""
    _check_sequence("cat", tensors)
    first = tensors[0]
    at = one_dim("cat", dim, first.ndim)
    shapes = [x.shape for x in tensors]
    others = {(len(shape), shape[:at], shape[at + 1 :]) for shape in shapes}
    if not first.ndim or len(others) > 1:
        raise ValueError(
            f"cat: shapes {', '.join(map(str, shapes))} must be equal but for dim {dim}, and not (); "
            "stack() adds a dimension"
        )
    if isinstance(first, Tensor):
        return CatGradFn(at).record(np.concatenate([x._data for x in tensors], at), *tensors)
    return np.concatenate(tensors, at)


def _check_sequence(name: str, tensors: Sequence[A]) -> None:
    if not tensors:
        raise ValueError(f"{name}: expected at least one Tensor")
    kinds = {type(x).__name__ for x in tensors if not isinstance(x, Tensor)}
    if kinds and kinds != {"ndarray"}:
        kind = min(kinds - {"ndarray"})
        advice = "; weight.tensor() reads it" if kind == "TrainableWeight" else ""
        raise TypeError(f"{name}: expected Tensors only, and got a {kind}{advice}")
    if kinds and len({isinstance(x, Tensor) for x in tensors}) > 1:
        raise TypeError(f"{name}: expected Tensors only, and got an array among them; Tensor(array) makes one")


def stack(tensors: Sequence[A], dim: int = 0) -> A:
    """The Tensors, all of one shape, along a new dimension `dim`."""
    _check_sequence("stack", tensors)
    if any(x.shape != tensors[0].shape for x in tensors):
        raise ValueError(f"stack: shapes {', '.join([str(x.shape) for x in tensors])} must be equal")
    return cat([unsqueeze(x, dim) for x in tensors], one_dim("stack", dim, tensors[0].ndim + 1))
