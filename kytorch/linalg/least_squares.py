"""The pseudo-inverse, and least squares."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

import numpy as np

from kytorch.linalg.checks import decomposed, floats, matrices
from kytorch.ops.reduce import sum
from kytorch.ops.shape import squeeze, unsqueeze
from kytorch.tensor.core import CONSTANT, A, OneInputGradFn, Tensor, View, make
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.methods.registry import method
from kytorch.tensor.values import Array

T = TypeVar("T")


class PinvGradFn(OneInputGradFn):
    """dy = -y dx y + y y^T dx^T (1 - x y) + (1 - y x) dx^T y^T y

    Gene Golub, Victor Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose
    variables separate", 1973; where the rank is constant.
    """

    __slots__ = ("_x", "_y")

    def __init__(self, x: Array, y: Array) -> None:
        self._x, self._y = x, y

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        x, y = view(self._x, self._inputs[0]), view(self._y, self)
        y_t, g_t = y.mT, g.mT
        by_y, with_y = g_t @ y, y @ g_t
        left = by_y - x @ (y @ by_y)
        right = with_y - (with_y @ y) @ x
        return (left @ y_t + y_t @ right - y_t @ g @ y_t,)


def _pseudo_inverse(name: str, x: Array, rtol: float | None, atol: float | None) -> tuple[Array, Array, Array]:
    """The pseudo-inverse, the rank, and the singular values. Those not above max(atol, rtol * the greatest) are 0."""
    u, s, vh = decomposed(name, lambda x: np.linalg.svd(x, full_matrices=False), x)
    if rtol is None:
        rtol = float(np.finfo(x.dtype).eps) * max(x.shape[-2:]) if not atol else 0.0
    greatest = s.max(-1, keepdims=True, initial=0)
    kept = s > np.maximum(s.dtype.type(atol or 0.0), greatest * s.dtype.type(rtol))
    with np.errstate(divide="ignore"):
        inverse = np.where(kept, s.dtype.type(1) / s, s.dtype.type(0))
    y: Array = (vh.mT * inverse[..., None, :]) @ u.mT
    return y, np.asarray(kept.sum(-1)), s


def pinv(x: A, *, rtol: float | None = None, atol: float | None = None) -> A:
    """The pseudo-inverse of a matrix (Moore and Penrose), whose singular values up to max(atol, rtol * the greatest)
    are taken as 0; rtol is the precision of x's dtype times max(n, m) if neither is given.

    The gradient is that along matrices of the same rank.
    """
    data = matrices("linalg.pinv", x)
    y, _, _ = _pseudo_inverse("linalg.pinv", data, rtol, atol)
    return PinvGradFn(data, y).record(y, x) if isinstance(x, Tensor) else y


@method
def pinverse(x: A, rcond: float = 1e-15) -> A:
    """`pinv` with rtol=rcond, under its name as a method."""
    return pinv(x, rtol=rcond)


def matrix_rank(x: A, *, rtol: float | None = None, atol: float | None = None) -> A:
    """How many singular values are above max(atol, rtol * the greatest), as int64: a constant."""
    data = matrices("linalg.matrix_rank", x)
    _, rank, _ = _pseudo_inverse("linalg.matrix_rank", data, rtol, atol)
    return make(rank, CONSTANT) if isinstance(x, Tensor) else rank


class LeastSquares(NamedTuple, Generic[T]):
    """The answer of `lstsq`."""

    solution: T
    residuals: T
    rank: T
    singular_values: T


def lstsq(a: A, b: A, rcond: float | None = None) -> LeastSquares[A]:
    """The x that makes the sum of the squares of a x - b least, and is least itself if there are several.

    a is (..., n, m) and b (..., n, k), or (n,) beside a matrix; singular values up to rcond times the greatest are
    taken as 0. The residuals, that sum for each column, are empty unless n > m and the rank is m. The rank and the
    singular values of a are constants.
    """
    if isinstance(a, Tensor) is not isinstance(b, Tensor):
        raise not_tensors("linalg.lstsq", a, b)
    data, right = matrices("linalg.lstsq", a), floats("linalg.lstsq", b)
    vector = right.ndim == data.ndim - 1
    if right.ndim == 0 or right.shape[-1 if vector else -2] != data.shape[-2]:
        raise ValueError(f"linalg.lstsq: shapes {a.shape} and {b.shape} are not (..., n, m) and (..., n, k) or (n,)")
    inverse, rank, s = _pseudo_inverse("linalg.lstsq", data, rcond, None)
    y = PinvGradFn(data, inverse).record(inverse, a) if isinstance(a, Tensor) else inverse
    columns = unsqueeze(b, -1) if vector else b
    solution = y @ columns
    rows, n = data.shape[-2:]
    if rows > n and (rank == n).all():
        rest = a @ solution - columns
        residuals = sum(rest * rest, -2)
    else:
        residuals = _constant(np.empty(0, data.dtype), a)
    if vector:
        solution = squeeze(solution, -1)
    return LeastSquares(solution, residuals, _constant(rank, a), _constant(s, a))


def _constant(array: Array, like: A) -> A:
    return make(array, CONSTANT) if isinstance(like, Tensor) else array
