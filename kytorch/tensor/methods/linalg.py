"""Linear algebra as methods; `kytorch.linalg` has more of it."""

from __future__ import annotations

from typing import Self

from kytorch.tensor.methods.registry import Registered


class LinalgMethods(Registered):
    """Linear algebra as methods; `kytorch.linalg` has more of it."""

    __slots__ = ()

    def det(self) -> Self:
        """The determinant."""
        return self._call("det")

    def logdet(self) -> Self:
        """The logarithm of the determinant: NaN where that is negative."""
        return self._call("logdet")

    def inverse(self) -> Self:
        """The inverse."""
        return self._call("inverse")

    def pinverse(self, rcond: float = 1e-15) -> Self:
        """The pseudo-inverse, with singular values up to rcond times the greatest taken as 0."""
        return self._call("pinverse", rcond)

    def matrix_power(self, n: int) -> Self:
        """The product of n times self; of its inverse if n < 0."""
        return self._call("matrix_power", n)

    def matrix_exp(self) -> Self:
        """The exponential, as of a matrix."""
        return self._call("matrix_exp")
