"""Cholesky's factor and the QR decomposition."""

from __future__ import annotations

from typing import Generic, Literal, NamedTuple, TypeVar

import numpy as np

from kytorch.kernels.blas import one_thread
from kytorch.linalg.checks import matrices, square, which
from kytorch.linalg.systems import inv, solve_triangular, triangle
from kytorch.ops.join import cat
from kytorch.ops.permute import transpose
from kytorch.tensor.core import CONSTANT, GradFn, OneInputGradFn, Tensor, View, make
from kytorch.tensor.core import A as V
from kytorch.tensor.rules import OutputGradFn
from kytorch.tensor.values import Array, lock

T = TypeVar("T")


class CholeskyGradFn(OutputGradFn):
    """x = y y^T,  dy = y low(y^-1 dx y^-T), where low halves the diagonal and drops what is above it

    Iain Murray, "Differentiation of the Cholesky decomposition", 2016.
    """

    __slots__ = ()

    def vjp(self, g: V, y: V) -> V:
        inverse = inv(y)
        return inverse.mT @ (0.5 * _mirrored(y.mT @ g)) @ inverse


def _mirrored(x: V) -> V:
    """The symmetric matrix with the lower triangle of x."""
    n, lower = x.shape[-1], x * triangle(x.shape[-1], x.dtype, False)
    y: V = lower + (x * triangle(n, x.dtype, False, True)).mT
    return y


def cholesky(A: V, *, upper: bool = False) -> V:
    """The lower triangular y with y y^T = x, for a symmetric positive definite x, or y^T if `upper`.

    Only the lower triangle of `A` is read; the gradient is symmetric. Raises numpy.linalg.LinAlgError for an `A` that
    is not positive definite.
    """
    data = square("linalg.cholesky", A)
    try:
        with one_thread():
            factor: Array = np.linalg.cholesky(data)
    except np.linalg.LinAlgError:
        raise _indefinite(data) from None
    y = CholeskyGradFn().record(factor, A) if isinstance(A, Tensor) else factor
    return transpose(y, -2, -1) if upper else y


def _indefinite(x: Array) -> np.linalg.LinAlgError:
    wrong = np.zeros(x.shape[:-2], bool)
    for index in np.ndindex(wrong.shape):
        try:
            np.linalg.cholesky(x[index])
        except np.linalg.LinAlgError:
            wrong[index] = True
    return np.linalg.LinAlgError(
        f"linalg.cholesky: {which(wrong)} is not positive definite; adding a small multiple of eye(n) may make it so"
    )


class QR(NamedTuple, Generic[T]):
    """x = Q R, with orthonormal columns of Q and an upper triangular R."""

    Q: T
    R: T


class QRGradFn(OneInputGradFn):
    """One factor of x = q r; it keeps both, whose own rules its rule needs when it is differentiated.

    Sebastian Walter, Lutz Lehmann, "Algorithmic differentiation of linear algebra functions", 2010, and for a wide x
    Denisa Roberts, Lucas Roberts, "QR and LQ decomposition matrix backpropagation algorithms", 2020.
    """

    __slots__ = ("_q", "_r")

    def __init__(self, q: Array, r: Array) -> None:
        self._q, self._r = q, r

    def _seen(self, view: View[V]) -> tuple[V, V]:
        if self._q.shape[-1] > self._shapes[0][-1]:
            raise NotImplementedError(
                f"linalg.qr: of shape {self._shapes[0]}, with more rows than columns, mode='complete' has no gradient: "
                "the last columns of Q are not determined; mode='reduced' leaves them out"
            )
        return view(self._q, self._of(QGradFn)), view(self._r, self._of(RGradFn))

    def _of(self, kind: type[QRGradFn]) -> GradFn:
        """The node of a factor of the same decomposition."""
        node = kind(self._q, self._r)
        node._inputs, node._shapes = self._inputs, self._shapes
        return node


class QGradFn(QRGradFn):
    """dq = q skew + (1 - q q^T) dx r^-1"""

    __slots__ = ()

    def vjps(self, g: V, view: View[V]) -> tuple[V | None, ...]:
        q, r = self._seen(view)
        k, inside = q.shape[-1], q.mT @ g
        g_qr = q @ _turned(inside)
        if q.shape[-2] > k:
            g_qr = g_qr + (g - q @ inside)
        g_x = _divided(g_qr, r[..., :k])
        return (g_x if r.shape[-1] == k else cat([g_x, r[..., k:] * 0.0], -1),)


class RGradFn(QRGradFn):
    """dr = q^T dx - skew r"""

    __slots__ = ()

    def vjps(self, g: V, view: View[V]) -> tuple[V | None, ...]:
        q, r = self._seen(view)
        k = q.shape[-1]
        if r.shape[-1] == k:
            return (_divided(q @ _mirrored(r @ g.mT), r),)
        r_1, r_2, g_1, g_2 = r[..., :k], r[..., k:], g[..., :k], g[..., k:]
        g_x = _divided(q @ (_turned(r_2 @ g_2.mT) + _mirrored(r_1 @ g_1.mT)), r_1)
        return (cat([g_x, q @ g_2], -1),)


def _turned(inside: V) -> V:
    """What is below the diagonal of q^T g - g^T q, given q^T g: what of g turns q."""
    return (inside - inside.mT) * triangle(inside.shape[-1], inside.dtype, False, True)


def _divided(x: V, r: V) -> V:
    """x r^-T"""
    return solve_triangular(r.mT, x, upper=False, left=False)


def qr(A: V, mode: Literal["reduced", "complete", "r"] = "reduced") -> QR[V]:
    """The QR decomposition of a matrix.

    For an (n, m) matrix, with k = min(n, m), Q is (n, k) and R (k, m); if `mode` is "complete", (n, n) and (n, m);
    if it is "r", Q is empty. There is a gradient where the first k columns are independent, but none for "complete"
    with n > m.
    """
    data = matrices("linalg.qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"linalg.qr: mode {mode!r} is none of 'reduced', 'complete' and 'r'")
    with one_thread():
        q, r = np.linalg.qr(data, "complete" if mode == "complete" else "reduced")
    empty = np.empty(0, data.dtype)
    if not isinstance(A, Tensor):
        return QR(empty if mode == "r" else q, r)
    lock(q)
    lock(r)
    return QR(make(empty, CONSTANT) if mode == "r" else QGradFn(q, r).record(q, A), RGradFn(q, r).record(r, A))
