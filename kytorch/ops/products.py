"""Products of matrices and vectors."""

from __future__ import annotations

import math

import numpy as np

from kytorch.kernels import matmul as kernels
from kytorch.ops.shape import unsqueeze
from kytorch.tensor.core import CONSTANT, A, BilinearGradFn, Tensor, View
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import alike, array_of
from kytorch.tensor.rules import NaryGradFn
from kytorch.tensor.values import Array, Shape


class MmGradFn(BilinearGradFn):
    """y = a b for two matrices,  dy = da b + a db"""

    __slots__ = ()

    def vjp_a(self, g: A, b: A) -> A:
        return product(g, b.T)

    def vjp_b(self, g: A, a: A) -> A:
        return product(a.T, g)


@method
def mm(x: A, mat2: A | Array) -> A:
    """The product of two matrices, (n, k) and (k, m): `matmul` for nothing else. Raises ValueError for other shapes."""
    if type(x) is not type(mat2):
        x, mat2 = alike("mm", x, mat2)
    left, right = array_of("mm", x), array_of("mm", mat2)
    if left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[0]:
        raise ValueError(f"mm: shapes {left.shape} and {right.shape} are not (n, k) and (k, m)")
    if isinstance(x, Tensor):
        return product(x, mat2)
    return kernels.dot(left, right)


def product(x: A, mat2: A) -> A:
    """`mm` in rules, whose matrices are known to fit, and during which BLAS is held to one thread."""
    if isinstance(x, Tensor):
        return MmGradFn().record(kernels.dot(x._data, mat2._data), x, mat2)
    y: Array = x.dot(mat2) if x.size * mat2.shape[1] < kernels.SHARED else kernels.dot(x, mat2)
    return y


def _product_vjp_a(g: A, b: A, shape: Shape) -> A:
    """The gradient with respect to a, of `shape`, of a b."""
    if b.ndim == 1:
        return unsqueeze(g, -1) * b
    if len(shape) == 1:
        return matmul(b, unsqueeze(g, -1)).reshape(b.shape[:-1])
    return matmul(g, b.mT)


def _product_vjp_b(g: A, a: A, shape: Shape) -> A:
    """The gradient with respect to b, of `shape`, of a b."""
    if a.ndim == 1:
        return a * g if len(shape) == 1 else unsqueeze(a, -1) * unsqueeze(g, -2)
    if len(shape) == 1:
        return matmul(a.mT, unsqueeze(g, -1)).reshape(*a.shape[:-2], a.shape[-1])
    if a.ndim > 2 and len(shape) == 2:  # one product over the whole batch, not a sum of products
        rows = math.prod(a.shape[:-1])
        return product(a.reshape(rows, a.shape[-1]).T, g.reshape(rows, g.shape[-1]))
    return matmul(a.mT, g)


class MatmulGradFn(BilinearGradFn):
    """y = a b,  dy = da b + a db"""

    __slots__ = ()

    def vjp_a(self, g: A, b: A) -> A:
        return _product_vjp_a(g, b, self._shapes[0])

    def vjp_b(self, g: A, a: A) -> A:
        return _product_vjp_b(g, a, self._shapes[1])


@method
def matmul(x: A, other: A | Array) -> A:
    """The matrix product, of matrices, vectors or broadcast batches of matrices. Raises ValueError for other shapes."""
    if type(x) is not type(other):
        x, other = alike("matmul", x, other)
    left, right = array_of("matmul", x), array_of("matmul", other)
    try:
        y = kernels.matmul(left, right)
    except ValueError:
        if not left.ndim or not right.ndim:
            problem = "a Tensor of shape () multiplies with *"
        elif left.shape[-1] != right.shape[0 if right.ndim == 1 else -2]:
            problem = f"{left.shape[-1]} columns meet {right.shape[0 if right.ndim == 1 else -2]} rows"
        else:
            problem = "their leading dimensions do not broadcast"
        raise ValueError(f"matmul: shapes {left.shape} and {right.shape} do not multiply: {problem}") from None
    if isinstance(x, Tensor):
        return MatmulGradFn().record(y, x, other)
    return y


