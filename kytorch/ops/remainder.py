"""Division, with a remainder too."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Literal

from kytorch.kernels import remainder as kernels
from kytorch.ops.rounding import nothing, trunc
from kytorch.ops.singular import times
from kytorch.tensor.core import CONSTANT, A, Tensor, TwoInputGradFn, View
from kytorch.tensor.errors import operands_error
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import arrays, check_operands, operands
from kytorch.tensor.values import Array, Scalar


class FloorDivideGradFn(TwoInputGradFn):
    """y = floor(a / b),  dy = 0"""

    __slots__ = ()

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        zeros = nothing(g)
        return zeros, zeros


class RemainderGradFn(TwoInputGradFn):
    """y = a - b floor(a / b),  dy = da - floor(a / b) db"""

    __slots__ = ("_a", "_b")
    _a: Array
    _b: Array

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        a_fn, b_fn = self._inputs
        if b_fn is CONSTANT:
            return g, None
        return g, times(-g, self._whole(view(self._a, a_fn), view(self._b, b_fn)))

    def _whole(self, a: A, b: A) -> A:
        return floor_divide(a, b)

    def record(self, y: Array, a: Tensor, b: Tensor) -> Tensor:
        if b._grad_fn is not CONSTANT:
            self._a, self._b = a._data, b._data
        return TwoInputGradFn.record(self, y, a, b)


class FmodGradFn(RemainderGradFn):
    """y = a - b trunc(a / b),  dy = da - trunc(a / b) db"""

    __slots__ = ()

    def _whole(self, a: A, b: A) -> A:
        return trunc(a / b)


@method
def floor_divide(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """x // other: x / other rounded down; its gradient is 0. Raises ZeroDivisionError for integers divided by 0."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return _divided("floor_divide", kernels.floor_divide, FloorDivideGradFn, x, other)
    return kernels.floor_divide(*arrays("floor_divide", x, other))  # type: ignore[return-value]  # without a Tensor, A is Array


@method
def remainder(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """x % other, with the sign of `other`. Raises ZeroDivisionError for integers divided by 0."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return _divided("remainder", kernels.remainder, RemainderGradFn, x, other)
    return kernels.remainder(*arrays("remainder", x, other))  # type: ignore[return-value]  # without a Tensor, A is Array


@method
def fmod(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """What x / other rounded toward 0 leaves, with the sign of `x`. ZeroDivisionError for integers divided by 0."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return _divided("fmod", kernels.fmod, FmodGradFn, x, other)
    return kernels.fmod(*arrays("fmod", x, other))  # type: ignore[return-value]  # without a Tensor, A is Array


def _divided(
    name: str, kernel: Callable[[Array, Array], Array], rule: type[TwoInputGradFn], x: object, other: object
) -> Tensor:
    a, b = operands(name, x, other)
    try:
        y = kernel(a._data, b._data)
    except (ValueError, TypeError) as error:
        raise operands_error(name, error, a, b) from None
    return rule().record(y, a, b)


@method
def div(
    x: A | Array | Scalar, other: A | Array | Scalar, *, rounding_mode: Literal["trunc", "floor"] | None = None
) -> A:
    """x / other, rounded toward 0 or down if `rounding_mode` says so, which keeps integers and has gradient 0.

    Raises ValueError for another `rounding_mode`.
    """
    check_operands("div", x, other)
    if rounding_mode is not None:
        if rounding_mode not in ("trunc", "floor"):
            raise ValueError(f"div: rounding_mode is 'trunc', 'floor' or None, not {rounding_mode!r}")
        if rounding_mode == "trunc" and not _are_integers(x, other):
            quotient: A = operator.truediv(x, other)
            return trunc(quotient)
        whole: A = floor_divide(x if rounding_mode == "floor" else operator.sub(x, fmod(x, other)), other)
        return whole
    y: A = operator.truediv(x, other)
    return y


def _are_integers(*values: object) -> bool:
    return all(x.dtype.kind in "biu" if hasattr(x, "dtype") else isinstance(x, int) for x in values)
