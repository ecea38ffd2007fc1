"""Whether any or all elements are true, and how many: constants."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kytorch.kernels import reduce as kernels
from kytorch.tensor.core import CONSTANT, A, Tensor, make
from kytorch.tensor.dims import many_dims
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of
from kytorch.tensor.values import Array

# From this size on, elements are counted sooner as bool.
_FEW = 1024


@method
def any(x: A, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> A:
    """Whether any element of `x` over `dim`, or at all, is not 0: a constant of dtype bool. NaN is not 0."""
    y = _reduced("any", np.logical_or, x, dim, keepdim)
    if isinstance(x, Tensor):
        return make(y, CONSTANT)
    return y


@method
def all(x: A, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> A:
    """Whether no element of `x` over `dim`, or at all, is 0: a constant of dtype bool."""
    y = _reduced("all", np.logical_and, x, dim, keepdim)
    if isinstance(x, Tensor):
        return make(y, CONSTANT)
    return y


@method
def count_nonzero(x: A, dim: int | Sequence[int] | None = None) -> A:
    """How many elements of `x` over `dim`, or of all, are not 0: a constant of dtype int64."""
    array = array_of("count_nonzero", x)
    dims = many_dims("count_nonzero", dim, array.ndim)
    if len(dims) < array.ndim:
        y = kernels.sum(_truth("count_nonzero", x), dims, False)
    else:
        y = np.array(np.count_nonzero(array if array.size < _FEW else _truth("count_nonzero", x)))
    if isinstance(x, Tensor):
        return make(y, CONSTANT)
    return y


def _truth(name: str, x: A) -> Array:
    array = array_of(name, x)
    truth: Array = array if array.dtype.kind == "b" else array != 0
    return truth


def _reduced(name: str, function: np.ufunc, x: A, dim: int | Sequence[int] | None, keepdim: bool) -> Array:
    truth = _truth(name, x)
    return kernels.extreme(function, truth, many_dims(name, dim, truth.ndim), keepdim)
