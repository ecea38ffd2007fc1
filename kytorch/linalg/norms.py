"""Norms of vectors and matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kytorch.linalg.checks import floats, matrices, square
from kytorch.linalg.singular_values import svdvals
from kytorch.linalg.systems import inv
from kytorch.ops import norm as vectors
from kytorch.ops.choice import abs
from kytorch.ops.extremum import amax, amin
from kytorch.ops.permute import permute
from kytorch.ops.reduce import kept, sum
from kytorch.tensor.core import A
from kytorch.tensor.dims import many_dims

ORDERS = ("fro", "nuc", math.inf, -math.inf, 1, -1, 2, -2)


def vector_norm(x: A, ord: float = 2, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> A:
    """(sum |x|^ord)^(1/ord) over `dim`, or over all; max |x| and min |x| for inf and -inf, how many are not 0 for 0.

    Its derivative at 0 is 0.
    """
    floats("linalg.vector_norm", x)
    if isinstance(ord, str):
        raise TypeError(f"linalg.vector_norm: ord is a number, not {ord!r}; linalg.matrix_norm has orders with names")
    return vectors.norm(x, ord, dim, keepdim)


def matrix_norm(x: A, ord: float | str = "fro", dim: Sequence[int] = (-2, -1), keepdim: bool = False) -> A:
    """The norm of the matrices in two dimensions.

    "fro" is the root of the sum of squares, "nuc" the sum of the singular values; 2 and -2 are the greatest and the
    least of these; 1 and -1 those of the columns' sums of magnitudes; inf and -inf of the rows'.
    """
    data = matrices("linalg.matrix_norm", x)
    if ord not in ORDERS:
        raise ValueError(f"linalg.matrix_norm: ord {ord!r} is none of {', '.join(map(str, ORDERS))}")
    dims = many_dims("linalg.matrix_norm", dim, data.ndim)
    if not isinstance(dim, Sequence) or len(dim) != 2:
        raise ValueError(f"linalg.matrix_norm: dim names two dimensions, not {dim!r}")
    if ord == "fro":
        return vectors.norm(x, 2, dims, keepdim)
    if isinstance(ord, (int, float)) and math.fabs(ord) in (1, math.inf):
        sums = sum(abs(x), dims[0] if math.fabs(ord) == 1 else dims[1], True)
        return amax(sums, dims, keepdim) if ord > 0 else amin(sums, dims, keepdim)
    order = [d for d in range(data.ndim) if d not in dims]
    order.extend(dims)
    s = svdvals(x if dims == (data.ndim - 2, data.ndim - 1) else permute(x, order))
    y = sum(s, -1) if ord == "nuc" else amax(s, -1) if ord == 2 else amin(s, -1)
    return y.reshape(kept(data.shape, dims)) if keepdim else y


def norm(x: A, ord: float | str | None = None, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> A:
    """`vector_norm` or `matrix_norm`: of a matrix if `ord` is given and `dim` two dimensions, or None beside two.

    Without `ord` it is the root of the sum of squares.
    """
    data = floats("linalg.norm", x)
    if ord is None:
        return vector_norm(x, 2, dim, keepdim)
    if isinstance(dim, int):
        dim = (dim,)
    if dim is None and data.ndim not in (1, 2):
        raise ValueError(f"linalg.norm: with ord {ord!r} and no dim, expected one dimension or two, not {data.shape}")
    if (data.ndim if dim is None else len(dim)) == 2:
        return matrix_norm(x, ord, (-2, -1) if dim is None else dim, keepdim)
    if isinstance(ord, str):
        raise ValueError(f"linalg.norm: ord {ord!r} is of matrices; shape {data.shape} and dim {dim} name a vector")
    return vector_norm(x, ord, dim, keepdim)


def cond(x: A, p: float | str | None = None) -> A:
    """The condition number of a matrix: the norms of it and of its inverse, multiplied.

    For p None or 2 the greatest over the least singular value, for -2 the least over the greatest.
    """
    if p in (None, 2, -2):
        s = svdvals(x)
        if not s.shape[-1]:
            raise ValueError(f"linalg.cond: no singular values, in shape {x.shape}")
        ratio: A = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
        return ratio
    square("linalg.cond", x)
    order: float | str = "fro" if p is None else p
    product: A = matrix_norm(x, order) * matrix_norm(inv(x), order)
    return product
