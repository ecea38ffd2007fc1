"""The determinant, and its logarithm."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

import numpy as np

from kytorch.kernels.blas import one_thread
from kytorch.kernels.matmul import matmul
from kytorch.linalg.checks import square
from kytorch.linalg.singular_values import svd
from kytorch.linalg.systems import InvGradFn
from kytorch.ops.reduce import sum
from kytorch.ops.shape import unsqueeze
from kytorch.ops.where import where
from kytorch.tensor.core import CONSTANT, OneInputGradFn, Tensor, View, make
from kytorch.tensor.core import A as V
from kytorch.tensor.methods.registry import method
from kytorch.tensor.rules import InputGradFn
from kytorch.tensor.values import Array

T = TypeVar("T")
MINORS = 8  # up to which size all minors without two rows and two columns are computed: 784 there


def _inverse(x: Array) -> Array:
    """The inverses of a batch of matrices, NaN for the singular ones."""
    try:
        with one_thread():
            y: Array = np.linalg.inv(x)
    except np.linalg.LinAlgError:
        y = np.full_like(x, np.nan)
        with one_thread():
            for index in np.argwhere(np.linalg.slogdet(x)[0] != 0):
                y[tuple(index)] = np.linalg.inv(x[tuple(index)])
    return y


def _is_regular(x: Array, inverse: Array, power: float) -> bool:
    """Whether all condition numbers are below the dtype's precision to `power`, or x is not finite in any case."""
    condition = np.abs(x).sum(-2).max(-1, initial=0) * np.abs(inverse).sum(-2).max(-1, initial=0)
    limit = np.finfo(x.dtype).eps ** power * x.shape[-1] ** 0.5  # the 1-norm grows with the root of the size
    return bool((condition < limit).all() or not np.isfinite(x).all())


class DetGradFn(OneInputGradFn):
    """y = det x,  dy = tr(adj(x) dx) = y tr(x^-1 dx)"""

    __slots__ = ("_x", "_y")

    def __init__(self, x: Array, y: Array) -> None:
        self._x, self._y = x, y

    def vjps(self, g: V, view: View[V]) -> tuple[V | None, ...]:
        x = view(self._x, self._inputs[0])
        inverse = _inverse(self._x)
        # Through the inverse the first derivative loses as many digits as the condition number has, the second
        # twice as many, and from a singular matrix there is no way; through the cofactors none loses any.
        if _is_regular(self._x, inverse, -0.25 if isinstance(g, Tensor) else -0.5):
            y = _recorded_inverse(inverse, x)
            return (unsqueeze(unsqueeze(g * view(self._y, self), -1), -1) * y.mT,)
        return (unsqueeze(unsqueeze(g, -1), -1) * _cofactors(x),)


def _recorded_inverse(inverse: Array, x: V) -> V:
    return InvGradFn().record(inverse, x) if isinstance(x, Tensor) else inverse


class CofactorsGradFn(InputGradFn):
    """y = det(u v^T) u diag(prod_{k != i} s_k) v^T, the transposed adjugate, for x = u diag(s) v^T;
    with e = u^T dx v, and p_ij = prod_{k != i, j} s_k, p_ii = 0:
    (u^T dy v)_ii = sum_j p_ij e_jj,  (u^T dy v)_ij = -p_ij e_ji, times det(u v^T)

    For cof(u x v^T) = det(u v^T) u cof(x) v^T (G. W. Stewart, "On the adjugate matrix", 1998), and of diag(s) + e the
    minor without row and column i is prod_{k != i} (s_k + e_kk) to first order in e, and that without row i and column
    j has but one product of first order, of e_ji and all s_k with k != i, j.
    """

    __slots__ = ()

    def vjp(self, g: V, x: V) -> V:
        if isinstance(g, Tensor) and x.shape[-1] <= MINORS:
            return _by_minors(g, x)
        u, s, vh = svd(x, full_matrices=False)
        n = s.shape[-1]
        diagonal = np.eye(n, dtype=bool)
        p: V = where(diagonal, 0.0, unsqueeze(s, -1) * 0.0 + 1.0)
        for k in range(n):
            apart = np.arange(n) != k
            p = p * where(apart[:, None] & apart, unsqueeze(unsqueeze(s[..., k], -1), -1), 1.0)
        h = u.mT @ g @ vh.mT
        on = sum(p * unsqueeze(sum(where(diagonal, h, 0.0), -1), -2), -1, True)
        middle = where(diagonal, on, -p * h.mT)
        y: V = (u @ middle @ vh) * _orientation(u, vh)
        return y


