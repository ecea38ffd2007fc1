"""Products of matrices and vectors."""

from __future__ import annotations

import math

import numpy as np

from kytorch.ops.shape import unsqueeze
from kytorch.tensor.core import A, BilinearGradFn, Tensor, constant
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.methods.registry import method
from kytorch.tensor.values import Array


class MmGradFn(BilinearGradFn):
    """y = a b for two matrices,  dy = da b + a db"""

    __slots__ = ()

    def vjp_a(self, g: A, b: A) -> A:
        return mm(g, b.T)

    def vjp_b(self, g: A, a: A) -> A:
        return mm(a.T, g)


@method
def mm(x: A, other: A) -> A:
    """The product of two matrices: `matmul` for nothing else, which is quicker for small ones."""
    if not isinstance(x, Tensor):
        y: Array = x.dot(other)
        return y
    if not isinstance(other, Tensor):
        raise not_tensors("mm", other)
    if x.ndim != 2 or other.ndim != 2 or x.shape[1] != other.shape[0]:
        raise ValueError(f"mm: shapes {x.shape} and {other.shape} are not (n, k) and (k, m)")
    return MmGradFn().record(x._data.dot(other._data), x, other)


class MatmulGradFn(BilinearGradFn):
    """y = a b,  dy = da b + a db"""

    __slots__ = ()

    def vjp_a(self, g: A, b: A) -> A:
        if b.ndim == 1:
            return unsqueeze(g, -1) * b
        if len(self._shapes[0]) == 1:
            return (b @ unsqueeze(g, -1)).reshape(b.shape[:-1])
        return g @ b.mT

    def vjp_b(self, g: A, a: A) -> A:
        if a.ndim == 1:
            return a * g if len(self._shapes[1]) == 1 else unsqueeze(a, -1) * unsqueeze(g, -2)
        if len(self._shapes[1]) == 1:
            return (a.mT @ unsqueeze(g, -1)).reshape(*a.shape[:-2], a.shape[-1])
        if a.ndim > 2 and len(self._shapes[1]) == 2:  # one product over the whole batch, not a sum of products
            rows = math.prod(a.shape[:-1])
            return a.reshape(rows, a.shape[-1]).T @ g.reshape(rows, g.shape[-1])
        return a.mT @ g


@method
def matmul(x: A, other: A | Array) -> A:
    """The matrix product, of matrices, vectors or broadcast batches of matrices. Raises ValueError for other shapes."""
    if not isinstance(x, Tensor):
        y: Array = np.matmul(x, other)
        return y
    b = constant(other, x)
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
