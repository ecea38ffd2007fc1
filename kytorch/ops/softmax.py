"""Softmax, its logarithm, and the logarithm of a sum of exponentials."""

from __future__ import annotations

from collections.abc import Sequence

import numpy.typing as npt

from kytorch.kernels import softmax as kernels
from kytorch.ops.dtype import to
from kytorch.ops.exponential import exp
from kytorch.ops.reduce import as_floats, kept, sum
from kytorch.tensor.core import A, Tensor
from kytorch.tensor.dims import many_dims, one_dim
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of
from kytorch.tensor.rules import InputOutputGradFn, OutputGradFn


class LogsumexpGradFn(InputOutputGradFn):
    """y = log sum e^x,  dy = sum e^(x - y) dx"""

    __slots__ = ("_dims",)

    def __init__(self, dims: tuple[int, ...]) -> None:
        self._dims = dims

    def vjp(self, g: A, x: A, y: A) -> A:
        shape = kept(x.shape, self._dims)
        g, y = g.reshape(shape), y.reshape(shape)
        if isinstance(g, Tensor):
            return g * exp(x - y)
        return kernels.logsumexp_vjp(g, x, y)


@method
def logsumexp(x: A, dim: int | Sequence[int], keepdim: bool = False) -> A:
    """log of the sum of e^x over `dim`, without overflow; of nothing, -inf."""
    array = array_of("logsumexp", x)
    dims = many_dims("logsumexp", dim, array.ndim)
    x = as_floats(x)
    if isinstance(x, Tensor):
        return LogsumexpGradFn(dims).record(kernels.logsumexp(x._data, dims, keepdim), x)
    return kernels.logsumexp(x, dims, keepdim)


class SoftmaxGradFn(OutputGradFn):
    """y = e^x / sum e^x,  dy = y (dx - sum y dx)"""

    __slots__ = ("_dim",)

    def __init__(self, dim: int) -> None:
        self._dim = dim

    def vjp(self, g: A, y: A) -> A:
        if isinstance(g, Tensor):
            return (g - sum(g * y, self._dim, True)) * y
        return kernels.softmax_vjp(g, y, self._dim)


@method
def softmax(x: A, dim: int, *, dtype: npt.DTypeLike | None = None) -> A:
    """e^x over its sum along `dim`, without overflow. `dtype` converts `x` first."""
    array = array_of("softmax", x)
    at = one_dim("softmax", dim, array.ndim)
    x = as_floats(x) if dtype is None else to(x, dtype)
    if isinstance(x, Tensor):
        return SoftmaxGradFn(at).record(kernels.softmax(x._data, at), x)
    return kernels.softmax(x, at)


class LogSoftmaxGradFn(OutputGradFn):
    """y = x - log sum e^x,  dy = dx - sum e^y dx"""

    __slots__ = ("_dim",)

    def __init__(self, dim: int) -> None:
        self._dim = dim

    def vjp(self, g: A, y: A) -> A:
        if isinstance(g, Tensor):
            return g - exp(y) * sum(g, self._dim, True)
        return kernels.log_softmax_vjp(g, y, self._dim)


@method
def log_softmax(x: A, dim: int, *, dtype: npt.DTypeLike | None = None) -> A:
    """log of softmax(x) along `dim`, exact far away too. `dtype` converts `x` first."""
    array = array_of("log_softmax", x)
    at = one_dim("log_softmax", dim, array.ndim)
    x = as_floats(x) if dtype is None else to(x, dtype)
    if isinstance(x, Tensor):
        return LogSoftmaxGradFn(at).record(kernels.log_softmax(x._data, at), x)
    return kernels.log_softmax(x, at)
