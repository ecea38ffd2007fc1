"""Products of matrices and vectors as methods."""

from __future__ import annotations

from typing import Self

from kytorch.tensor.methods.registry import Registered
from kytorch.tensor.values import Array


class ProductMethods(Registered):
    """Products of matrices and vectors as methods."""

    __slots__ = ()

    def matmul(self, other: Self | Array) -> Self:
        """self @ other."""
        return self._call("matmul", other)

    def mm(self, other: Self | Array) -> Self:
        """The product of two matrices."""
        return self._call("mm", other)