def _by_minors(g: V, x: V) -> V:
    """The same as sums of the minors without two rows and two columns, which have derivatives at every rank.

    d cof_ij / d x_kl = (-1)^(i + j + k + l) [k < i] [l < j] minor(ik, jl), where [] is 1 if so and else -1; 0 if k = i
    or l = j.
    """
    n = x.shape[-1]
    if n < 2:
        return g * 0.0
    first, second = np.triu_indices(n, 1)
    rest = np.array([[k for k in range(n) if k not in pair] for pair in zip(first, second)], np.int64)
    minors: V = det(x[..., rest[:, None, :, None], rest[:, None, :]])
    which = np.zeros((n, n), np.int64)
    which[first, second] = which[second, first] = np.arange(len(first))
    sign = np.zeros((n, n), x.dtype)
    sign[first, second] = (-1.0) ** (first + second)
    sign -= sign.T
    moved: V = minors[..., which[:, :, None, None], which] * (sign[:, :, None, None] * sign)
    y: V = sum(moved * unsqueeze(unsqueeze(g, -2), -4), (-3, -1))
    return y


def _orientation(u: V, vh: V) -> Array:
    """det(u v^T), which is 1 or -1, as a matrix."""
    left, right = (u._data, vh._data) if isinstance(u, Tensor) and isinstance(vh, Tensor) else (u, vh)
    sign: Array = np.sign(np.linalg.det(left) * np.linalg.det(right))[..., None, None]
    return sign


def _cofactors(x: V) -> V:
    data = x._data if isinstance(x, Tensor) else x
    with one_thread():
        u, s, vh = np.linalg.svd(data)
    others = np.where(np.eye(s.shape[-1], dtype=bool), s.dtype.type(1), s[..., None, :]).prod(-1)
    y: Array = matmul(u * others[..., None, :], vh) * _orientation(u, vh)
    return CofactorsGradFn().record(y, x) if isinstance(x, Tensor) else y


@method
def det(A: V) -> V:
    """The determinant of a square matrix; its gradient at a singular one is exact too."""
    data = square("linalg.det", A)
    with one_thread():
        y = np.asarray(np.linalg.det(data))
    return DetGradFn(data, y).record(y, A) if isinstance(A, Tensor) else y


class SignAndLogAbsDet(NamedTuple, Generic[T]):
    """The determinant as a sign and the logarithm of its absolute value."""

    sign: T
    logabsdet: T


class LogAbsDetGradFn(InputGradFn):
    """y = log |det x|,  dy = tr(x^-1 dx)"""

    __slots__ = ()

    def vjp(self, g: V, x: V) -> V:
        data = x._data if isinstance(x, Tensor) else x
        return unsqueeze(unsqueeze(g, -1), -1) * _recorded_inverse(_inverse(data), x).mT


def slogdet(A: V) -> SignAndLogAbsDet[V]:
    """The sign of the determinant of a square matrix, a constant, and the logarithm of its absolute value."""
    data = square("linalg.slogdet", A)
    with one_thread():
        sign, logabsdet = [np.asarray(part) for part in np.linalg.slogdet(data)]
    if isinstance(A, Tensor):
        return SignAndLogAbsDet(make(sign, CONSTANT), LogAbsDetGradFn().record(logabsdet, A))
    return SignAndLogAbsDet(sign, logabsdet)


@method
def logdet(x: V) -> V:
    """The logarithm of the determinant: NaN where that is negative. As a method only; slogdet has the sign too."""
    data = square("logdet", x)
    with one_thread():
        sign, logabsdet = np.linalg.slogdet(data)
    y: Array = np.where(sign < 0, data.dtype.type(np.nan), logabsdet)
    return LogAbsDetGradFn().record(y, x) if isinstance(x, Tensor) else y
