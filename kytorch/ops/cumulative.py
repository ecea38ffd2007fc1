"""Running sums, products and extrema along a dimension, and differences."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kytorch.kernels import cumulative as kernels
from kytorch.ops.dtype import to
from kytorch.ops.exponential import exp
from kytorch.ops.join import cat
from kytorch.ops.take_along import TakeAlongGradFn
from kytorch.ops.where import where
from kytorch.tensor.core import CONSTANT, A, Tensor, UnaryGradFn, View, make
from kytorch.tensor.dims import one_dim, whole
from kytorch.tensor.methods.answers import ValuesAndIndices
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import alike, array_of
from kytorch.tensor.rules import InputOutputGradFn
from kytorch.tensor.values import Array, Shape

# By the bytes of a number: while log sums differ by less, e to the power of their difference has digits to spare.
_SPREAD = {2: 4.0, 4: 30.0, 8: 300.0}


def _part(x: A, dim: int, start: int | None, stop: int | None) -> A:
    """x[start:stop] along `dim`."""
    y: A = x[(slice(None),) * dim + (slice(start, stop),)]
    return y


class CumsumGradFn(UnaryGradFn):
    """y_i = sum of x_j for j <= i, or for j >= i: each is the other's rule"""

    __slots__ = ("_backwards", "_dim")

    def __init__(self, dim: int, backwards: bool) -> None:
        self._dim = dim
        self._backwards = backwards

    def vjp(self, g: A) -> A:
        return _cumsum(g, self._dim, not self._backwards)


def _cumsum(x: A, dim: int, backwards: bool) -> A:
    if isinstance(x, Tensor):
        return CumsumGradFn(dim, backwards).record(kernels.accumulate(np.add, x._data, dim, backwards), x)
    return kernels.accumulate(np.add, x, dim, backwards)


@method
def cumsum(x: A, dim: int, *, dtype: npt.DTypeLike | None = None) -> A:
    """The running sum of `x` along `dim`; integers and bool are summed as int64. `dtype` converts `x` first."""
    if dtype is not None:
        x = to(x, dtype)
    return _cumsum(x, one_dim("cumsum", dim, array_of("cumsum", x).ndim), False)


class _RunningGradFn(InputOutputGradFn):
    """Something that runs along a dimension of one or more elements, with a rule that reads x and y."""

    __slots__ = ("_dim",)

    def __init__(self, dim: int) -> None:
        self._dim = dim

    def rule(self, g: A, x: A, y: A, view: View[A]) -> A:
        """The gradient with respect to x."""
        raise NotImplementedError(f"{self.name} has no rule")

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        if not self._x.ndim or not self._x.size:
            return (g,)
        return (self.rule(g, view(self._x, self._inputs[0]), view(self._y, self), view),)


def _recurrence(b: A, a: A, dim: int) -> A:
    """y_i = b_i + a_i y_(i+1), where a has one element less: by doubling, and dividing by nothing.

    Hillis and Steele, Data Parallel Algorithms, 1986.
    """
    n, step = b.shape[dim], 1
    while step < n:
        sums: A = _part(b, dim, None, n - step) + a * _part(b, dim, step, None)
        b = cat([sums, _part(b, dim, n - step, None)], dim)
        if 2 * step < n:
            a = _part(a, dim, None, n - 2 * step) * _part(a, dim, step, None)
        step *= 2
    return b


class CumprodGradFn(_RunningGradFn):
    """y_i = x_0 ... x_i,  dy_i = sum over j <= i of (y_i / x_j) dx_j, without the division if an x_j is 0"""

    __slots__ = ()

    def rule(self, g: A, x: A, y: A, view: View[A]) -> A:
        dim, data = self._dim, self._x
        if np.count_nonzero(data) == data.size:
            answer: A = _cumsum(g * y, dim, True) / x
            return answer
        one = view(np.ones_like(_part(data, dim, None, 1)), CONSTANT)
        before = cat([one, _part(y, dim, None, -1)], dim)
        return before * _recurrence(g, _part(x, dim, 1, None), dim)


@method
def cumprod(x: A, dim: int, *, dtype: npt.DTypeLike | None = None) -> A:
    """The running product of `x` along `dim`, with exact gradients at zeros; of integers and bool as int64.

    `dtype` converts `x` first.
    """
    if dtype is not None:
        x = to(x, dtype)
    array = array_of("cumprod", x)
    at = one_dim("cumprod", dim, array.ndim)
    y = kernels.accumulate(np.multiply, array, at, False)
    if isinstance(x, Tensor):
        return CumprodGradFn(at).record(y, x)
    return y


