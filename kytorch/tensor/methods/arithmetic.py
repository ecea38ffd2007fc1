"""Arithmetic, powers and comparison as methods (the operators are in `core`)."""

from __future__ import annotations

from typing import Literal, Self

from kytorch.tensor.methods.registry import METHODS, Registered
from kytorch.tensor.values import Array, Scalar


class ArithmeticMethods(Registered):
    """Arithmetic, powers and comparison as methods (the operators are in `core`)."""

    __slots__ = ()

    def add(self, other: Self | Array | Scalar, *, alpha: float = 1) -> Self:
        """self + alpha other."""
        result: Self = METHODS["add"](self, other, alpha=alpha)
        return result

    def sub(self, other: Self | Array | Scalar, *, alpha: float = 1) -> Self:
        """self - alpha other."""
        result: Self = METHODS["sub"](self, other, alpha=alpha)
        return result

    def mul(self, other: Self | Array | Scalar) -> Self:
        """self * other."""
        return self._call("mul", other)

    def div(self, other: Self | Array | Scalar, *, rounding_mode: Literal["trunc", "floor"] | None = None) -> Self:
        """self / other, rounded toward 0 or down if `rounding_mode` says so."""
        result: Self = METHODS["div"](self, other, rounding_mode=rounding_mode)
        return result

    def pow(self, exponent: Self | Array | Scalar) -> Self:
        """self ** exponent."""
        return self._call("pow", exponent)

    def neg(self) -> Self:
        """-self."""
        return self._call("neg")

    def eq(self, other: Self | Array | Scalar) -> Self:
        """self == other, elementwise."""
        return self._call("eq", other)

    def ne(self, other: Self | Array | Scalar) -> Self:
        """self != other, elementwise."""
        return self._call("ne", other)

    def lt(self, other: Self | Array | Scalar) -> Self:
        """self < other, elementwise."""
        return self._call("lt", other)

    def le(self, other: Self | Array | Scalar) -> Self:
        """self <= other, elementwise."""
        return self._call("le", other)

    def gt(self, other: Self | Array | Scalar) -> Self:
        """self > other, elementwise."""
        return self._call("gt", other)

    def ge(self, other: Self | Array | Scalar) -> Self:
        """self >= other, elementwise."""
        return self._call("ge", other)
