"""The nodes of convolution, its transpose and its weight's gradient, each of which is the others' derivative."""

from __future__ import annotations

from kytorch.kernels import convolution as kernels
from kytorch.kernels.columns import Geometry
from kytorch.ops.reduce import sum
from kytorch.tensor.core import CONSTANT, A, Tensor, View
from kytorch.tensor.rules import NaryGradFn
from kytorch.tensor.values import Array


class _BilinearGradFn(NaryGradFn):
    """y = f(a, b), plus c of each channel if there is one, for f linear in each"""

    __slots__ = ("_a", "_b", "_geometry")
    _a: Array
    _b: Array

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry

    def vjp_a(self, g: A, b: A) -> A:
        """The gradient with respect to a."""
        raise NotImplementedError(f"{self.name} has no rule for a")

    def vjp_b(self, g: A, a: A) -> A:
        """The gradient with respect to b."""
        raise NotImplementedError(f"{self.name} has no rule for b")

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        a_fn, b_fn, *c_fn = self._inputs
        g_a = None if a_fn is CONSTANT else self.vjp_a(g, view(self._b, b_fn))
        g_b = None if b_fn is CONSTANT else self.vjp_b(g, view(self._a, a_fn))
        if not c_fn:
            return g_a, g_b
        return g_a, g_b, None if c_fn[0] is CONSTANT else _sum_of_channels(g)

    def record(self, y: Array, *inputs: Tensor) -> Tensor:
        a, b = inputs[:2]
        if b._grad_fn is not CONSTANT:
            self._a = a._data
        if a._grad_fn is not CONSTANT:
            self._b = b._data
        return NaryGradFn.record(self, y, *inputs)


def _sum_of_channels(g: A) -> A:
    if isinstance(g, Tensor):
        return sum(g, (0, *range(2, g.ndim)))
    return kernels.sum_of_channels(g)


class ConvGradFn(_BilinearGradFn):
    """y[n, o, p] = sum of w[o, c, k] x[n, c, p stride + k dilation - low] over c and k"""

    __slots__ = ()

    def vjp_a(self, g: A, b: A) -> A:
        return transposed(self._geometry, g, b)

    def vjp_b(self, g: A, a: A) -> A:
        return weight_gradient(self._geometry, a, g)


class ConvTransposeGradFn(_BilinearGradFn):
    """x[n, c, i] = sum of w[o, c, k] y[n, o, p] over o and all p, k with p stride + k dilation - low = i"""

    __slots__ = ()

    def vjp_a(self, g: A, b: A) -> A:
        return convolution(self._geometry, g, b)

    def vjp_b(self, g: A, a: A) -> A:
        return weight_gradient(self._geometry, g, a)


class ConvWeightGradFn(_BilinearGradFn):
    """w[o, c, k] = sum of y[n, o, p] x[n, c, p stride + k dilation - low] over n and p"""

    __slots__ = ()

    def vjp_a(self, g: A, b: A) -> A:
        return transposed(self._geometry, b, g)

    def vjp_b(self, g: A, a: A) -> A:
        return convolution(self._geometry, a, g)


def convolution(geometry: Geometry, x: A, w: A, bias: A | None = None) -> A:
    """The convolution of x by w, plus `bias` of each channel."""
    if isinstance(x, Tensor):
        b = None if bias is None else bias._data
        y = kernels.convolution(x._data, w._data, b, geometry)
        return ConvGradFn(geometry).record(y, x, w, *(() if bias is None else (bias,)))
    return kernels.convolution(x, w, bias, geometry)


def transposed(geometry: Geometry, y: A, w: A, bias: A | None = None) -> A:
    """The gradient with respect to x, given that with respect to the convolution, plus `bias` of each channel."""
    if isinstance(y, Tensor):
        b = None if bias is None else bias._data
        x = kernels.transposed(y._data, w._data, b, geometry)
        return ConvTransposeGradFn(geometry).record(x, y, w, *(() if bias is None else (bias,)))
    return kernels.transposed(y, w, bias, geometry)


def weight_gradient(geometry: Geometry, x: A, y: A) -> A:
    """The gradient with respect to w, given that with respect to the convolution."""
    if isinstance(x, Tensor):
        w = kernels.weight_gradient(x._data, y._data, geometry)
        return ConvWeightGradFn(geometry).record(w, x, y)
    return kernels.weight_gradient(x, y, geometry)
