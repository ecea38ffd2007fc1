"""Linear algebra: of matrices, in the last two dimensions, and of batches of them in any others.

A matrix is called `A`, as in PyTorch; what the rules are generic over, `A` elsewhere, is `V` in these files.
"""

from kytorch.linalg.determinant import det, slogdet
from kytorch.linalg.eigenvalues import eigh, eigvalsh
from kytorch.linalg.exponential import matrix_exp
from kytorch.linalg.least_squares import lstsq, matrix_rank, pinv
from kytorch.linalg.norms import cond, matrix_norm, norm, vector_norm
from kytorch.linalg.powers import matrix_power, multi_dot
from kytorch.linalg.singular_values import svd, svdvals
from kytorch.linalg.systems import inv, solve, solve_triangular
from kytorch.linalg.triangular import cholesky, qr
from kytorch.linalg.vectors import cross, vecdot

__all__ = [
    "cholesky",
    "cond",
    "cross",
    "det",
    "eigh",
    "eigvalsh",
    "inv",
    "lstsq",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "svdvals",
    "vecdot",
    "vector_norm",
]