@method
def bmm(x: A, mat2: A | Array) -> A:
    """The products of two batches of matrices, (b, n, k) and (b, k, m), one by one. Raises ValueError for others."""
    if type(x) is not type(mat2):
        x, mat2 = alike("bmm", x, mat2)
    a, b = array_of("bmm", x), array_of("bmm", mat2)
    if a.ndim != 3 or b.ndim != 3 or len(a) != len(b) or a.shape[2] != b.shape[1]:
        raise ValueError(f"bmm: shapes {a.shape} and {b.shape} are not (b, n, k) and (b, k, m); matmul broadcasts")
    y = kernels.matmul(a, b)
    if isinstance(x, Tensor):
        return MatmulGradFn().record(y, x, mat2)
    return y


class MvGradFn(BilinearGradFn):
    """y = a b for a matrix and a vector,  dy = da b + a db"""

    __slots__ = ()

    def vjp_a(self, g: A, b: A) -> A:
        return outer(g, b)

    def vjp_b(self, g: A, a: A) -> A:
        return mv(a.T, g)


@method
def mv(x: A, vec: A | Array) -> A:
    """The product of a matrix (n, k) and a vector (k,). Raises ValueError for other shapes."""
    if type(x) is not type(vec):
        x, vec = alike("mv", x, vec)
    a, b = array_of("mv", x), array_of("mv", vec)
    if a.ndim != 2 or b.ndim != 1 or a.shape[1] != b.shape[0]:
        raise ValueError(f"mv: shapes {a.shape} and {b.shape} are not (n, k) and (k,)")
    y = kernels.dot(a, b)
    if isinstance(x, Tensor):
        return MvGradFn().record(y, x, vec)
    return y


class DotGradFn(BilinearGradFn):
    """y = a . b for two vectors,  dy = da . b + a . db"""

    __slots__ = ()

    def vjp_a(self, g: A, b: A) -> A:
        return g * b

    def vjp_b(self, g: A, a: A) -> A:
        return g * a


def _dot(name: str, x: A, other: A | Array) -> A:
    if type(x) is not type(other):
        x, other = alike(name, x, other)
    a, b = array_of(name, x), array_of(name, other)
    if a.ndim != 1 or b.ndim != 1 or a.size != b.size:
        raise ValueError(f"{name}: shapes {a.shape} and {b.shape} are not two vectors of one length")
    y = kernels.dot(a, b)
    if isinstance(x, Tensor):
        return DotGradFn().record(y, x, other)
    return np.asarray(y)


@method
def dot(x: A, tensor: A | Array) -> A:
    """The sum of the products of the elements of two vectors, both (n,). Raises ValueError for other shapes."""
    return _dot("dot", x, tensor)


@method
def vdot(x: A, other: A | Array) -> A:
    """`dot`: of real numbers they are one."""
    return _dot("vdot", x, other)


class OuterGradFn(BilinearGradFn):
    """y = a b^T for two vectors,  dy = da b^T + a db^T"""

    __slots__ = ()

    def vjp_a(self, g: A, b: A) -> A:
        return mv(g, b)

    def vjp_b(self, g: A, a: A) -> A:
        return mv(g.T, a)


@method
def outer(x: A, vec2: A | Array) -> A:
    """The matrix (n, m) of the products of each element of one vector and each of another. ValueError for others."""
    if type(x) is not type(vec2):
        x, vec2 = alike("outer", x, vec2)
    a, b = array_of("outer", x), array_of("outer", vec2)
    if a.ndim != 1 or b.ndim != 1:
        raise ValueError(f"outer: shapes {a.shape} and {b.shape} are not two vectors")
    y: Array = np.multiply(a[:, None], b)
    if isinstance(x, Tensor):
        return OuterGradFn().record(y, x, vec2)
    return y


