"""The dimensions in another order."""

from __future__ import annotations

from collections.abc import Sequence

from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.dims import one_dim, sizes
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import check_operands
from kytorch.tensor.values import Array


class PermuteGradFn(UnaryGradFn):
    """y = x with its dimensions in another order"""

    __slots__ = ("_dims",)

    def __init__(self, dims: tuple[int, ...]) -> None:
        self._dims = dims

    def vjp(self, g: A) -> A:
        n = len(self._dims)
        back = [0] * n
        for to, dim in enumerate(self._dims):
            back[dim] = to  # also for a negative dim
        return permute(g, back)


@method
def permute(x: A, dims: int | Sequence[int] = (), *more: int) -> A:
    """`x` with its dimensions in the order `dims`. Raises ValueError unless each is named once."""
    check_operands("permute", x)
    order = sizes("permute", (dims, *more))
    data: Array = x._data if isinstance(x, Tensor) else x
    try:
        y: Array = data.transpose(order)
    except ValueError:
        order = tuple([one_dim("permute", d, x.ndim) for d in order])
        raise ValueError(
            f"permute: dims {order} must name each of the {x.ndim} dimensions of shape {x.shape} once"
        ) from None
    return PermuteGradFn(order).record(y, x) if isinstance(x, Tensor) else y


class TransposeGradFn(UnaryGradFn):
    """y = x with two dimensions swapped"""

    __slots__ = ("_dim0", "_dim1")

    def __init__(self, dim0: int, dim1: int) -> None:
        self._dim0 = dim0
        self._dim1 = dim1

    def vjp(self, g: A) -> A:
        return transpose(g, self._dim0, self._dim1)


@method
def transpose(x: A, dim0: int, dim1: int) -> A:
    """`x` with two dimensions swapped. Raises IndexError for one that it does not have."""
    check_operands("transpose", x)
    data: Array = x._data if isinstance(x, Tensor) else x
    try:
        y: Array = data.swapaxes(dim0, dim1)
    except (IndexError, TypeError):
        one_dim("transpose", dim0, x.ndim)
        one_dim("transpose", dim1, x.ndim)
        if x.ndim:
            raise
        y = data.reshape(())  # PyTorch swaps dimension 0 of shape () with itself
    return TransposeGradFn(dim0, dim1).record(y, x) if isinstance(x, Tensor) else y


@method
def swapaxes(x: A, axis0: int, axis1: int) -> A:
    """`x` with two dimensions swapped."""
    return transpose(x, axis0, axis1)


@method
def t(x: A) -> A:
    """The matrix `x` transposed; what has fewer dimensions as it is. Raises ValueError for more."""
    check_operands("t", x)
    if x.ndim > 2:
        raise ValueError(f"t: expected at most two dimensions, not shape {x.shape}; use mT or transpose")
    return reversed_dims(x)


class ReversedDimsGradFn(UnaryGradFn):
    """y = x with its dimensions reversed"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return g.T


@method
def reversed_dims(x: A) -> A:
    """`x` with its dimensions reversed: what `x.T` is."""
    check_operands("reversed_dims", x)
    return ReversedDimsGradFn().record(x._data.T, x) if isinstance(x, Tensor) else x.T


@method
def movedim(x: A, source: int | Sequence[int], destination: int | Sequence[int]) -> A:
    """`x` with the dimensions `source` moved to `destination`, the others in their order."""
    check_operands("movedim", x)
    come = _each("movedim", source, x.ndim)
    go = _each("movedim", destination, x.ndim)
    if len(come) != len(go):
        raise ValueError(f"movedim: source {source} and destination {destination} are not equally many dimensions")
    if not x.ndim:
        return _permuted(x, ())
    order = [d for d in range(x.ndim) if d not in come]
    for to, dim in sorted(zip(go, come)):
        order.insert(to, dim)
    return _permuted(x, tuple(order))


@method
def moveaxis(x: A, source: int | Sequence[int], destination: int | Sequence[int]) -> A:
    """`x` with the dimensions `source` moved to `destination`, the others in their order."""
    return movedim(x, source, destination)


def _permuted(x: A, order: tuple[int, ...]) -> A:
    if isinstance(x, Tensor):
        return PermuteGradFn(order).record(x._data.transpose(order), x)
    return x.transpose(order)


def _each(name: str, dims: int | Sequence[int], ndim: int) -> list[int]:
    if type(dims) is int:
        return [one_dim(name, dims, ndim)]
    each = [one_dim(name, d, ndim) for d in (dims if isinstance(dims, Sequence) else [dims])]
    if len(set(each)) != len(each):
        raise ValueError(f"{name}: {dims} names a dimension twice")
    return each
