"""Products of matrices and vectors."""

from __future__ import annotations

import math

import numpy as np

from kytorch.ops.shape import unsqueeze
from kytorch.tensor.core import CONSTANT, A, BilinearGradFn, NaryGradFn, Tensor, View, constant
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.methods.registry import method
from kytorch.tensor.values import Array, Shape


def _operand(name: str, value: object, like: Tensor) -> Tensor:
    """`value`, a Tensor or an array beside `like`, as a Tensor. Raises TypeError for anything else."""
    if isinstance(value, Tensor):
        return value
    found = constant(value, like) if hasattr(value, "dtype") else None
    if found is None:
        raise not_tensors(name, value)
    return found


def _operands(name: str, a: object, b: object) -> tuple[Tensor, Tensor]:
    """`a` and `b`, one of which is a Tensor, as Tensors. Raises TypeError if the other is no array."""
    if isinstance(a, Tensor):
        return a, _operand(name, b, a)
    if isinstance(b, Tensor):
        return _operand(name, a, b), b
    raise not_tensors(name, a, b)


class MmGradFn(BilinearGradFn):
    """y = a b for two matrices,  dy = da b + a db"""

    __slots__ = ()

    def vjp_a(self, g: A, b: A) -> A:
        return mm(g, b.T)

    def vjp_b(self, g: A, a: A) -> A:
        return mm(a.T, g)


@method
def mm(x: A, other: A | Array) -> A:
    """The product of two matrices: `matmul` for nothing else, which is quicker for small ones."""
    if not isinstance(x, Tensor):
        if isinstance(other, Tensor):
            return mm(_operand("mm", x, other), other)
        y: Array = x.dot(other)
        return y
    b = other if isinstance(other, Tensor) else _operand("mm", other, x)
    if x._data.ndim != 2 or b._data.ndim != 2 or x._data.shape[1] != b._data.shape[0]:
        raise ValueError(f"mm: shapes {x.shape} and {b.shape} are not (n, k) and (k, m)")
    return MmGradFn().record(x._data.dot(b._data), x, b)


def _product_vjp_a(g: A, b: A, shape: Shape) -> A:
    """The gradient with respect to a, of `shape`, of a b."""
    if b.ndim == 1:
        return unsqueeze(g, -1) * b
    if len(shape) == 1:
        return (b @ unsqueeze(g, -1)).reshape(b.shape[:-1])
    return g @ b.mT


def _product_vjp_b(g: A, a: A, shape: Shape) -> A:
    """The gradient with respect to b, of `shape`, of a b."""
    if a.ndim == 1:
        return a * g if len(shape) == 1 else unsqueeze(a, -1) * unsqueeze(g, -2)
    if len(shape) == 1:
        return (a.mT @ unsqueeze(g, -1)).reshape(*a.shape[:-2], a.shape[-1])
    if a.ndim > 2 and len(shape) == 2:  # one product over the whole batch, not a sum of products
        rows = math.prod(a.shape[:-1])
        return a.reshape(rows, a.shape[-1]).T @ g.reshape(rows, g.shape[-1])
    return a.mT @ g


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
    if not isinstance(x, Tensor):
        if isinstance(other, Tensor):
            return matmul(_operand("matmul", x, other), other)
        y: Array = np.matmul(x, other)
        return y
    b = other if isinstance(other, Tensor) else constant(other, x)
    if b is None:
        raise TypeError(f"matmul: expected a Tensor or an array, not {type(other).__name__}")
    try:
        product = np.matmul(x._data, b._data)
    except ValueError:
        if not x.ndim or not b.ndim:
            problem = "a Tensor of shape () multiplies with *"
        elif x.shape[-1] != b.shape[0 if b.ndim == 1 else -2]:
            problem = f"{x.shape[-1]} columns meet {b.shape[0 if b.ndim == 1 else -2]} rows"
        else:
            problem = "their leading dimensions do not broadcast"
        raise ValueError(f"matmul: shapes {x.shape} and {b.shape} do not multiply: {problem}") from None
    return MatmulGradFn().record(product, x, b)


@method
def bmm(x: A, mat2: A | Array) -> A:
    """The products of two batches of matrices, (b, n, k) and (b, k, m), one by one."""
    if not isinstance(x, Tensor) and not isinstance(mat2, Tensor):
        y: Array = np.matmul(x, mat2)
        return y
    a, b = _operands("bmm", x, mat2)
    if a.ndim != 3 or b.ndim != 3 or len(a._data) != len(b._data) or a.shape[2] != b.shape[1]:
        raise ValueError(f"bmm: shapes {a.shape} and {b.shape} are not (b, n, k) and (b, k, m); matmul broadcasts")
    return MatmulGradFn().record(np.matmul(a._data, b._data), a, b)


class MvGradFn(BilinearGradFn):
    """y = a b for a matrix and a vector,  dy = da b + a db"""

    __slots__ = ()

    def vjp_a(self, g: A, b: A) -> A:
        return outer(g, b)

    def vjp_b(self, g: A, a: A) -> A:
        return mv(a.T, g)


