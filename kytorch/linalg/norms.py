"""Norms of vectors and matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy.typing as npt

from kytorch.linalg.checks import floats, matrices, square
from kytorch.linalg.singular_values import svdvals
from kytorch.linalg.systems import inv
from kytorch.ops import norm as vectors
from kytorch.ops.dtype import to
from kytorch.ops.extremum import amax, amin
from kytorch.ops.permute import permute
from kytorch.ops.reduce import kept, sum
from kytorch.ops.sign import abs
from kytorch.tensor.core import A as V
from kytorch.tensor.dims import many_dims

ORDERS = ("fro", "nuc", math.inf, -math.inf, 1, -1, 2, -2)


def vector_norm(
    x: V,
    ord: float = 2,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: npt.DTypeLike | None = None,
) -> V:
    """(sum |x|^ord)^(1/ord) over `dim`, or over all; max |x| and min |x| for inf and -inf, how many are not 0 for 0.

    Its derivative at 0 is 0. `dtype` converts `x` first.
    """
    if dtype is not None:
        x = to(x, dtype)
    floats("linalg.vector_norm", x)
    if isinstance(ord, str):
        raise TypeError(f"linalg.vector_norm: ord is a number, not {ord!r}; linalg.matrix_norm has orders with names")
    return vectors.norm(x, ord, dim, keepdim)


def matrix_norm(
    A: V,
    ord: float | str = "fro",
    dim: Sequence[int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: npt.DTypeLike | None = None,
) -> V:
    """The norm of the matrices in two dimensions.

    "fro" is the root of the sum of squares, "nuc" the sum of the singular values; 2 and -2 are the greatest and the
    least of these; 1 and -1 those of the columns' sums of magnitudes; inf and -inf of the rows'. `dtype` converts `A`
    first. Raises ValueError for another order, and for what is no matrix.
    """
    if dtype is not None:
        return matrix_norm(to(A, dtype), ord, dim, keepdim)
    data = matrices("linalg.matrix_norm", A)
    if ord not in ORDERS:
        raise ValueError(f"linalg.matrix_norm: ord {ord!r} is none of {', '.join(map(str, ORDERS))}")
    dims = many_dims("linalg.matrix_norm", dim, data.ndim)
    if not isinstance(dim, Sequence) or len(dim) != 2:
        raise ValueError(f"linalg.matrix_norm: dim names two dimensions, not {dim!r}")
    if ord == "fro":
        return vectors.norm(A, 2, dims, keepdim)
    if isinstance(ord, (int, float)) and math.fabs(ord) in (1, math.inf):
        over, along = dims if math.fabs(ord) == 1 else dims[::-1]
        sums = sum(abs(A), over, True)
        if ord > 0 and not data.shape[along]:
            return sum(sums, dims, keepdim)
        return amax(sums, dims, keepdim) if ord > 0 else amin(sums, dims, keepdim)
    order = [d for d in range(data.ndim) if d not in dims]
    order.extend(dims)
    s = svdvals(A if dims == (data.ndim - 2, data.ndim - 1) else permute(A, order))
    y = sum(s, -1) if ord == "nuc" or (ord == 2 and not s.shape[-1]) else amax(s, -1) if ord == 2 else amin(s, -1)
    return y.reshape(kept(data.shape, dims)) if keepdim else y


def norm(
    A: V,
    ord: float | str | None = None,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: npt.DTypeLike | None = None,
) -> V:
    """`vector_norm` or `matrix_norm`: of a matrix if `ord` is given and `dim` two dimensions, or None beside two.

    Without `ord` it is the root of the sum of squares. `dtype` converts `A` first.
    """
    if dtype is not None:
        return norm(to(A, dtype), ord, dim, keepdim)
    data = floats("linalg.norm", A)
    if ord is None:
        return vector_norm(A, 2, dim, keepdim)
    if isinstance(dim, int):
        dim = (dim,)
    if dim is None and data.ndim not in (1, 2):
        raise ValueError(f"linalg.norm: with ord {ord!r} and no dim, expected one dimension or two, not {data.shape}")
    if (data.ndim if dim is None else len(dim)) == 2:
        return matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim)
    if isinstance(ord, str):
        raise ValueError(f"linalg.norm: ord {ord!r} is of matrices; shape {data.shape} and dim {dim} name a vector")
    return vector_norm(A, ord, dim, keepdim)


def cond(A: V, p: float | str | None = None) -> V:
    """The condition number of a matrix: the norms of it and of its inverse, multiplied.

    For p None or 2 the greatest over the least singular value, for -2 the least over the greatest; 0 for none. Raises
    ValueError for other orders of a matrix that is not square.
    """
    floats("linalg.cond", A)
    if p in (None, 2, -2):
        s = svdvals(A)
        if not s.shape[-1]:
            return sum(s, -1)
        ratio: V = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
        return ratio
    if not square("linalg.cond", A).shape[-1]:
        return sum(A, (-2, -1))
    order: float | str = "fro" if p is None else p
    product: V = matrix_norm(A, order) * matrix_norm(inv(A), order)
    return product
