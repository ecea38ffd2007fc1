"""The singular value decomposition.

The rules are those of James Townsend, "Differentiating the singular value decomposition", 2016.
"""

from __future__ import annotations

import math
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from kytorch.linalg.checks import decomposed, matrices
from kytorch.linalg.ties import coinciding, data_of, joined, over_gaps, rounding, values_told, vectors_told
from kytorch.ops.shape import unsqueeze
from kytorch.ops.where import where
from kytorch.tensor.core import CONSTANT, GradFn, OneInputGradFn, Tensor, View, make
from kytorch.tensor.core import A as V
from kytorch.tensor.values import Array, lock

T = TypeVar("T")


class SVD(NamedTuple, Generic[T]):
    """x = U diag(S) Vh, with orthonormal columns of U and rows of Vh, and S sorted from the greatest down."""

    U: T
    S: T
    Vh: T


class FactorGradFn(OneInputGradFn):
    """One factor of x = u diag(s) v^T; it keeps all three, whose own rules its rule needs when it is differentiated."""

    __slots__ = ("_factors", "_tied")
    _factors: tuple[Array, Array, Array]

    def __init__(self, factors: tuple[Array, Array, Array], tied: Array | None) -> None:
        self._factors, self._tied = factors, tied

    def _seen(self, view: View[V]) -> tuple[V, V, V]:
        """The factors as the rule sees them."""
        u, s, vh = self._factors
        return view(u, self._of(LeftGradFn)), view(s, self._of(ValuesGradFn)), view(vh, self._of(RightGradFn))

    def _of(self, kind: type[FactorGradFn]) -> GradFn:
        """The node of a factor of the same decomposition."""
        node = kind(self._factors, self._tied)
        node._inputs, node._shapes = self._inputs, self._shapes
        return node

    def _told(self, g: V, term: V) -> tuple[V | None, ...]:
        """What the rule of vectors, the columns of g, answers."""
        s = self._factors[1]
        return vectors_told(self, g, s, self._tied, term, _zeros(s) if g.shape[-2] > s.shape[-1] else None)


class ValuesGradFn(FactorGradFn):
    """ds = diag(u^T dx v)"""

    __slots__ = ()

    def vjps(self, g: V, view: View[V]) -> tuple[V | None, ...]:
        u, _, vh = self._seen(view)
        k = g.shape[-1]
        return values_told(self, _weighted(_columns(u, k), g, _rows(vh, k)))


class LeftGradFn(FactorGradFn):
    """du = u (f * (e diag(s) + diag(s) e^T)) + (1 - u u^T) dx v diag(1/s), e = u^T dx v, f_ij = 1 / (s_j^2 - s_i^2)"""

    __slots__ = ()

    def vjps(self, g: V, view: View[V]) -> tuple[V | None, ...]:
        u, s, vh = self._seen(view)
        term: V = _turned(g, u, s, self._tied) @ _rows(vh, s.shape[-1])
        return self._told(g, term)


class RightGradFn(FactorGradFn):
    """As du, of the transpose"""

    __slots__ = ()

    def vjps(self, g: V, view: View[V]) -> tuple[V | None, ...]:
        u, s, vh = self._seen(view)
        term: V = _columns(u, s.shape[-1]) @ _turned(g.mT, vh.mT, s, self._tied).mT
        return self._told(g.mT, term)


def _columns(x: V, k: int) -> V:
    return x if x.shape[-1] == k else x[..., :k]


def _rows(x: V, k: int) -> V:
    return x if x.shape[-2] == k else x[..., :k, :]


def _weighted(u: V, s: V, vh: V) -> V:
    """u diag(s) v^T"""
    y: V = (u * unsqueeze(s, -2)) @ vh
    return y


def _turned(g: V, u: V, s: V, tied: Array | None) -> V:
    """The gradient with respect to x v, given that with respect to u, and to those columns that make it square.

    For functions of these last ones that only depend on the space that they span, as projections do.
    """
    k, row = s.shape[-1], unsqueeze(s, -2)
    u_1, g_1 = _columns(u, k), _columns(g, k)
    inside = u_1.mT @ g_1
    column = unsqueeze(s, -1)
    gaps = where(np.eye(k, dtype=bool), math.inf, (row - column) * (row + column))
    turned: V = u_1 @ (over_gaps(inside - inside.mT, gaps, tied, g) * row)
    if u.shape[-2] == k:
        return turned
    if u.shape[-1] == k:
        outside: V = g_1 - u_1 @ inside
    else:
        u_2 = u[..., k:]
        outside = u_2 @ (u_2.mT @ g_1 - (u_1.mT @ g[..., k:]).mT)
    zeros = _zeros(s)
    turned = turned + over_gaps(outside, row, zeros[..., None, :] if zeros.any() else None, g)
    return turned


def _zeros(s: V) -> Array:
    """Which singular values may be 0."""
    values = data_of(s)
    y: Array = values <= rounding(values)[..., 0]
    return y


def svd(A: V, full_matrices: bool = True) -> SVD[V]:
    """The singular value decomposition of a matrix; U and Vh are square if `full_matrices`.

    The singular values always have a gradient. The singular vectors have one where these differ; where some are equal,
    what depends on the span of their vectors alone has it too, and all else NaN.
    """
    data = matrices("linalg.svd", A)
    u, s, vh = factors = decomposed("linalg.svd", lambda data: np.linalg.svd(data, full_matrices), data)
    if not isinstance(A, Tensor):
        return SVD(u, s, vh)
    for factor in factors:
        lock(factor)
    kept, tied = (u, s, vh), coinciding(s) if A.requires_grad else None
    left, values, right = LeftGradFn(kept, tied), ValuesGradFn(kept, tied), RightGradFn(kept, tied)
    answer = SVD(left.record(u, A), values.record(s, A), right.record(vh, A))
    if tied is not None or (data.shape[-1] != data.shape[-2] and _zeros(s).any()):
        joined((left, values, right), A)
    return answer


def svdvals(A: V) -> V:
    """The singular values of a matrix, from the greatest down."""
    data = matrices("linalg.svdvals", A)
    if isinstance(A, Tensor) and A.requires_grad:  # the gradient takes the singular vectors
        return svd(A, full_matrices=False).S
    s: Array = decomposed("linalg.svdvals", lambda data: np.linalg.svd(data, compute_uv=False), data)
    return make(s, CONSTANT) if isinstance(A, Tensor) else s