@method
def mv(x: A, vec: A | Array) -> A:
    """The product of a matrix (n, k) and a vector (k,)."""
    if not isinstance(x, Tensor) and not isinstance(vec, Tensor):
        y: Array = x.dot(vec)
        return y
    a, b = _operands("mv", x, vec)
    if a.ndim != 2 or b.ndim != 1 or a.shape[1] != b.shape[0]:
        raise ValueError(f"mv: shapes {a.shape} and {b.shape} are not (n, k) and (k,)")
    return MvGradFn().record(a._data.dot(b._data), a, b)


class DotGradFn(BilinearGradFn):
    """y = a . b for two vectors,  dy = da . b + a . db"""

    __slots__ = ()

    def vjp_a(self, g: A, b: A) -> A:
        return g * b

    def vjp_b(self, g: A, a: A) -> A:
        return g * a


def _dot(name: str, x: A, other: A | Array) -> A:
    if not isinstance(x, Tensor) and not isinstance(other, Tensor):
        return np.asarray(x.dot(other))
    a, b = _operands(name, x, other)
    if a.ndim != 1 or b.ndim != 1 or a.size != b.size:
        raise ValueError(f"{name}: shapes {a.shape} and {b.shape} are not two vectors of one length")
    return DotGradFn().record(a._data.dot(b._data), a, b)


@method
def dot(x: A, tensor: A | Array) -> A:
    """The sum of the products of the elements of two vectors."""
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
    """The matrix of the products of each element of one vector and each of another."""
    if not isinstance(x, Tensor) and not isinstance(vec2, Tensor):
        return np.multiply(x[:, None], vec2)
    a, b = _operands("outer", x, vec2)
    if a.ndim != 1 or b.ndim != 1:
        raise ValueError(f"outer: shapes {a.shape} and {b.shape} are not two vectors")
    return OuterGradFn().record(np.multiply(a._data[:, None], b._data), a, b)


class AddProductGradFn(NaryGradFn):
    """y = beta c + alpha a b,  dy = beta dc + alpha (da b + a db)"""

    __slots__ = ("_a", "_alpha", "_b", "_beta")

    def __init__(self, a: Array, b: Array, beta: float, alpha: float) -> None:
        self._a, self._b, self._beta, self._alpha = a, b, beta, alpha

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        c_fn, a_fn, b_fn = self._inputs
        scaled: A = g if self._alpha == 1 else g * self._alpha
        return (
            None if c_fn is CONSTANT else g if self._beta == 1 else g * self._beta,
            None if a_fn is CONSTANT else _product_vjp_a(scaled, view(self._b, b_fn), self._shapes[1]),
            None if b_fn is CONSTANT else _product_vjp_b(scaled, view(self._a, a_fn), self._shapes[2]),
        )


def _add_product(name: str, ndims: tuple[int, int], c: A, a: A, b: A, beta: float, alpha: float) -> A:
    if not isinstance(c, Tensor) or not isinstance(a, Tensor) or not isinstance(b, Tensor):
        if isinstance(c, Tensor) or isinstance(a, Tensor) or isinstance(b, Tensor):
            raise not_tensors(name, c, a, b)
        return _scaled_sum(c, np.matmul(a, b), beta, alpha)
    fits = (a.ndim, b.ndim) == ndims and a.shape[-1] == b.shape[1 if b.ndim == 3 else 0]
    if not fits or (a.ndim == 3 and len(a._data) != len(b._data)):
        wanted = {(2, 2): "(n, k) and (k, m)", (2, 1): "(n, k) and (k,)", (3, 3): "(b, n, k) and (b, k, m)"}[ndims]
        raise ValueError(f"{name}: shapes {a.shape} and {b.shape} are not {wanted}")
    product = np.matmul(a._data, b._data)
    if c.shape != product.shape:
        pairs = zip(c.shape[::-1], product.shape[::-1])
        if c.ndim > product.ndim or any(n != m and n != 1 for n, m in pairs):
            raise ValueError(f"{name}: input of shape {c.shape} does not expand to the product's, {product.shape}")
    return AddProductGradFn(a._data, b._data, beta, alpha).record(_scaled_sum(c._data, product, beta, alpha), c, a, b)


def _scaled_sum(c: Array, product: Array, beta: float, alpha: float) -> Array:
    if alpha != 1:
        product = product * alpha
    if beta == 0:  # then the input is not read: what is NaN there does not spread
        return product
    return product + (c if beta == 1 else c * beta)


@method
def addmm(input: A, mat1: A, mat2: A, *, beta: float = 1, alpha: float = 1) -> A:
    """beta input + alpha (mat1 @ mat2), for matrices."""
    return _add_product("addmm", (2, 2), input, mat1, mat2, beta, alpha)


@method
def addmv(input: A, mat: A, vec: A, *, beta: float = 1, alpha: float = 1) -> A:
    """beta input + alpha (mat @ vec), for a matrix and a vector."""
    return _add_product("addmv", (2, 1), input, mat, vec, beta, alpha)


@method
def baddbmm(input: A, batch1: A, batch2: A, *, beta: float = 1, alpha: float = 1) -> A:
    """beta input + alpha (batch1 @ batch2), for batches of matrices."""
    return _add_product("baddbmm", (3, 3), input, batch1, batch2, beta, alpha)
