"""Logic and bits, and tests of numbers: constants."""

from __future__ import annotations

import numpy as np

from kytorch.kernels import logic as kernels
from kytorch.ops.arithmetic import constant_of
from kytorch.tensor.core import CONSTANT, A, Tensor, make
from kytorch.tensor.errors import no_broadcast
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of, arrays, on_arrays, operands
from kytorch.tensor.values import Array, Scalar


@method
def logical_and(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """Whether x and other, elementwise; what is not 0 is true."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return constant_of(kernels.logical_and, x, other)
    return on_arrays("logical_and", np.logical_and, x, other)  # type: ignore[return-value]  # without a Tensor, A is Array


@method
def logical_or(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """Whether x or other, elementwise; what is not 0 is true."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return constant_of(kernels.logical_or, x, other)
    return on_arrays("logical_or", np.logical_or, x, other)  # type: ignore[return-value]  # without a Tensor, A is Array


@method
def logical_xor(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """Whether x xor other, elementwise; what is not 0 is true."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return constant_of(kernels.logical_xor, x, other)
    return on_arrays("logical_xor", np.logical_xor, x, other)  # type: ignore[return-value]  # without a Tensor, A is Array


@method
def logical_not(x: A) -> A:
    """Whether each element of `x` is 0."""
    if isinstance(x, Tensor):
        return make(kernels.logical_not(x._data), CONSTANT)
    return np.logical_not(array_of("logical_not", x))


@method
def bitwise_and(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """x & other, bit by bit, of integers or bool."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return constant_of(np.bitwise_and, x, other)
    return on_arrays("bitwise_and", np.bitwise_and, x, other)  # type: ignore[return-value]  # without a Tensor, A is Array


@method
def bitwise_or(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """x | other, bit by bit, of integers or bool."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return constant_of(np.bitwise_or, x, other)
    return on_arrays("bitwise_or", np.bitwise_or, x, other)  # type: ignore[return-value]  # without a Tensor, A is Array


@method
def bitwise_xor(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """x ^ other, bit by bit, of integers or bool."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return constant_of(np.bitwise_xor, x, other)
    return on_arrays("bitwise_xor", np.bitwise_xor, x, other)  # type: ignore[return-value]  # without a Tensor, A is Array


@method
def bitwise_left_shift(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """x << other, of integers."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return constant_of(np.left_shift, x, other)
    return on_arrays("bitwise_left_shift", np.left_shift, x, other)  # type: ignore[return-value]  # without a Tensor, A is Array


@method
def bitwise_right_shift(x: A | Array | Scalar, other: A | Array | Scalar) -> A:
    """x >> other, of integers; the sign stays."""
    if isinstance(x, Tensor) or isinstance(other, Tensor):
        return constant_of(np.right_shift, x, other)
    return on_arrays("bitwise_right_shift", np.right_shift, x, other)  # type: ignore[return-value]  # without a Tensor, A is Array


@method
def bitwise_not(x: A) -> A:
    """~x, bit by bit, of integers or bool."""
    if not isinstance(x, Tensor):
        return np.invert(array_of("bitwise_not", x))
    if x._data.dtype.kind == "f":
        raise TypeError(
            f"bitwise_not of {x._data.dtype}: expected integers or bool; compare x to something, or use to()"
        )
    return make(np.invert(x._data), CONSTANT)


@method
def isnan(x: A) -> A:
    """Whether each element of `x` is NaN."""
    if isinstance(x, Tensor):
        return make(np.isnan(x._data), CONSTANT)
    return np.isnan(array_of("isnan", x))


@method
def isinf(x: A) -> A:
    """Whether each element of `x` is infinite."""
    if isinstance(x, Tensor):
        return make(np.isinf(x._data), CONSTANT)
    return np.isinf(array_of("isinf", x))


@method
def isfinite(x: A) -> A:
    """Whether each element of `x` is neither infinite nor NaN."""
    if isinstance(x, Tensor):
        return make(np.isfinite(x._data), CONSTANT)
    return np.isfinite(array_of("isfinite", x))


@method
def isposinf(x: A) -> A:
    """Whether each element of `x` is infinity."""
    if isinstance(x, Tensor):
        return make(np.isposinf(x._data), CONSTANT)
    return np.isposinf(array_of("isposinf", x))


@method
def isneginf(x: A) -> A:
    """Whether each element of `x` is minus infinity."""
    if isinstance(x, Tensor):
        return make(np.isneginf(x._data), CONSTANT)
    return np.isneginf(array_of("isneginf", x))


@method
def isclose(x: A, other: A | Array | Scalar, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> A:
    """Whether |x - other| <= atol + rtol |other|, elementwise. Raises ValueError for a negative tolerance."""
    if not (rtol >= 0 and atol >= 0):
        raise ValueError(f"isclose: a tolerance is 0 or more, not rtol {rtol} and atol {atol}")
    if not isinstance(x, Tensor) and not isinstance(other, Tensor):
        return kernels.isclose(*arrays("isclose", x, other), rtol, atol, equal_nan)
    a, b = operands("isclose", x, other)
    try:
        return make(kernels.isclose(a._data, b._data, rtol, atol, equal_nan), CONSTANT)
    except ValueError:
        raise no_broadcast("isclose", a, b) from None


@method
def allclose(
    x: A, other: A | Array | Scalar, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Whether |x - other| <= atol + rtol |other| everywhere."""
    close = isclose(x, other, rtol, atol, equal_nan)
    return bool(np.logical_and.reduce(close._data if isinstance(close, Tensor) else close, None))


@method
def equal(x: A, other: A | Array) -> bool:
    """Whether `x` and `other` have the same shape and the same elements; NaN equals nothing."""
    return np.array_equal(array_of("equal", x), array_of("equal", other))
