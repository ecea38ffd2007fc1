"""The exponential of a matrix."""

from __future__ import annotations

import numpy as np

from kytorch.kernels.matrix_exp import matrix_exp as kernel
from kytorch.linalg.checks import square
from kytorch.ops.join import cat
from kytorch.tensor.core import A as V
from kytorch.tensor.core import Tensor
from kytorch.tensor.methods.registry import method
from kytorch.tensor.rules import InputGradFn
from kytorch.tensor.values import Array


class MatrixExpGradFn(InputGradFn):
    """y = e^x; dy is the block above the diagonal of e^[[x, dx], [0, x]]

    Roy Mathias, "A chain rule for matrix functions and applications", 1996; the transpose of the map from dx to dy is
    that map at the transpose of x.
    """

    __slots__ = ()

    def vjp(self, g: V, x: V) -> V:
        n, transposed, size = x.shape[-1], x.mT, _size(g)
        # The map is linear in g: not too large beside x, it costs no digits in the scaling.
        above = cat([transposed, g / size], -1)
        below = cat([g * 0.0, transposed], -1)
        return matrix_exp(cat([above, below], -2))[..., :n, n:] * size


def _size(g: V) -> Array:
    """A power of two near the norm of each matrix, a constant; it and its inverse are normal numbers."""
    data = g._data if isinstance(g, Tensor) else g
    norm = np.abs(data).sum(-2, keepdims=True).max(-1, keepdims=True, initial=0)
    most = np.finfo(data.dtype).maxexp - 3
    exponent = np.frexp(np.where(np.isfinite(norm), norm, 1))[1].clip(-most, most)
    y: Array = np.ldexp(data.dtype.type(1), exponent)
    return y


@method
def matrix_exp(A: V) -> V:
    """The exponential of a square matrix, 1 + x + x^2 / 2! + ..."""
    y = kernel(square("linalg.matrix_exp", A))
    return MatrixExpGradFn().record(y, A) if isinstance(A, Tensor) else y
