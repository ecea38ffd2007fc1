"""Elements taken along a dimension, rows of a dimension, elements by number."""

from __future__ import annotations

import math

import numpy as np

from kytorch.kernels.scatter import Places
from kytorch.ops.broadcast import expand
from kytorch.ops.index import GetitemGradFn, part
from kytorch.ops.indices import fitting, from_either_end, from_zero, integers, vector
from kytorch.ops.take_along import take_along
from kytorch.tensor.core import A, Tensor
from kytorch.tensor.dims import one_dim
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of, check_operands
from kytorch.tensor.values import Array


@method
def gather(x: A, dim: int, index: Tensor | Array) -> A:
    """y[i, j, k] = x[i, index[i, j, k], k] for `dim` 1, and so on: y has the shape of `index`.

    `index` counts from 0; in the other dimensions it may be smaller than `x`. Raises IndexError for an index out of
    range, ValueError for one of other dimensions.
    """
    at = one_dim("gather", dim, array_of("gather", x).ndim)
    own = integers("gather", index)
    if not own.size or x.ndim + own.ndim == 1:  # PyTorch lets a scalar stand for a vector of one
        return part(x, Places(from_zero("gather", own, math.prod(x.shape))))
    fitting("gather", at, own, x.shape)
    return take_along(x, from_zero("gather", own, x.shape[at] if x.ndim else 1), at)


@method
def index_select(x: A, dim: int, index: Tensor | Array) -> A:
    """The parts of `x` along `dim` that the vector `index` names, counting from 0: n of them for an index of (n,).

    Raises IndexError for an index out of range, or of more dimensions.
    """
    at = one_dim("index_select", dim, array_of("index_select", x).ndim)
    own = vector("index_select", index)
    if not x.ndim:
        if own.size != 1:
            raise ValueError(f"index_select: a scalar has one place, and {own.size} are given")
        return part(x, Places(from_zero("index_select", own, 1).reshape(())))
    from_zero("index_select", own, x.shape[at])
    if isinstance(x, Tensor):
        return GetitemGradFn((slice(None),) * at + (own,)).record(x._data.take(own, at), x)
    y: Array = x.take(own, at)
    return y


@method
def take(x: A, index: Tensor | Array) -> A:
    """The elements of `x` that `index` numbers, through all dimensions, in its shape; negative ones count from the end.

    Raises IndexError for one out of range.
    """
    check_operands("take", x)
    own = integers("take", index)
    return part(x, Places(from_either_end("take", own, math.prod(x.shape))))


@method
def take_along_dim(x: A, indices: Tensor | Array, dim: int | None = None) -> A:
    """y[i, j] = x[i, indices[i, j]] for `dim` 1; the other dimensions broadcast. Without `dim`, x.flatten()[indices].

    Negative indices count from the end. Raises IndexError for one out of range, ValueError for shapes that do not fit.
    """
    name = "take_along_dim"
    check_operands(name, x)
    own = integers(name, indices)
    if dim is None:
        return part(x, Places(from_either_end(name, own.reshape(-1), math.prod(x.shape))))
    at = one_dim(name, dim, x.ndim)
    if own.ndim != x.ndim:
        raise ValueError(f"{name}: indices of shape {own.shape} for shape {x.shape}: as many dimensions are needed")
    if not x.ndim:
        return part(x, Places(from_either_end(name, own, 1)))
    n = x.shape[at]
    if own.shape[:at] + own.shape[at + 1 :] != x.shape[:at] + x.shape[at + 1 :]:
        try:
            whole = np.broadcast_shapes(x.shape[:at] + (1,) + x.shape[at + 1 :], own.shape)
        except ValueError:
            raise ValueError(
                f"{name}: indices of shape {own.shape} and shape {x.shape} do not broadcast outside dim {at}"
            ) from None
        x = expand(x, whole[:at] + (n,) + whole[at + 1 :])
        own = np.broadcast_to(own, whole)
    return take_along(x, from_either_end(name, own, n), at)
