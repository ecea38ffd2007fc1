"""The elements in other places along their dimensions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.dims import one_dim, one_of, sizes
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import check_operands
from kytorch.tensor.values import Array

_BACKWARDS = slice(None, None, -1)


class FlipGradFn(UnaryGradFn):
    """y = x backwards along some dimensions"""

    __slots__ = ("_dims",)

    def __init__(self, dims: tuple[int, ...]) -> None:
        self._dims = dims

    def vjp(self, g: A) -> A:
        return flip(g, self._dims)


@method
def flip(x: A, dims: int | Sequence[int] = (), *more: int) -> A:
    """`x` backwards along `dims`, without copying. Raises ValueError for one that is named twice."""
    check_operands("flip", x)
    named = tuple([one_dim("flip", d, x.ndim) for d in sizes("flip", (dims, *more))])
    if len(set(named)) != len(named):
        raise ValueError(f"flip: dims {named} name a dimension twice")
    if isinstance(x, Tensor):
        return FlipGradFn(named).record(_flipped(x._data, named), x)
    return _flipped(x, named)


def _flipped(x: Array, dims: Sequence[int]) -> Array:
    y: Array = x[(*[_BACKWARDS if d in dims else slice(None) for d in range(x.ndim)], ...)]
    return y


@method
def fliplr(x: A) -> A:
    """`x` backwards along its second dimension. Raises ValueError for fewer than two."""
    check_operands("fliplr", x)
    if x.ndim < 2:
        raise ValueError(f"fliplr: expected two dimensions or more, not shape {x.shape}")
    return flip(x, 1)


@method
def flipud(x: A) -> A:
    """`x` backwards along its first dimension. Raises ValueError if it has none."""
    check_operands("flipud", x)
    if not x.ndim:
        raise ValueError("flipud: expected one dimension or more, not shape ()")
    return flip(x, 0)


class RollGradFn(UnaryGradFn):
    """y = x moved round along some dimensions"""

    __slots__ = ("_dims", "_shifts")

    def __init__(self, shifts: tuple[int, ...], dims: tuple[int, ...] | None) -> None:
        self._shifts = shifts
        self._dims = dims

    def vjp(self, g: A) -> A:
        return _rolled(g, tuple([-shift for shift in self._shifts]), self._dims)


@method
def roll(x: A, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> A:
    """`x` moved by `shifts` along `dims`, what leaves at one end coming in at the other.

    Without `dims` it moves as if it had one dimension. Raises ValueError if shifts and dims are not equally many.
    """
    check_operands("roll", x)
    steps = sizes("roll", (shifts,))
    if dims is None:
        if len(steps) != 1:
            raise ValueError(f"roll: shifts {steps} without dims; one shift rolls all, several need a dim each")
        return _rolled(x, steps, None)
    named = tuple([one_of("roll", d, x.ndim) for d in sizes("roll", (dims,))])
    if len(steps) != len(named) or not steps:
        raise ValueError(f"roll: shifts {steps} and dims {named} must be equally many, at least one")
    return _rolled(x, steps, named)


def _rolled(x: A, shifts: tuple[int, ...], dims: tuple[int, ...] | None) -> A:
    if isinstance(x, Tensor):
        return RollGradFn(shifts, dims).record(_rolled(x._data, shifts, dims), x)
    if dims is None:
        return _rolled(x.reshape(x.size), shifts, (0,)).reshape(x.shape)
    y: Array = x[...]
    for shift, dim in zip(shifts, dims):
        if n := y.shape[dim]:
            start = -shift % n
            lead = (slice(None),) * dim
            y = np.concatenate((y[lead + (slice(start, n),)], y[lead + (slice(start),)]), dim)
    return y


class Rot90GradFn(UnaryGradFn):
    """y = x turned in a plane by quarters"""

    __slots__ = ("_dims", "_k")

    def __init__(self, k: int, dims: tuple[int, int]) -> None:
        self._k = k
        self._dims = dims

    def vjp(self, g: A) -> A:
        return _turned(g, 4 - self._k, self._dims)


@method
def rot90(x: A, k: int = 1, dims: Sequence[int] = (0, 1)) -> A:
    """`x` turned `k` times by 90 degrees, from the first of two `dims` towards the second, without copying."""
    check_operands("rot90", x)
    named = [one_dim("rot90", d, x.ndim) for d in dims] if x.ndim > 1 else []
    if len(named) != 2 or named[0] == named[1]:
        raise ValueError(f"rot90: dims {tuple(dims)} must name two different dimensions of shape {x.shape}")
    (turns,) = sizes("rot90", (k,))
    return _turned(x, turns % 4, (named[0], named[1]))


def _turned(x: A, k: int, dims: tuple[int, int]) -> A:
    if isinstance(x, Tensor):
        return Rot90GradFn(k, dims).record(_turned(x._data, k, dims), x)
    if k % 2:
        x = x.swapaxes(*dims)
    return _flipped(x, ((), dims[:1], dims, dims[1:])[k % 4])
