"""Eigenvalues and eigenvectors of symmetric matrices.

The rules are those of Mike Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation", 2008.
"""

from __future__ import annotations

import math
from typing import Generic, Literal, NamedTuple, TypeVar

import numpy as np

from kytorch.linalg.checks import decomposed, not_converged, square
from kytorch.linalg.ties import coinciding, joined, over_gaps, values_told, vectors_told
from kytorch.ops.shape import unsqueeze
from kytorch.ops.where import where
from kytorch.tensor.core import CONSTANT, GradFn, OneInputGradFn, Tensor, View, make
from kytorch.tensor.core import A as V
from kytorch.tensor.values import Array, lock

T = TypeVar("T")


class Eigh(NamedTuple, Generic[T]):
    """x = v diag(w) v^T, with orthonormal columns of v, and w sorted from the least up."""

    eigenvalues: T
    eigenvectors: T


class EigenGradFn(OneInputGradFn):
    """One part of x = v diag(w) v^T; it keeps both, whose own rules its rule needs when it is differentiated."""

    __slots__ = ("_tied", "_v", "_w")

    def __init__(self, w: Array, v: Array, tied: Array | None) -> None:
        self._w, self._v, self._tied = w, v, tied

    def _of(self, kind: type[EigenGradFn]) -> GradFn:
        """The node of a part of the same decomposition."""
        node = kind(self._w, self._v, self._tied)
        node._inputs, node._shapes = self._inputs, self._shapes
        return node


class EigenvaluesGradFn(EigenGradFn):
    """dw = diag(v^T dx v)"""

    __slots__ = ()

    def vjps(self, g: V, view: View[V]) -> tuple[V | None, ...]:
        return values_told(self, _weighted(g, view(self._v, self._of(EigenvectorsGradFn))))


class EigenvectorsGradFn(EigenGradFn):
    """dv = v (f * (v^T dx v)), f_ij = 1 / (w_j - w_i)"""

    __slots__ = ()

    def vjps(self, g: V, view: View[V]) -> tuple[V | None, ...]:
        w, v = view(self._w, self._of(EigenvaluesGradFn)), view(self._v, self._of(EigenvectorsGradFn))
        gaps = where(np.eye(w.shape[-1], dtype=bool), math.inf, unsqueeze(w, -2) - unsqueeze(w, -1))
        inside = v.mT @ g
        turned = over_gaps(0.5 * (inside - inside.mT), gaps, self._tied, g)
        # Symmetric, as the matrices are among which x moves.
        return vectors_told(self, g, self._w, self._tied, v @ turned @ v.mT)


def _weighted(w: V, v: V) -> V:
    """v diag(w) v^T"""
    y: V = (v * unsqueeze(w, -2)) @ v.mT
    return y


def _side(name: str, side: str) -> Literal["L", "U"]:
    if side not in ("L", "U"):
        raise ValueError(f"{name}: UPLO {side!r} is neither 'L', the lower triangle, nor 'U', the upper one")
    return "L" if side == "L" else "U"


def eigh(A: V, UPLO: Literal["L", "U"] = "L") -> Eigh[V]:
    """The eigenvalues and eigenvectors of a symmetric matrix, of which only the triangle `UPLO` is read.

    The eigenvalues always have a gradient. The eigenvectors have one where the eigenvalues differ; where some are
    equal, what depends on the span of their vectors alone has it too, and all else NaN.
    """
    data, side = square("linalg.eigh", A), _side("linalg.eigh", UPLO)
    w, v = decomposed("linalg.eigh", lambda data: np.linalg.eigh(data, side), data, False)
    _check_finite("linalg.eigh", data, w)
    if not isinstance(A, Tensor):
        return Eigh(w, v)
    lock(w)
    lock(v)
    tied = coinciding(w) if A.requires_grad else None
    values, vectors = EigenvaluesGradFn(w, v, tied), EigenvectorsGradFn(w, v, tied)
    answer = Eigh(values.record(w, A), vectors.record(v, A))
    if tied is not None:
        joined((values, vectors), A)
    return answer


def eigvalsh(A: V, UPLO: Literal["L", "U"] = "L") -> V:
    """The eigenvalues of a symmetric matrix, from the least up; only its triangle `UPLO` is read."""
    data, side = square("linalg.eigvalsh", A), _side("linalg.eigvalsh", UPLO)
    if isinstance(A, Tensor) and A.requires_grad:  # the gradient takes the eigenvectors
        return eigh(A, side).eigenvalues
    w: Array = decomposed("linalg.eigvalsh", lambda data: np.linalg.eigvalsh(data, side), data, False)
    _check_finite("linalg.eigvalsh", data, w)
    return make(w, CONSTANT) if isinstance(A, Tensor) else w


def _check_finite(name: str, x: Array, w: Array) -> None:
    """Raises numpy.linalg.LinAlgError, as `svd` does, for what LAPACK answers NaN for, or skips on the diagonal."""
    if not math.isfinite(np.add.reduce(w, None) + np.add.reduce(np.einsum("...ii->...i", x), None)):
        finite = np.isfinite(w).all(-1) & np.isfinite(np.einsum("...ii->...i", x)).all(-1)
        if not finite.all():
            raise not_converged(name, ~finite, x)
