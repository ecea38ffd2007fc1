"""Systems of linear equations, and the inverse."""

from __future__ import annotations

import numpy as np

from kytorch.kernels import triangular as kernels
from kytorch.kernels.blas import one_thread
from kytorch.linalg.checks import floats, matrices, singular, square
from kytorch.ops.shape import unsqueeze
from kytorch.tensor.core import CONSTANT, Tensor, TwoInputGradFn, View
from kytorch.tensor.core import A as V
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import tensors
from kytorch.tensor.rules import OutputGradFn
from kytorch.tensor.values import Array, Shape


class InvGradFn(OutputGradFn):
    """y = x^-1,  dy = -y dx y"""

    __slots__ = ()

    def vjp(self, g: V, y: V) -> V:
        transposed: V = y.mT
        return -(transposed @ g @ transposed)


def inv(A: V) -> V:
    """The inverse of a square matrix. Raises numpy.linalg.LinAlgError for a singular one."""
    data = square("linalg.inv", A)
    try:
        with one_thread():
            y: Array = np.linalg.inv(data)
    except np.linalg.LinAlgError:
        raise singular("linalg.inv", data) from None
    return InvGradFn().record(y, A) if isinstance(A, Tensor) else y


@method
def inverse(x: V) -> V:
    """`inv`, under its name as a method."""
    return inv(x)


class SolveGradFn(TwoInputGradFn):
    """a y = b,  dy = a^-1 (db - da y);  or y a = b,  dy = (db - y da) a^-1"""

    __slots__ = ("_a", "_left", "_vector", "_y")
    _a: Array
    _y: Array

    def __init__(self, left: bool, vector: bool = False) -> None:
        self._left, self._vector = left, vector

    def transposed(self, a: V, g: V) -> V:
        """The solution with the transpose of a."""
        return solve(a.mT, g, left=self._left)

    def vjps(self, g: V, view: View[V]) -> tuple[V | None, ...]:
        a_fn, _ = self._inputs
        g_b = self.transposed(view(self._a, a_fn), g)
        if a_fn is CONSTANT:
            return None, g_b
        y = view(self._y, self)
        if self._vector:
            return -(unsqueeze(g_b, -1) * unsqueeze(y, -2)), g_b
        return -(g_b @ y.mT if self._left else y.mT @ g_b), g_b

    def record(self, y: Array, a: Tensor, b: Tensor) -> Tensor:
        self._a = a._data
        tensor = TwoInputGradFn.record(self, y, a, b)
        if a._grad_fn is not CONSTANT:
            self._y = tensor._data
        return tensor


def solve(A: V, B: V | Array, *, left: bool = True) -> V:
    """The X of A X = B, or of X A = B if not `left`, for a square matrix, or a batch of them.

    `B` is a vector, (n,) or a batch with the shape (..., n) if that of `A` is (..., n, n), or else a matrix, whose
    leading dimensions broadcast with those of `A`. Raises numpy.linalg.LinAlgError for a singular matrix.
    """
    matrix, right = _system("linalg.solve", A, B)
    vector = right.ndim == 1 or (right.ndim == matrix.ndim - 1 and right.shape == matrix.shape[:-1])
    if vector and not left:
        raise ValueError("linalg.solve: with left=False, B is a matrix (..., m, n); unsqueeze a vector")
    y = _solution("linalg.solve", matrix, right[..., None] if vector else right, left)
    if vector:
        y = y[..., 0]
    if isinstance(A, Tensor) or isinstance(B, Tensor):
        return SolveGradFn(left, vector).record(y, *tensors("linalg.solve", A, B))
    return y


def _system(name: str, a: Tensor | Array, b: Tensor | Array) -> tuple[Array, Array]:
    """The arrays of a system of equations."""
    return square(name, a), floats(name, b)


def _solution(name: str, a: Array, b: Array, left: bool) -> Array:
    try:
        with one_thread():
            return np.linalg.solve(a, b) if left else np.linalg.solve(a.mT, b.mT).mT
    except np.linalg.LinAlgError:
        raise singular(name, a) from None
    except ValueError:
        raise _no_system(name, a.shape, b.shape, left) from None


def _no_system(name: str, a: Shape, b: Shape, left: bool) -> ValueError:
    wanted = "(..., n, n) and (..., n, k) or (n,)" if left else "(..., n, n) and (..., k, n)"
    return ValueError(f"{name}: shapes {a} and {b} are no system of equations; expected {wanted}")


class SolveTriangularGradFn(SolveGradFn):
    """As of any matrix, for the triangle that is read"""

    __slots__ = ("_unitriangular", "_upper")

    def __init__(self, left: bool, upper: bool, unitriangular: bool) -> None:
        SolveGradFn.__init__(self, left)
        self._upper, self._unitriangular = upper, unitriangular

    def transposed(self, a: V, g: V) -> V:
        return solve_triangular(a.mT, g, upper=not self._upper, left=self._left, unitriangular=self._unitriangular)

    def vjps(self, g: V, view: View[V]) -> tuple[V | None, ...]:
        g_a, g_b = SolveGradFn.vjps(self, g, view)
        if g_a is not None:
            g_a = g_a * triangle(g_a.shape[-1], g_a.dtype, self._upper, self._unitriangular)
        return g_a, g_b


def triangle(n: int, dtype: np.dtype[np.generic], upper: bool, strict: bool = False) -> Array:
    """1 in a triangle of an n by n matrix, 0 elsewhere; the diagonal belongs to it unless it is `strict`."""
    lower: Array = np.tri(n, k=-1 if strict else 0, dtype=dtype)
    return lower.T if upper else lower


def solve_triangular(A: V, B: V | Array, *, upper: bool, left: bool = True, unitriangular: bool = False) -> V:
    """The X of A X = B, or of X A = B if not `left`, for a triangular matrix, whose other triangle is not read.

    If `unitriangular`, its diagonal is not read and taken as 1. Raises numpy.linalg.LinAlgError for a 0 on it.
    """
    name = "linalg.solve_triangular"
    matrix, right = _system(name, A, B)
    matrices(name, B)
    fits = right.shape[-2 if left else -1] == matrix.shape[-1]
    try:
        np.broadcast_shapes(matrix.shape[:-2], right.shape[:-2])
    except ValueError:
        fits = False
    if not fits:
        raise _no_system(name, matrix.shape, right.shape, left)
    try:
        if left:
            y = kernels.solve(matrix, right, upper, unitriangular)
        else:
            y = kernels.solve(matrix.mT, right.mT, not upper, unitriangular).mT
    except np.linalg.LinAlgError:
        diagonal = np.einsum("...ii->...i", matrix)
        raise singular(name, diagonal[..., None] * np.eye(matrix.shape[-1])) from None
    if isinstance(A, Tensor) or isinstance(B, Tensor):
        return SolveTriangularGradFn(left, upper, unitriangular).record(y, *tensors(name, A, B))
    return y
