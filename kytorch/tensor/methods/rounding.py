"""Rounding, and division with a remainder, as methods and operators."""

from __future__ import annotations

from typing import Self

from kytorch.tensor.methods.registry import METHODS, Registered
from kytorch.tensor.values import Array, Scalar


class RoundingMethods(Registered):
    """Rounding, and division with a remainder, as methods and operators."""

    __slots__ = ()

    def floor(self) -> Self:
        """self rounded down."""
        return self._call("floor")

    def ceil(self) -> Self:
        """self rounded up."""
        return self._call("ceil")

    def trunc(self) -> Self:
        """self rounded toward 0."""
        return self._call("trunc")

    def round(self, *, decimals: int = 0) -> Self:
        """self rounded to `decimals` digits after the point, a half to the even neighbour."""
        result: Self = METHODS["round"](self, decimals=decimals)
        return result

    def frac(self) -> Self:
        """What rounding toward 0 leaves."""
        return self._call("frac")

    def sign(self) -> Self:
        """-1, 0 or 1; 0 for NaN."""
        return self._call("sign")

    def floor_divide(self, other: Self | Array | Scalar) -> Self:
        """self // other."""
        return self._call("floor_divide", other)

    def remainder(self, other: Self | Array | Scalar) -> Self:
        """self % other, with the sign of `other`."""
        return self._call("remainder", other)

    def fmod(self, other: Self | Array | Scalar) -> Self:
        """What self / other rounded toward 0 leaves, with the sign of self."""
        return self._call("fmod", other)

    def __floordiv__(self, other: Self | Array | Scalar) -> Self:
        return self._operator("floor_divide", other)

    def __rfloordiv__(self, other: Array | Scalar) -> Self:
        return self._operator("floor_divide", other, reflected=True)

    def __mod__(self, other: Self | Array | Scalar) -> Self:
        return self._operator("remainder", other)

    def __rmod__(self, other: Array | Scalar) -> Self:
        return self._operator("remainder", other, reflected=True)
