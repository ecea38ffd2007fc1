"""Choice between elements, limits and signs, as methods."""

from __future__ import annotations

from typing import Self

from kytorch.tensor.methods.registry import METHODS, Registered
from kytorch.tensor.values import Array, Scalar


class ChoiceMethods(Registered):
    """Choice between elements, limits and signs, as methods."""

    __slots__ = ()

    def abs(self) -> Self:
        """The absolute value; its derivative at 0 is 0."""
        return self._call("abs")

    def maximum(self, other: Self | Array | Scalar) -> Self:
        """The greater of two elements; equal ones share the gradient."""
        return self._call("maximum", other)

    def minimum(self, other: Self | Array | Scalar) -> Self:
        """The lesser of two elements; equal ones share the gradient."""
        return self._call("minimum", other)

    def where(self, condition: Self, other: Self | Array | Scalar) -> Self:
        """self where `condition` is true, else `other`."""
        result: Self = METHODS["where"](condition, self, other)
        return result

    def fmax(self, other: Self | Array | Scalar) -> Self:
        """The greater of two elements; where one is NaN, the other."""
        return self._call("fmax", other)

    def fmin(self, other: Self | Array | Scalar) -> Self:
        """The lesser of two elements; where one is NaN, the other."""
        return self._call("fmin", other)

    def clamp(self, min: Self | Array | Scalar | None = None, max: Self | Array | Scalar | None = None) -> Self:
        """self limited to [min, max], and max where min > max."""
        return self._call("clamp", min, max)

    def clip(self, min: Self | Array | Scalar | None = None, max: Self | Array | Scalar | None = None) -> Self:
        """clamp by NumPy's name."""
        return self._call("clip", min, max)

    def nan_to_num(self, nan: float | None = 0.0, posinf: float | None = None, neginf: float | None = None) -> Self:
        """self with numbers for NaN and infinities; for the latter the dtype's greatest and least if none are given."""
        return self._call("nan_to_num", nan, posinf, neginf)
