"""The exponential of a matrix."""

from __future__ import annotations

from kytorch.kernels.matrix_exp import matrix_exp as kernel
from kytorch.linalg.checks import square
from kytorch.ops.join import cat
from kytorch.tensor.core import A, InputGradFn, Tensor
from kytorch.tensor.methods.registry import method


class MatrixExpGradFn(InputGradFn):
    """y = e^x; dy is the block above the diagonal of e^[[x, dx], [0, x]]

    Roy Mathias, "A chain rule for matrix functions and applications", 1996; the transpose of the map from dx to dy is
    that map at the transpose of x.
    """

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        n, transposed = x.shape[-1], x.mT
        above = cat([transposed, g], -1)
        below = cat([g * 0.0, transposed], -1)
        return matrix_exp(cat([above, below], -2))[..., :n, n:]


@method
def matrix_exp(x: A) -> A:
    """The exponential of a square matrix, 1 + x + x^2 / 2! + ..."""
    y = kernel(square("linalg.matrix_exp", x))
    return MatrixExpGradFn().record(y, x) if isinstance(x, Tensor) else y
