"""Eigenvalues, or singular values, that coincide: where the vectors that belong to them have a derivative.

These vectors may be turned among themselves. So what depends on them alone, as a projection on their span does, changes
by 0 with them if it has a derivative at all. What depends on the values too, as v diag(f(w)) v^T does, changes by f',
which no rule can tell from the gradients that come in: there, NaN, as 0 / 0 is. (Values from another decomposition of
the same matrix are not recognised as its own.)
"""

from __future__ import annotations

import math

import numpy as np

from kytorch.linalg.checks import constant_like
from kytorch.ops.singular import over
from kytorch.ops.where import where
from kytorch.tensor.core import CONSTANT, GradFn, OneInputGradFn, Tensor, View
from kytorch.tensor.core import A as V
from kytorch.tensor.values import Array


class TiesGradFn(OneInputGradFn):
    """y = (0, 0), made from x; its gradient counts the uses of x's values and of its tied vectors,  dy = 0, or NaN
    where there are both
    """

    __slots__ = ()

    def vjps(self, g: V, view: View[V]) -> tuple[V | None, ...]:
        used = data_of(g) > 0
        lost = (used[..., 0] & used[..., 1])[..., None, None]
        dtype = g.dtype.type
        return (constant_like(np.where(lost, dtype(math.nan), np.zeros(self._shapes[0], dtype)), g),)


def data_of(x: Tensor | Array) -> Array:
    """The array of `x`."""
    return x._data if isinstance(x, Tensor) else x


def rounding(values: Array) -> Array:
    """How far apart computed values are that may be equal, with two dimensions more."""
    eps = values.dtype.type(np.finfo(values.dtype).eps * values.shape[-1])
    y: Array = np.abs(values).max(-1, initial=0)[..., None, None] * eps
    return y


def coinciding(values: Array) -> Array | None:
    """Which pairs of the values, which are sorted, may be equal, as (..., n, n); None if none are."""
    if values.shape[-1] < 2:
        return None
    near = rounding(values)
    if not (np.abs(values[..., 1:] - values[..., :-1]) <= near[..., 0]).any():
        return None
    pairs: Array = np.abs(values[..., :, None] - values[..., None, :]) <= near
    pairs &= ~np.eye(values.shape[-1], dtype=bool)
    return pairs


def values_told(node: GradFn, term: V) -> tuple[V | None, ...]:
    """What a rule of values answers: its gradient, and to the ties, if there are any, that the values are used."""
    if len(node._inputs) == 1:
        return (term,)
    used = np.zeros(node._shapes[1], term.dtype)
    used[..., 0] = 1
    return term, constant_like(used, term)


def vectors_told(
    node: GradFn, g: V, values: Array, tied: Array | None, term: V, zeros: Array | None = None
) -> tuple[V | None, ...]:
    """The same of vectors, the columns of g, and which are tied, or undone by values that are 0.

    If that is so but for rounding only, those without a gradient do not count.
    """
    if len(node._inputs) == 1:
        return (term,)
    moved = (data_of(g) != 0).any(-2)[..., : values.shape[-1]]
    used = np.zeros(node._shapes[1], term.dtype)
    if tied is not None:
        exact = values[..., :, None] == values[..., None, :]
        used[..., 1] += (tied & (exact | moved[..., :, None] | moved[..., None, :])).any((-2, -1))
    if zeros is not None:
        used[..., 1] += (zeros & ((values == 0) | moved)).any(-1)
    return term, constant_like(used, term)


def joined(nodes: tuple[GradFn, ...], x: Tensor) -> None:
    """Make x's ties an input of the nodes of the factors of x."""
    if x._grad_fn is CONSTANT:
        return
    ties, shape = TiesGradFn(), (*x.shape[:-2], 2)
    ties._inputs, ties._shapes = (x._grad_fn,), (x.shape,)
    for node in nodes:
        node._inputs, node._shapes = (x._grad_fn, ties), (x.shape, shape)


def over_gaps(numerator: V, gaps: V, tied: Array | None, g: V) -> V:
    """numerator / gaps; where `tied` 0 if the numerator is 0 but for the rounding of sums of g, else NaN."""
    if tied is None:
        return over(numerator, gaps)
    size, greatest = np.abs(data_of(numerator)), np.abs(data_of(g)).max((-2, -1), keepdims=True, initial=0)
    moved = tied & ~(size <= greatest * (10 * np.finfo(size.dtype).eps * max(g.shape[-2:])))
    apart = np.where(moved, size.dtype.type(math.nan), size.dtype.type(math.inf))
    return over(numerator, where(tied, constant_like(apart, gaps), gaps))
