"""Diagonals and triangles of matrices."""

from __future__ import annotations

import numpy as np

from kytorch.kernels import diagonal as kernels
from kytorch.kernels import reduce
from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.dims import one_of, sizes
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import check_operands
from kytorch.tensor.rules import PartGradFn
from kytorch.tensor.values import Array, Shape


class DiagonalGradFn(PartGradFn):
    """y = the diagonal of x at a place: an offset and two dimensions"""

    __slots__ = ("_place",)

    def __init__(self, place: kernels.Place) -> None:
        self._place = place

    def vjp(self, g: A) -> A:
        return _on_diagonal(g, self._place, self._shapes[0])

    def add_to(self, total: Array, g: Array) -> None:
        kernels.add(total, self._place, g)


class OnDiagonalGradFn(UnaryGradFn):
    """y = 0, but x on a diagonal, the transpose of taking it"""

    __slots__ = ("_place",)

    def __init__(self, place: kernels.Place) -> None:
        self._place = place

    def vjp(self, g: A) -> A:
        return _taken(g, self._place)


def _taken(x: A, place: kernels.Place) -> A:
    if isinstance(x, Tensor):
        return DiagonalGradFn(place).record(x._data.diagonal(*place), x)
    return x.diagonal(*place)


def _on_diagonal(x: A, place: kernels.Place, shape: Shape) -> A:
    if isinstance(x, Tensor):
        return OnDiagonalGradFn(place).record(kernels.spread(x._data, place, shape), x)
    return kernels.spread(x, place, shape)


def _place(name: str, offset: int, dim1: int, dim2: int, ndim: int) -> kernels.Place:
    first, second = one_of(name, dim1, ndim), one_of(name, dim2, ndim)
    if first == second:
        raise ValueError(f"{name}: dim1 {dim1} and dim2 {dim2} are the same dimension")
    return sizes(name, (offset,))[0], first, second


@method
def diagonal(x: A, offset: int = 0, dim1: int = 0, dim2: int = 1) -> A:
    """The elements whose index in `dim2` is `offset` greater than that in `dim1`, as the last dimension."""
    check_operands("diagonal", x)
    return _taken(x, _place("diagonal", offset, dim1, dim2, x.ndim))


@method
def diag_embed(x: A, offset: int = 0, dim1: int = -2, dim2: int = -1) -> A:
    """Matrices with the last dimension of `x` as their diagonal, in the dimensions `dim1` and `dim2` of the answer."""
    check_operands("diag_embed", x)
    if not x.ndim:
        raise IndexError("diag_embed: expected one dimension or more, not shape ()")
    place = _place("diag_embed", offset, dim1, dim2, x.ndim + 1)
    n = x.shape[-1] + abs(place[0])
    shape = list(x.shape[:-1])
    for dim in sorted(place[1:]):
        shape.insert(dim, n)
    return _on_diagonal(x, place, tuple(shape))


@method
def diag(x: A, diagonal: int = 0) -> A:
    """The matrix that has the vector `x` as a diagonal, or a diagonal of the matrix `x`. ValueError for others."""
    check_operands("diag", x)
    if x.ndim == 1:
        return diag_embed(x, diagonal)
    if x.ndim == 2:
        return _taken(x, _place("diag", diagonal, 0, 1, 2))
    raise ValueError(f"diag: expected a vector or a matrix, not shape {x.shape}; use diag_embed or diagonal")


class TraceGradFn(UnaryGradFn):
    """y = sum x_ii"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return _on_diagonal(g, (0, 0, 1), self._shapes[0])


@method
def trace(x: A) -> A:
    """The sum of the diagonal of a matrix; integers and bool are summed as int64. Raises ValueError for others."""
    check_operands("trace", x)
    if x.ndim != 2:
        raise ValueError(f"trace: expected a matrix, not shape {x.shape}; diagonal(0, -2, -1).sum(-1) takes many")
    if isinstance(x, Tensor):
        return TraceGradFn().record(np.asarray(reduce.sum(x._data.diagonal(), (0,), False)), x)
    return reduce.sum(x.diagonal(), (0,), False)


class TriangleGradFn(UnaryGradFn):
    """y = x in a triangle, 0 elsewhere"""

    __slots__ = ("_k", "_upper")

    def __init__(self, k: int, upper: bool) -> None:
        self._k = k
        self._upper = upper

    def vjp(self, g: A) -> A:
        return _triangle(g, self._k, self._upper)


@method
def tril(x: A, diagonal: int = 0) -> A:
    """The matrices `x` up to and with their diagonal of that offset; 0 above it. Raises ValueError for vectors."""
    check_operands("tril", x)
    return _triangle(x, _offset("tril", diagonal, x.ndim), False)


@method
def triu(x: A, diagonal: int = 0) -> A:
    """The matrices `x` from their diagonal of that offset on; 0 below it. Raises ValueError for vectors."""
    check_operands("triu", x)
    return _triangle(x, _offset("triu", diagonal, x.ndim) - 1, True)


def _offset(name: str, diagonal: int, ndim: int) -> int:
    if ndim < 2:
        raise ValueError(f"{name}: expected matrices, with two dimensions or more, not {ndim}")
    return sizes(name, (diagonal,))[0]


def _triangle(x: A, k: int, upper: bool) -> A:
    if isinstance(x, Tensor):
        return TriangleGradFn(k, upper).record(kernels.triangle(x._data, k, upper), x)
    return kernels.triangle(x, k, upper)