class LogcumsumexpGradFn(_RunningGradFn):
    """y_i = log(e^x_0 + ... + e^x_i),  dy_i = sum over j <= i of e^(x_j - y_i) dx_j"""

    __slots__ = ()

    def rule(self, g: A, x: A, y: A, view: View[A]) -> A:
        dim = self._dim
        first, last = _part(self._y, dim, None, 1), _part(self._y, dim, -1, None)
        if (last - first).max() < _SPREAD[self._y.itemsize]:
            middle = view(last, CONSTANT)
            return exp(x - middle) * _cumsum(g * exp(middle - y), dim, True)
        # Factors of at most 1, whose products do not overflow. Before the first term y is -inf, and they are 0.
        finite = where(self._y == -np.inf, 0.0, y)
        falls: A = _part(y, dim, None, -1) - _part(finite, dim, 1, None)
        infinite = (_part(self._y, dim, None, -1) == np.inf) & (_part(self._y, dim, 1, None) == np.inf)
        factors = exp(where(infinite, 0.0, falls) if infinite.any() else falls)
        return exp(x - finite) * _recurrence(g, factors, dim)


@method
def logcumsumexp(x: A, dim: int) -> A:
    """log of the running sum of e^x along `dim`, without overflow."""
    array = array_of("logcumsumexp", x)
    at = one_dim("logcumsumexp", dim, array.ndim)
    y = kernels.logcumsumexp(array, at)
    if isinstance(x, Tensor):
        return LogcumsumexpGradFn(at).record(y, x)
    return y


class RunningExtremumGradFn(TakeAlongGradFn):
    """y_i = the greatest or least of x_0 ... x_i; the last of equals takes the gradient"""

    __slots__ = ()


@method
def cummax(x: A, dim: int) -> ValuesAndIndices[A]:
    """The greatest element so far along `dim`, and the last place so far where it is. NaN is the greatest."""
    return _running("cummax", np.maximum, x, dim)


@method
def cummin(x: A, dim: int) -> ValuesAndIndices[A]:
    """The least element so far along `dim`, and the last place so far where it is. NaN is the least."""
    return _running("cummin", np.minimum, x, dim)


def _running(name: str, function: np.ufunc, x: A, dim: int) -> ValuesAndIndices[A]:
    array = array_of(name, x)
    at = one_dim(name, dim, array.ndim)
    y, indices = kernels.extremum(function, array, at)
    if isinstance(x, Tensor):
        values = RunningExtremumGradFn(indices, at, False).record(y, x)
        return ValuesAndIndices(values, make(indices, CONSTANT))
    return ValuesAndIndices(y, indices)


class DiffGradFn(UnaryGradFn):
    """y_i = x_(i+1) - x_i"""

    __slots__ = ("_dim",)

    def __init__(self, dim: int) -> None:
        self._dim = dim

    def vjp(self, g: A) -> A:
        return _transposed_difference(g, self._dim, self._shapes[0])


class TransposedDiffGradFn(DiffGradFn):
    """y_i = x_(i-1) - x_i, with zeros beyond the ends: the transpose of the difference"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return _difference(g, self._dim)


def _difference(x: A, dim: int) -> A:
    if isinstance(x, Tensor):
        return DiffGradFn(dim).record(kernels.difference(x._data, dim), x)
    return kernels.difference(x, dim)


def _transposed_difference(g: A, dim: int, shape: Shape) -> A:
    if isinstance(g, Tensor):
        y = kernels.transposed_difference(g._data, dim, shape)
        return TransposedDiffGradFn(dim).record(y, g)
    return kernels.transposed_difference(g, dim, shape)


@method
def diff(x: A, n: int = 1, dim: int = -1, prepend: A | Array | None = None, append: A | Array | None = None) -> A:
    """x[1:] - x[:-1] along `dim`, `n` times, after `prepend` and `append` are joined to `x`; of bool, `!=`.

    Raises ValueError for a scalar, a negative `n`, or what cannot be joined.
    """
    array = array_of("diff", x)
    if not array.ndim:
        raise ValueError("diff: a scalar has no neighbours; expected one or more dimensions")
    if whole("diff", "n", n) < 0:
        raise ValueError(f"diff: n is {n}; expected 0 or more")
    at = one_dim("diff", dim, array.ndim)
    given = [part for part in (prepend, x, append) if part is not None]
    if len(given) > 1:
        parts: tuple[A, ...] = alike("diff", *given)
        for others in parts:
            if others.ndim != array.ndim or any(
                i != at and m != k for i, (m, k) in enumerate(zip(others.shape, array.shape))
            ):
                raise ValueError(
                    f"diff: shape {others.shape} cannot be joined to {array.shape} along dim {at}; "
                    "the other sizes must be equal"
                )
        x = cat(parts, at)
    for _ in range(min(n, x.shape[at] + 1)):  # then nothing is left
        x = _difference(x, at)
    return x
