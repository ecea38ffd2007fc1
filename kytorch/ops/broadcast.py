"""Broadcasting, and its transpose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from kytorch.kernels import broadcast
from kytorch.ops.shape import reshape
from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.dims import sizes
from kytorch.tensor.errors import no_broadcast
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import check_operands, one_by_one
from kytorch.tensor.values import Shape


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
