"""The product of elements."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kytorch.kernels.product import product
from kytorch.ops.create import ones_like
from kytorch.ops.dtype import to
from kytorch.ops.join import cat
from kytorch.ops.permute import permute
from kytorch.ops.reduce import kept
from kytorch.tensor.core import A, Tensor
from kytorch.tensor.dims import one_dim
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of
from kytorch.tensor.rules import InputOutputGradFn


class ProdGradFn(InputOutputGradFn):
    """y = prod x,  dy = sum of (the product of the others) dx, which is y / x where no x is 0"""

    __slots__ = ("_dims",)

    def __init__(self, dims: tuple[int, ...]) -> None:
        self._dims = dims

    def vjp(self, g: A, x: A, y: A) -> A:
        shape = kept(x.shape, self._dims)
        magnitude = np.abs(self._y)
        tiny = np.finfo(self._y.dtype).tiny
        if not x.size or (magnitude.min() >= tiny and math.isfinite(magnitude.max())):
            quotient: A = g.reshape(shape) * y.reshape(shape) / x
            return quotient
        return g.reshape(shape) * _others(x, self._dims)


def _others(x: A, dims: tuple[int, ...]) -> A:
    """For each element the product of the others over `dims`, all or one, without a division."""
    if not x.ndim:
        return ones_like(x)
    if len(dims) == x.ndim:
        return _others_along_the_last(x.reshape(-1)).reshape(x.shape)
    order = [i for i in range(x.ndim) if i not in dims] + list(dims)
    return permute(_others_along_the_last(permute(x, order)), [order.index(i) for i in range(x.ndim)])


def _others_along_the_last(x: A) -> A:
    """A tree: what is outside of an element is its partner in the other half, times what is outside of the pair."""
    n = x.shape[-1]
    if n == 1:
        return ones_like(x)
    half = n // 2
    first, second = x[..., :half], x[..., half : 2 * half]
    pairs: A = first * second
    if n % 2:
        outside = _others_along_the_last(cat([pairs, x[..., n - 1 :]], -1))
        of_pairs: A = outside[..., :half]
        return cat([of_pairs * second, of_pairs * first, outside[..., half:]], -1)
    outside = _others_along_the_last(pairs)
    return cat([outside * second, outside * first], -1)


@method
def prod(x: A, dim: int | None = None, keepdim: bool = False, *, dtype: npt.DTypeLike | None = None) -> A:
    """The product of `x` along `dim`, or of all; of integers and bool, as int64. `dtype` converts `x` first."""
    array = array_of("prod", x)
    dims = tuple(range(array.ndim)) if dim is None else (one_dim("prod", dim, array.ndim),)[: array.ndim]
    if dtype is not None:
        return prod(to(x, dtype), dim, keepdim)
    y = product(array, dims, keepdim)
    if isinstance(x, Tensor):
        return ProdGradFn(dims).record(y, x)
    return y
