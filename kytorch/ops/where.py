"""Choosing between elements by a condition."""

from __future__ import annotations

from typing import overload

import numpy as np

from kytorch.kernels import choice as kernels
from kytorch.tensor.core import CONSTANT, A, Tensor, TwoInputGradFn, UnaryGradFn, View
from kytorch.tensor.errors import no_broadcast
from kytorch.tensor.methods.registry import METHODS, method
from kytorch.tensor.operands import array_of, check_operands, operands
from kytorch.tensor.values import Array, Scalar, lock


class MaskedGradFn(UnaryGradFn):
    """y = x where c, else 0,  dy = [c] dx"""

    __slots__ = ("_mask",)

    def __init__(self, mask: Array) -> None:
        lock(mask)
        self._mask = mask

    def vjp(self, g: A) -> A:
        return masked(g, self._mask)


def masked(x: A, mask: Array) -> A:
    """`x` where `mask` is true, else 0, whatever x is there; the mask broadcasts to x's shape."""
    if isinstance(x, Tensor):
        return MaskedGradFn(mask).record(kernels.masked(x._data, mask), x)
    return kernels.masked(x, mask)


class WhereGradFn(TwoInputGradFn):
    """y = a where c, else b,  dy = [c] da + [not c] db"""

    __slots__ = ("_condition",)

    def __init__(self, condition: Array) -> None:
        lock(condition)
        self._condition = condition

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        a_fn, b_fn = self._inputs
        return (
            None if a_fn is CONSTANT else masked(g, self._condition),
            None if b_fn is CONSTANT else masked(g, np.logical_not(self._condition)),
        )


@overload
def where(condition: A) -> tuple[A, ...]: ...


@overload
def where(condition: Tensor | Array, input: A | Array | Scalar, other: A | Array | Scalar) -> A: ...


@method
def where(
    condition: A | Tensor | Array, input: A | Array | Scalar | None = None, other: A | Array | Scalar | None = None
) -> A | tuple[A, ...]:
    """`input` where `condition` is true, else `other`; all three broadcast, and the last two may be numbers.

    Of a condition alone, an index of where it is not 0: nonzero(condition, as_tuple=True). Raises TypeError for a
    condition that is not bool, ValueError for shapes that do not broadcast.
    """
    if input is None and other is None:
        places: tuple[A, ...] = METHODS["nonzero"](condition, True)
        return places
    if isinstance(input, Tensor) or isinstance(other, Tensor) or isinstance(condition, Tensor):
        return _where(condition, input, other)  # type: ignore[return-value]  # to a user of Tensors, A is Tensor
    check_operands("where", condition, input, other)
    return np.where(condition, input, other)  # type: ignore[return-value, arg-type]  # without a Tensor, A is Array


def _where(condition: Tensor | Array, x: object, other: object) -> Tensor:
    if not isinstance(x, Tensor) and not isinstance(other, Tensor):
        check_operands("where", condition, x, other)
        x = _constant(x, other)
    a, b = operands("where", x, other)
    chosen = array_of("where", condition)
    if not isinstance(condition, Tensor):
        chosen = np.array(chosen)
    if chosen.dtype.kind != "b":
        raise TypeError(f"where: the condition has dtype {chosen.dtype}; compare it to something, for a bool")
    try:
        y = kernels.where(chosen, a._data, b._data)
    except ValueError:
        raise no_broadcast("where", chosen, a, b) from None
    return WhereGradFn(chosen).record(y, a, b)


def _constant(x: object, other: object) -> Tensor:
    """`x` beside `other`, neither of them a Tensor: of two numbers a float decides, as in PyTorch."""
    return Tensor(x, np.float32 if isinstance(other, float) and isinstance(x, int) else None)  # type: ignore[arg-type]  # checked
