"""Logic, bits and tests of numbers as methods and operators."""

from __future__ import annotations

from typing import Self

from kytorch.tensor.methods.registry import METHODS, Registered
from kytorch.tensor.values import Array, Scalar


class LogicMethods(Registered):
    """Logic, bits and tests of numbers as methods and operators."""

    __slots__ = ()

    def logical_and(self, other: Self | Array | Scalar) -> Self:
        """Whether self and other; what is not 0 is true."""
        return self._call("logical_and", other)

    def logical_or(self, other: Self | Array | Scalar) -> Self:
        """Whether self or other; what is not 0 is true."""
        return self._call("logical_or", other)

    def logical_xor(self, other: Self | Array | Scalar) -> Self:
        """Whether self xor other; what is not 0 is true."""
        return self._call("logical_xor", other)

    def logical_not(self) -> Self:
        """Whether self is 0."""
        return self._call("logical_not")

    def bitwise_and(self, other: Self | Array | Scalar) -> Self:
        """self & other."""
        return self._call("bitwise_and", other)

    def bitwise_or(self, other: Self | Array | Scalar) -> Self:
        """self | other."""
        return self._call("bitwise_or", other)

    def bitwise_xor(self, other: Self | Array | Scalar) -> Self:
        """self ^ other."""
        return self._call("bitwise_xor", other)

    def bitwise_left_shift(self, other: Self | Array | Scalar) -> Self:
        """self << other."""
        return self._call("bitwise_left_shift", other)

    def bitwise_right_shift(self, other: Self | Array | Scalar) -> Self:
        """self >> other."""
        return self._call("bitwise_right_shift", other)

    def bitwise_not(self) -> Self:
        """~self."""
        return self._call("bitwise_not")

    def isnan(self) -> Self:
        """Whether self is NaN."""
        return self._call("isnan")

    def isinf(self) -> Self:
        """Whether self is infinite."""
        return self._call("isinf")

    def isfinite(self) -> Self:
        """Whether self is neither infinite nor NaN."""
        return self._call("isfinite")

    def isposinf(self) -> Self:
        """Whether self is infinity."""
        return self._call("isposinf")

    def isneginf(self) -> Self:
        """Whether self is minus infinity."""
        return self._call("isneginf")

    def isclose(
        self, other: Self | Array | Scalar, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
    ) -> Self:
        """Whether |self - other| <= atol + rtol |other|, elementwise."""
        return self._call("isclose", other, rtol, atol, equal_nan)

    def allclose(
        self, other: Self | Array | Scalar, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
    ) -> bool:
        """Whether |self - other| <= atol + rtol |other| everywhere."""
        close: bool = METHODS["allclose"](self, other, rtol, atol, equal_nan)
        return close

    def equal(self, other: Self) -> bool:
        """Whether shapes and elements are the same."""
        same: bool = METHODS["equal"](self, other)
        return same

    def __and__(self, other: Self | Array | Scalar) -> Self:
        return self._operator("bitwise_and", other)

    def __rand__(self, other: Array | Scalar) -> Self:
        return self._operator("bitwise_and", other, reflected=True)

    def __or__(self, other: Self | Array | Scalar) -> Self:
        return self._operator("bitwise_or", other)

    def __ror__(self, other: Array | Scalar) -> Self:
        return self._operator("bitwise_or", other, reflected=True)

    def __xor__(self, other: Self | Array | Scalar) -> Self:
        return self._operator("bitwise_xor", other)

    def __rxor__(self, other: Array | Scalar) -> Self:
        return self._operator("bitwise_xor", other, reflected=True)

    def __lshift__(self, other: Self | Array | Scalar) -> Self:
        return self._operator("bitwise_left_shift", other)

    def __rlshift__(self, other: Array | Scalar) -> Self:
        return self._operator("bitwise_left_shift", other, reflected=True)

    def __rshift__(self, other: Self | Array | Scalar) -> Self:
        return self._operator("bitwise_right_shift", other)

    def __rrshift__(self, other: Array | Scalar) -> Self:
        return self._operator("bitwise_right_shift", other, reflected=True)

    def __invert__(self) -> Self:
        return self._call("bitwise_not")
