"""Elementwise functions as methods."""

from __future__ import annotations

from typing import Self

from kytorch.tensor.methods.registry import Registered
from kytorch.tensor.values import Array, Scalar


class ElementwiseMethods(Registered):
    """Elementwise functions as methods."""

    __slots__ = ()

    def exp(self) -> Self:
        """e to the power of each element."""
        return self._call("exp")

    def exp2(self) -> Self:
        """2 to the power of each element."""
        return self._call("exp2")

    def expm1(self) -> Self:
        """e^x - 1, with its digits where that is small."""
        return self._call("expm1")

    def log(self) -> Self:
        """The natural logarithm."""
        return self._call("log")

    def log2(self) -> Self:
        """The logarithm to base 2."""
        return self._call("log2")

    def log10(self) -> Self:
        """The logarithm to base 10."""
        return self._call("log10")

    def log1p(self) -> Self:
        """log(1 + x), with its digits where x is small."""
        return self._call("log1p")

    def sqrt(self) -> Self:
        """The square root."""
        return self._call("sqrt")

    def rsqrt(self) -> Self:
        """1 / sqrt x."""
        return self._call("rsqrt")

    def square(self) -> Self:
        """x^2."""
        return self._call("square")

    def reciprocal(self) -> Self:
        """1 / x."""
        return self._call("reciprocal")

    def sin(self) -> Self:
        """The sine."""
        return self._call("sin")

    def cos(self) -> Self:
        """The cosine."""
        return self._call("cos")

    def tan(self) -> Self:
        """The tangent."""
        return self._call("tan")

    def asin(self) -> Self:
        """The angle in [-pi/2, pi/2] whose sine this is."""
        return self._call("asin")

    def acos(self) -> Self:
        """The angle in [0, pi] whose cosine this is."""
        return self._call("acos")

    def atan(self) -> Self:
        """The angle in [-pi/2, pi/2] whose tangent this is."""
        return self._call("atan")

    def sinh(self) -> Self:
        """The hyperbolic sine."""
        return self._call("sinh")

    def cosh(self) -> Self:
        """The hyperbolic cosine."""
        return self._call("cosh")

    def tanh(self) -> Self:
        """The hyperbolic tangent."""
        return self._call("tanh")

    def asinh(self) -> Self:
        """The number whose hyperbolic sine this is."""
        return self._call("asinh")

    def acosh(self) -> Self:
        """The number from 0 up whose hyperbolic cosine this is."""
        return self._call("acosh")

    def atanh(self) -> Self:
        """The number whose hyperbolic tangent this is."""
        return self._call("atanh")

    def erf(self) -> Self:
        """2/sqrt(pi) times the integral of e^(-t^2) from 0 to x."""
        return self._call("erf")

    def erfc(self) -> Self:
        """1 - erf x, with its digits where that is small."""
        return self._call("erfc")

    def sinc(self) -> Self:
        """sin(pi x) / (pi x), and 1 at 0."""
        return self._call("sinc")

    def sigmoid(self) -> Self:
        """1 / (1 + e^-x)."""
        return self._call("sigmoid")

    def relu(self) -> Self:
        """max(x, 0); its derivative at 0 is 0."""
        return self._call("relu")

    def softplus(self, beta: float = 1.0, threshold: float = 20.0) -> Self:
        """log(1 + e^(beta x)) / beta, and x itself where beta x > threshold."""
        return self._call("softplus", beta, threshold)

    def logit(self, eps: float | None = None) -> Self:
        """log(x / (1 - x)), of x limited to [eps, 1 - eps] if `eps` is given."""
        return self._call("logit", eps)

    def atan2(self, other: Self | Array | Scalar) -> Self:
        """The angle in [-pi, pi] of the point with ordinate self and abscissa `other`."""
        return self._call("atan2", other)

    def hypot(self, other: Self | Array | Scalar) -> Self:
        """sqrt(self^2 + other^2), without overflow between."""
        return self._call("hypot", other)

    def xlogy(self, other: Self | Array | Scalar) -> Self:
        """self log(other), and 0 where self is 0 unless `other` is NaN."""
        return self._call("xlogy", other)

    def lerp(self, end: Self | Array | Scalar, weight: Self | Array | Scalar) -> Self:
        """self + weight (end - self)."""
        return self._call("lerp", end, weight)
