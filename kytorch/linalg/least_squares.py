"""The pseudo-inverse, and least squares."""

from __future__ import annotations

from typing import Generic, Literal, NamedTuple, TypeVar

import numpy as np

from kytorch.kernels.blas import one_thread
from kytorch.kernels.matmul import matmul
from kytorch.linalg.checks import constant_like, decomposed, floats, matrices
from kytorch.ops.products import MatmulGradFn
from kytorch.ops.reduce import sum
from kytorch.ops.shape import squeeze, unsqueeze
from kytorch.tensor.core import CONSTANT, OneInputGradFn, Tensor, View, make
from kytorch.tensor.core import A as V
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import alike
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

    def vjps(self, g: V, view: View[V]) -> tuple[V | None, ...]:
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
    y = matmul(vh.mT * inverse[..., None, :], u.mT)
    return y, np.asarray(kept.sum(-1)), s


def _quick_pseudo_inverse(x: Array, rcond: float) -> Array | None:
    """The pseudo-inverse of a matrix whose rank is full beyond doubt, without singular values; None of others."""
    n, m = x.shape[-2:]
    if n < m:
        turned = _quick_pseudo_inverse(x.mT, rcond)
        return None if turned is None else turned.mT
    if not x.size:
        return None
    try:
        with one_thread():
            if n == m:
                y: Array = np.linalg.inv(x)
            else:
                q, r = np.linalg.qr(x)
                y = matmul(np.linalg.inv(r), q.mT)
    except np.linalg.LinAlgError:
        return None
    # Frobenius' norms of both, multiplied, are no less than the greatest singular value over the least.
    a, b = x.reshape(*x.shape[:-2], -1), y.reshape(*x.shape[:-2], -1)
    with np.errstate(all="ignore"):
        with one_thread():
            ratio = np.sqrt(np.vecdot(a, a)) * np.sqrt(np.vecdot(b, b))
        return y if (ratio * rcond < 0.5).all() else None


def pinv(A: V, *, rtol: float | None = None, atol: float | None = None) -> V:
    """The pseudo-inverse of a matrix (Moore and Penrose), whose singular values up to max(atol, rtol * the greatest)
    are taken as 0; rtol is the precision of x's dtype times max(n, m) if neither is given.

    The gradient is that along matrices of the same rank.
    """
    data = matrices("linalg.pinv", A)
    y, _, _ = _pseudo_inverse("linalg.pinv", data, rtol, atol)
    return PinvGradFn(data, y).record(y, A) if isinstance(A, Tensor) else y


@method
def pinverse(x: V, rcond: float = 1e-15) -> V:
    """`pinv` with rtol=rcond, under its name as a method."""
    return pinv(x, rtol=rcond)


def matrix_rank(A: V, *, rtol: float | None = None, atol: float | None = None) -> V:
    """How many singular values are above max(atol, rtol * the greatest), as int64: a constant."""
    data = matrices("linalg.matrix_rank", A)
    _, rank, _ = _pseudo_inverse("linalg.matrix_rank", data, rtol, atol)
    return make(rank, CONSTANT) if isinstance(A, Tensor) else rank


class LeastSquares(NamedTuple, Generic[T]):
    """The answer of `lstsq`."""

    solution: T
    residuals: T
    rank: T
    singular_values: T


def lstsq(
    A: V, B: V | Array, rcond: float | None = None, *, driver: Literal["gels", "gelsy", "gelsd", "gelss"] | None = None
) -> LeastSquares[V]:
    """The X that makes the sum of the squares of A X - B least, and is least itself if there are several.

    A is (..., n, m) and B (..., n, k), or (n,) beside a matrix; singular values up to rcond times the greatest are
    taken as 0. The residuals, that sum for each column, are empty unless n > m and the rank is m. The rank and the
    singular values of A, which are empty unless `driver` is "gelsd" or "gelss", are constants.
    """
    a: V
    b: V
    a, b = alike("linalg.lstsq", A, B)
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise ValueError(f"linalg.lstsq: driver {driver!r} is none of 'gels', 'gelsy', 'gelsd' and 'gelss'")
    data, right = matrices("linalg.lstsq", a), floats("linalg.lstsq", b)
    vector = right.ndim == data.ndim - 1
    if right.ndim == 0 or right.shape[-1 if vector else -2] != data.shape[-2]:
        raise ValueError(f"linalg.lstsq: shapes {a.shape} and {b.shape} are not (..., n, m) and (..., n, k) or (n,)")
    rows, n = data.shape[-2:]
    s = np.empty(0, data.dtype)
    inverse: Array | None = None
    if driver not in ("gelsd", "gelss"):
        least = float(np.finfo(data.dtype).eps) * max(rows, n)
        inverse = _quick_pseudo_inverse(data, least if rcond is None else max(rcond, least))
        rank = np.full(data.shape[:-2], min(rows, n))
    if inverse is None:
        inverse, rank, values = _pseudo_inverse("linalg.lstsq", data, rcond, None)
        s = values if driver in ("gelsd", "gelss") else s
    columns = unsqueeze(b, -1) if vector else b
    solution = _solution(a, inverse, columns)
    if rows > n and (rank == n).all():
        rest = a @ solution - columns
        residuals = sum(rest * rest, -2)
    else:
        residuals = constant_like(np.empty(0, data.dtype), a)
    if vector:
        solution = squeeze(solution, -1)
    return LeastSquares(solution, residuals, constant_like(rank, a), constant_like(s, a))


def _solution(a: V, inverse: Array, b: V) -> V:
    """The pseudo-inverse times b, corrected twice by the pseudo-inverse times what is left, as b - a x loses digits."""
    data, right = (a._data, b._data) if isinstance(a, Tensor) and isinstance(b, Tensor) else (a, b)
    x = matmul(inverse, right)
    for _ in range(2):
        x += matmul(inverse, right - matmul(data, x))
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return x
    return MatmulGradFn().record(x, PinvGradFn(data, inverse).record(inverse, a), b)
