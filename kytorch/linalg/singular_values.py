"""The singular value decomposition.

The rules are those of James Townsend, "Differentiating the singular value decomposition", 2016.
"""

from __future__ import annotations

import math
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from kytorch.linalg.checks import decomposed, matrices
from kytorch.ops.choice import where
from kytorch.ops.shape import unsqueeze
from kytorch.ops.singular import over
from kytorch.tensor.core import CONSTANT, A, GradFn, OneInputGradFn, Tensor, View, make
from kytorch.tensor.values import Array, lock

T = TypeVar("T")


class SVD(NamedTuple, Generic[T]):
    """x = U diag(S) Vh, with orthonormal columns of U and rows of Vh, and S sorted from the greatest down."""

    U: T
    S: T
    Vh: T


class FactorGradFn(OneInputGradFn):
    """One factor of x = u diag(s) v^T; it keeps all three, whose own rules its rule needs when it is differentiated."""

    __slots__ = ("_factors",)
    _factors: tuple[Array, Array, Array]

    def __init__(self, factors: tuple[Array, Array, Array]) -> None:
        self._factors = factors

    def _seen(self, view: View[A]) -> tuple[A, A, A]:
        """The factors as the rule sees them."""
        u, s, vh = self._factors
        return view(u, self._of(LeftGradFn)), view(s, self._of(ValuesGradFn)), view(vh, self._of(RightGradFn))

    def _of(self, kind: type[FactorGradFn]) -> GradFn:
        """The node of a factor of the same decomposition."""
        node = kind(self._factors)
        node._inputs, node._shapes = self._inputs, self._shapes
        return node


class ValuesGradFn(FactorGradFn):
    """ds = diag(u^T dx v)"""

    __slots__ = ()

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        u, _, vh = self._seen(view)
        k = g.shape[-1]
        return (_weighted(_columns(u, k), g, _rows(vh, k)),)


class LeftGradFn(FactorGradFn):
    """du = u (f * (e diag(s) + diag(s) e^T)) + (1 - u u^T) dx v diag(1/s), e = u^T dx v, f_ij = 1 / (s_j^2 - s_i^2)"""

    __slots__ = ()

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        u, s, vh = self._seen(view)
        return (_turned(g, u, s) @ _rows(vh, s.shape[-1]),)


class RightGradFn(FactorGradFn):
    """As du, of the transpose"""

    __slots__ = ()

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        u, s, vh = self._seen(view)
        return (_columns(u, s.shape[-1]) @ _turned(g.mT, vh.mT, s).mT,)


def _columns(x: A, k: int) -> A:
    return x if x.shape[-1] == k else x[..., :k]


def _rows(x: A, k: int) -> A:
    return x if x.shape[-2] == k else x[..., :k, :]


def _weighted(u: A, s: A, vh: A) -> A:
    """u diag(s) v^T"""
    y: A = (u * unsqueeze(s, -2)) @ vh
    return y


def _turned(g: A, u: A, s: A) -> A:
    """The gradient with respect to x v, given that with respect to u, and to those columns that make it square.

    For functions of these last ones that only depend on the space that they span, as projections do.
    """
    k, row = s.shape[-1], unsqueeze(s, -2)
    u_1, g_1 = _columns(u, k), _columns(g, k)
    inside = u_1.mT @ g_1
    column = unsqueeze(s, -1)
    gaps = where(np.eye(k, dtype=bool), math.inf, (row - column) * (row + column))
    turned: A = u_1 @ (over(inside - inside.mT, gaps) * row)
    if u.shape[-2] == k:
        return turned
    if u.shape[-1] == k:
        outside: A = g_1 - u_1 @ inside
    else:
        u_2 = u[..., k:]
        outside = u_2 @ (u_2.mT @ g_1 - (u_1.mT @ g[..., k:]).mT)
    turned = turned + over(outside, row)
    return turned


def svd(x: A, full_matrices: bool = True) -> SVD[A]:
    """The singular value decomposition of a matrix; U and Vh are square if `full_matrices`.

    The singular vectors have a gradient where the singular values differ; the singular values always have one.
    """
    data = matrices("linalg.svd", x)
    u, s, vh = factors = decomposed("linalg.svd", lambda data: np.linalg.svd(data, full_matrices), data)
    if not isinstance(x, Tensor):
        return SVD(u, s, vh)
    for factor in factors:
        lock(factor)
    kept = (u, s, vh)
    return SVD(LeftGradFn(kept).record(u, x), ValuesGradFn(kept).record(s, x), RightGradFn(kept).record(vh, x))


def svdvals(x: A) -> A:
    """The singular values of a matrix, from the greatest down."""
    data = matrices("linalg.svdvals", x)
    if isinstance(x, Tensor) and x.requires_grad:  # the gradient takes the singular vectors
        return svd(x, full_matrices=False).S
    s: Array = decomposed("linalg.svdvals", lambda data: np.linalg.svd(data, compute_uv=False), data)
    return make(s, CONSTANT) if isinstance(x, Tensor) else s
