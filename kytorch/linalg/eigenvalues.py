"""Eigenvalues and eigenvectors of symmetric matrices.

The rules are those of Mike Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation", 2008.
"""

from __future__ import annotations

import math
from typing import Generic, Literal, NamedTuple, TypeVar

import numpy as np

from kytorch.linalg.checks import decomposed, square
from kytorch.ops.choice import where
from kytorch.ops.shape import unsqueeze
from kytorch.ops.singular import over
from kytorch.tensor.core import CONSTANT, A, GradFn, OneInputGradFn, Tensor, View, make
from kytorch.tensor.values import Array, lock

T = TypeVar("T")


class Eigh(NamedTuple, Generic[T]):
    """x = v diag(w) v^T, with orthonormal columns of v, and w sorted from the least up."""

    eigenvalues: T
    eigenvectors: T


class EigenGradFn(OneInputGradFn):
    """One part of x = v diag(w) v^T; it keeps both, whose own rules its rule needs when it is differentiated."""

    __slots__ = ("_v", "_w")

    def __init__(self, w: Array, v: Array) -> None:
        self._w, self._v = w, v

    def _of(self, kind: type[EigenGradFn]) -> GradFn:
        """The node of a part of the same decomposition."""
        node = kind(self._w, self._v)
        node._inputs, node._shapes = self._inputs, self._shapes
        return node


class EigenvaluesGradFn(EigenGradFn):
    """dw = diag(v^T dx v)"""

    __slots__ = ()

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        return (_weighted(g, view(self._v, self._of(EigenvectorsGradFn))),)


class EigenvectorsGradFn(EigenGradFn):
    """dv = v (f * (v^T dx v)), f_ij = 1 / (w_j - w_i)"""

    __slots__ = ()

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        w, v = view(self._w, self._of(EigenvaluesGradFn)), view(self._v, self._of(EigenvectorsGradFn))
        gaps = where(np.eye(w.shape[-1], dtype=bool), math.inf, unsqueeze(w, -2) - unsqueeze(w, -1))
        inside = v.mT @ g
        return (
            v @ over(0.5 * (inside - inside.mT), gaps) @ v.mT,
        )  # symmetric, as the matrices are among which x moves


def _weighted(w: A, v: A) -> A:
    """v diag(w) v^T"""
    y: A = (v * unsqueeze(w, -2)) @ v.mT
    return y


def _side(name: str, side: str) -> Literal["L", "U"]:
    if side not in ("L", "U"):
        raise ValueError(f"{name}: UPLO {side!r} is neither 'L', the lower triangle, nor 'U', the upper one")
    return "L" if side == "L" else "U"


def eigh(x: A, UPLO: Literal["L", "U"] = "L") -> Eigh[A]:  # noqa: N803  # PyTorch's name
    """The eigenvalues and eigenvectors of a symmetric matrix, of which only the triangle `UPLO` is read.

    The eigenvectors have a gradient where the eigenvalues differ; the eigenvalues always have one.
    """
    data, side = square("linalg.eigh", x), _side("linalg.eigh", UPLO)
    w, v = decomposed("linalg.eigh", lambda data: np.linalg.eigh(data, side), data)
    if not isinstance(x, Tensor):
        return Eigh(w, v)
    lock(w)
    lock(v)
    return Eigh(EigenvaluesGradFn(w, v).record(w, x), EigenvectorsGradFn(w, v).record(v, x))


def eigvalsh(x: A, UPLO: Literal["L", "U"] = "L") -> A:  # noqa: N803  # PyTorch's name
    """The eigenvalues of a symmetric matrix, from the least up; only its triangle `UPLO` is read."""
    data, side = square("linalg.eigvalsh", x), _side("linalg.eigvalsh", UPLO)
    if isinstance(x, Tensor) and x.requires_grad:  # the gradient takes the eigenvectors
        return eigh(x, side).eigenvalues
    w: Array = decomposed("linalg.eigvalsh", lambda data: np.linalg.eigvalsh(data, side), data)
    return make(w, CONSTANT) if isinstance(x, Tensor) else w