class AddProductGradFn(NaryGradFn):
    """y = beta c + alpha a b,  dy = beta dc + alpha (da b + a db)"""

    __slots__ = ("_a", "_alpha", "_b", "_beta")
    _a: Array
    _b: Array

    def __init__(self, beta: float, alpha: float) -> None:
        self._beta, self._alpha = beta, alpha

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        c_fn, a_fn, b_fn = self._inputs
        scaled: A = g if self._alpha == 1 else g * self._alpha
        return (
            None if c_fn is CONSTANT else g if self._beta == 1 else g * self._beta,
            None if a_fn is CONSTANT else _product_vjp_a(scaled, view(self._b, b_fn), self._shapes[1]),
            None if b_fn is CONSTANT else _product_vjp_b(scaled, view(self._a, a_fn), self._shapes[2]),
        )

    def record(self, y: Array, *inputs: Tensor) -> Tensor:
        _, a, b = inputs
        if b._grad_fn is not CONSTANT:
            self._a = a._data
        if a._grad_fn is not CONSTANT:
            self._b = b._data
        return NaryGradFn.record(self, y, *inputs)


def _add_product(
    name: str, ndims: tuple[int, int], input: A, x: A | Array, y: A | Array, beta: float, alpha: float
) -> A:
    if not type(input) is type(x) is type(y):
        input, x, y = alike(name, input, x, y)
    c, a, b = array_of(name, input), array_of(name, x), array_of(name, y)
    fits = (a.ndim, b.ndim) == ndims and a.shape[-1] == b.shape[1 if b.ndim == 3 else 0]
    if not fits or (a.ndim == 3 and len(a) != len(b)):
        wanted = {(2, 2): "(n, k) and (k, m)", (2, 1): "(n, k) and (k,)", (3, 3): "(b, n, k) and (b, k, m)"}[ndims]
        raise ValueError(f"{name}: shapes {a.shape} and {b.shape} are not {wanted}")
    product = kernels.matmul(a, b)
    if c.shape != product.shape:
        pairs = zip(c.shape[::-1], product.shape[::-1])
        if c.ndim > product.ndim or any(n != m and n != 1 for n, m in pairs):
            raise ValueError(f"{name}: input of shape {c.shape} does not expand to the product's, {product.shape}")
    total = _scaled_sum(c, product, beta, alpha)
    if isinstance(input, Tensor):
        return AddProductGradFn(beta, alpha).record(total, input, x, y)
    return total


def _scaled_sum(c: Array, product: Array, beta: float, alpha: float) -> Array:
    if alpha != 1:
        product = product * alpha
    if beta == 0:  # then the input is not read: what is NaN there does not spread
        return product
    return product + (c if beta == 1 else c * beta)


@method
def addmm(input: A, mat1: A | Array, mat2: A | Array, *, beta: float = 1, alpha: float = 1) -> A:
    """beta input + alpha (mat1 @ mat2), for matrices (n, k) and (k, m). Raises ValueError for other shapes."""
    return _add_product("addmm", (2, 2), input, mat1, mat2, beta, alpha)


@method
def addmv(input: A, mat: A | Array, vec: A | Array, *, beta: float = 1, alpha: float = 1) -> A:
    """beta input + alpha (mat @ vec), for a matrix (n, k) and a vector (k,). Raises ValueError for other shapes."""
    return _add_product("addmv", (2, 1), input, mat, vec, beta, alpha)


@method
def baddbmm(input: A, batch1: A | Array, batch2: A | Array, *, beta: float = 1, alpha: float = 1) -> A:
    """beta input + alpha (batch1 @ batch2), for batches (b, n, k) and (b, k, m). Raises ValueError for other shapes."""
    return _add_product("baddbmm", (3, 3), input, batch1, batch2, beta, alpha)
