"""The same elements in another shape."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.dims import many_dims, one_dim, one_of
from kytorch.tensor.dims import sizes as as_sizes  # unflatten has an argument of that name
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import check_operands
from kytorch.tensor.values import Array, Shape


class ReshapeGradFn(UnaryGradFn):
    """y = x in another shape"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return g.reshape(self._shapes[0])


def _in_shape(x: A, shape: Shape) -> A:
    """The elements of `x` in another shape, which fits."""
    if isinstance(x, Tensor):
        return ReshapeGradFn().record(x._data.reshape(shape), x)
    return x.reshape(shape)


@method
def reshape(x: A, shape: int | Sequence[int] = (), *more: int) -> A:
    """The elements of `x` in another shape; one size may be -1. Raises ValueError if they do not fit."""
    check_operands("reshape", x)
    if isinstance(x, Tensor):
        return ReshapeGradFn().record(_reshaped("reshape", x._data, (shape, *more)), x)
    return _reshaped("reshape", x, (shape, *more))


def _reshaped(name: str, x: Array, shape: Sequence[int | Sequence[int]]) -> Array:
    target: Shape = shape[0] if len(shape) == 1 and type(shape[0]) is tuple else as_sizes(name, shape)
    try:
        y: Array = x.reshape(target)
    except TypeError:
        as_sizes(name, shape)  # says what is wrong with them
        raise
    except ValueError:
        pass
    else:
        if y.shape == target or min(target) >= -1:  # NumPy would take any negative size for -1
            return y
    raise ValueError(f"{name}: the {x.size} elements of shape {x.shape} do not fit shape {target}") from None


@method
def view(x: A, size: int | Sequence[int] = (), *more: int) -> A:
    """`x` in another shape, as reshape."""
    return reshape(x, size, *more)


@method
def reshape_as(x: A, other: A) -> A:
    """`x` in the shape of `other`."""
    return reshape(x, other.shape)


@method
def view_as(x: A, other: A) -> A:
    """`x` in the shape of `other`."""
    return reshape(x, other.shape)


@method
def ravel(x: A) -> A:
    """The elements of `x` along one dimension."""
    check_operands("ravel", x)
    return reshape(x, (-1,) if x.size else (0,))


@method
def flatten(x: A, start_dim: int = 0, end_dim: int = -1) -> A:
    """`x` with the dimensions from `start_dim` to `end_dim` made one; shape () becomes (1,)."""
    check_operands("flatten", x)
    old: Shape = x.shape
    first = one_dim("flatten", start_dim, len(old))
    last = one_dim("flatten", end_dim, len(old))
    if first > last:
        raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    shape: Shape = old[:first] + (math.prod(old[first : last + 1]),) + old[last + 1 :]
    return _in_shape(x, shape)


@method
def unflatten(x: A, dim: int, sizes: Sequence[int]) -> A:
    """`x` with the dimension `dim` made several, of `sizes`; one may be -1. Raises ValueError if they do not fit."""
    check_operands("unflatten", x)
    old: Shape = x.shape
    at = one_of("unflatten", dim, len(old))
    target = as_sizes("unflatten", (sizes,))
    n = old[at]
    unknown = target.count(-1)
    rest = math.prod(target) * (-1) ** unknown
    fits = n == rest if not unknown else unknown == 1 and rest and n % rest == 0
    if not target or min(target) < -1 or not fits:
        raise ValueError(f"unflatten: sizes {target} do not make up the {n} of dim {dim} in shape {old}")
    parts = tuple([n // rest if m == -1 else m for m in target]) if unknown else target
    shape: Shape = old[:at] + parts + old[at + 1 :]
    return _in_shape(x, shape)


@method
def squeeze(x: A, dim: int | Sequence[int] | None = None) -> A:
    """`x` without its dimensions of size 1, or without those of `dim` that are. Raises IndexError for no such dim."""
    check_operands("squeeze", x)
    shape: Shape
    if dim is None:
        shape = tuple([n for n in x.shape if n != 1])
    else:
        dims = () if isinstance(dim, Sequence) and not len(dim) else many_dims("squeeze", dim, x.ndim)
        shape = tuple([n for i, n in enumerate(x.shape) if n != 1 or i not in dims])
    return _in_shape(x, shape)


@method
def unsqueeze(x: A, dim: int) -> A:
    """`x` with a dimension of size 1 put in at `dim`. Raises IndexError outside [-ndim - 1, ndim]."""
    check_operands("unsqueeze", x)
    at = one_dim("unsqueeze", dim, x.ndim + 1)
    shape: Shape = x.shape[:at] + (1,) + x.shape[at:]
    return _in_shape(x, shape)
