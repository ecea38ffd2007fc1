"""Products of matrices and vectors as methods."""

from __future__ import annotations

from typing import Self

from kytorch.tensor.methods.registry import METHODS, Registered
from kytorch.tensor.values import Array


class ProductMethods(Registered):
    """Products of matrices and vectors as methods."""

    __slots__ = ()

    def matmul(self, other: Self | Array) -> Self:
        """self @ other."""
        return self._call("matmul", other)

    def mm(self, mat2: Self | Array) -> Self:
        """The product of two matrices."""
        return self._call("mm", mat2)

    def bmm(self, mat2: Self | Array) -> Self:
        """The products of two batches of matrices, one by one."""
        return self._call("bmm", mat2)

    def mv(self, vec: Self | Array) -> Self:
        """The product of a matrix and a vector."""
        return self._call("mv", vec)

    def dot(self, tensor: Self | Array) -> Self:
        """The sum of the products of the elements of two vectors."""
        return self._call("dot", tensor)

    def vdot(self, other: Self | Array) -> Self:
        """`dot`: of real numbers they are one."""
        return self._call("vdot", other)

    def outer(self, vec2: Self | Array) -> Self:
        """The matrix of the products of each element of one vector and each of another."""
        return self._call("outer", vec2)

    def inner(self, other: Self | Array) -> Self:
        """The sums of products over the last dimensions."""
        return self._call("inner", other)

    def kron(self, other: Self | Array) -> Self:
        """Kronecker's product: each element replaced by its product with the whole of `other`."""
        return self._call("kron", other)

    def addmm(self, mat1: Self | Array, mat2: Self | Array, *, beta: float = 1, alpha: float = 1) -> Self:
        """beta self + alpha (mat1 @ mat2), for matrices."""
        result: Self = METHODS["addmm"](self, mat1, mat2, beta=beta, alpha=alpha)
        return result

    def addmv(self, mat: Self | Array, vec: Self | Array, *, beta: float = 1, alpha: float = 1) -> Self:
        """beta self + alpha (mat @ vec), for a matrix and a vector."""
        result: Self = METHODS["addmv"](self, mat, vec, beta=beta, alpha=alpha)
        return result

    def baddbmm(self, batch1: Self | Array, batch2: Self | Array, *, beta: float = 1, alpha: float = 1) -> Self:
        """beta self + alpha (batch1 @ batch2), for batches of matrices."""
        result: Self = METHODS["baddbmm"](self, batch1, batch2, beta=beta, alpha=alpha)
        return result
