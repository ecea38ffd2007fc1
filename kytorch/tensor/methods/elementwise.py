"""Elementwise functions and choice as methods."""

from __future__ import annotations

from typing import Self

import numpy.typing as npt

from kytorch.tensor.methods.registry import METHODS, Registered
from kytorch.tensor.values import Array, Scalar


class ElementwiseMethods(Registered):
    """Elementwise functions and choice as methods."""

    __slots__ = ()

    def abs(self) -> Self:
        """The absolute value; its derivative at 0 is 0."""
        return self._call("abs")

    def exp(self) -> Self:
        """e to the power of each element."""
        return self._call("exp")

    def log(self) -> Self:
        """The natural logarithm."""
        return self._call("log")

    def sqrt(self) -> Self:
        """The square root."""
        return self._call("sqrt")

    def sin(self) -> Self:
        """The sine."""
        return self._call("sin")

    def cos(self) -> Self:
        """The cosine."""
        return self._call("cos")

    def tanh(self) -> Self:
        """The hyperbolic tangent."""
        return self._call("tanh")

    def sigmoid(self) -> Self:
        """1 / (1 + e^-x)."""
        return self._call("sigmoid")

    def relu(self) -> Self:
        """max(x, 0); its derivative at 0 is 0."""
        return self._call("relu")

    def softplus(self, beta: float = 1.0, threshold: float = 20.0) -> Self:
        """log(1 + e^(beta x)) / beta, and x itself where beta x > threshold."""
        return self._call("softplus", beta, threshold)

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

    def clamp(self, min: Self | Scalar | None = None, max: Self | Scalar | None = None) -> Self:
        """self limited to [min, max]."""
        return self._call("clamp", min, max)

    def to(self, dtype: npt.DTypeLike) -> Self:
        """self with another dtype; the gradient comes back in self's."""
        return self._call("to", dtype)
