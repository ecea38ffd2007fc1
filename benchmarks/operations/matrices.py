"""Products and linear algebra."""

import numpy as np

from benchmarks.operations.cases import case, matrix, normal, positive, positive_matrix, spread, squares
from benchmarks.prepared import Array


def _right_sides(n: int) -> Array:
    return squares(n)[..., :1]


def _turned(n: int) -> Array:
    return positive_matrix(n).T.copy()


def _vector(n: int) -> Array:
    """A number for each column of the matrix."""
    return positive(matrix(n).shape[1])


def _column(n: int) -> Array:
    """A number for each row of the matrix, in a column."""
    return positive(len(matrix(n)))[:, None]


def _rows_of(n: int) -> Array:
    """A number for each row of the matrix."""
    return positive(len(matrix(n)))


def _batches(n: int) -> Array:
    """A batch of square matrices, at least of one."""
    x = squares(n)
    return x if x.ndim > 2 else x[None]


def _triples(n: int) -> Array:
    """Vectors of three numbers."""
    return normal(n - n % 3).reshape(-1, 3)


case("matmul", np.matmul, matrix, _turned)
case("matmul of batches", np.matmul, squares, squares, call=lambda lib, a, b: lib.matmul(a, b))
case("mm", np.matmul, matrix, _turned)
case("matmul of batches and columns", np.matmul, squares, _right_sides, call=lambda lib, a, b: lib.matmul(a, b))
case("mv", np.matmul, matrix, _vector)
case("dot", np.dot, normal, positive)
case("outer", lambda a, b: np.outer(a[:1000], b[:1000]), normal, normal,
     call=lambda lib, a, b: lib.outer(a[:1000], b[:1000]))  # fmt: skip
case("bmm", np.matmul, _batches, _batches)
case("einsum ij,jk->ik", lambda a, b: np.einsum("ij,jk->ik", a, b, optimize=True), matrix, _turned,
     call=lambda lib, a, b: lib.einsum("ij,jk->ik", a, b))  # fmt: skip
case("einsum ...ij,...kj->...ik", lambda a, b: np.matmul(a, np.swapaxes(b, -1, -2)), squares, squares,
     call=lambda lib, a, b: lib.einsum("...ij,...kj->...ik", a, b))  # fmt: skip
case("tensordot", lambda a, b: np.tensordot(a, b, 1), matrix, _turned,
     call=lambda lib, a, b: lib.tensordot(a, b, 1))  # fmt: skip
case("kron", lambda a, b: np.kron(a[:2], b[:2]), matrix, matrix, call=lambda lib, a, b: lib.kron(a[:2], b[:2]))
case("trace", np.trace, matrix)
case("linalg.det", np.linalg.det, squares, call=lambda lib, x: lib.linalg.det(x))
case("linalg.slogdet", None, squares, call=lambda lib, x: lib.linalg.slogdet(x)[1])
case("linalg.inv", np.linalg.inv, squares, call=lambda lib, x: lib.linalg.inv(x))
case("linalg.solve", np.linalg.solve, squares, _right_sides, call=lambda lib, a, b: lib.linalg.solve(a, b))
case("linalg.cholesky", np.linalg.cholesky, spread, call=lambda lib, x: lib.linalg.cholesky(x))
case("linalg.qr", None, squares, call=lambda lib, x: lib.linalg.qr(x)[1])
case("linalg.eigh", None, spread, call=lambda lib, x: lib.linalg.eigh(x)[0])
case("linalg.svd", None, squares, call=lambda lib, x: lib.linalg.svd(x, full_matrices=False)[1])
case("linalg.pinv", np.linalg.pinv, squares, call=lambda lib, x: lib.linalg.pinv(x))
case("linalg.norm", np.linalg.norm, matrix, call=lambda lib, x: lib.linalg.norm(x))
case("linalg.matrix_norm", None, squares, call=lambda lib, x: lib.linalg.matrix_norm(x))
case("linalg.vector_norm", None, matrix, call=lambda lib, x: lib.linalg.vector_norm(x, dim=1))
case("linalg.matrix_exp", None, squares, call=lambda lib, x: lib.linalg.matrix_exp(x))
case("linalg.lstsq", None, squares, _right_sides, call=lambda lib, a, b: lib.linalg.lstsq(a, b)[0])
case("inner", np.inner, matrix, matrix)
case("vdot", np.vdot, normal, positive)
case("addmm", lambda c, a, b: c + a @ b, _column, matrix, _turned)
case("addmv", lambda c, a, b: c + a @ b, _rows_of, matrix, _vector)
case("baddbmm", lambda c, a, b: c + a @ b, _batches, _batches, _batches)
case("logdet", None, spread, call=lambda lib, x: x.logdet())
case("linalg.cond", np.linalg.cond, squares, call=lambda lib, x: lib.linalg.cond(x))
case("linalg.cross", None, _triples, _triples, call=lambda lib, a, b: lib.linalg.cross(a, b * b))
case("linalg.eigvalsh", np.linalg.eigvalsh, spread, call=lambda lib, x: lib.linalg.eigvalsh(x))
case("linalg.matrix_power", lambda x: np.linalg.matrix_power(x, 3), squares,
     call=lambda lib, x: lib.linalg.matrix_power(x, 3))  # fmt: skip
case("linalg.matrix_rank", np.linalg.matrix_rank, squares, call=lambda lib, x: lib.linalg.matrix_rank(x),
     differentiable=False)  # fmt: skip
case("linalg.multi_dot", lambda a, b: np.linalg.multi_dot([a, b, a]), matrix, _turned,
     call=lambda lib, a, b: lib.linalg.multi_dot([a, b, a]))  # fmt: skip
case("linalg.solve_triangular", None, squares, _right_sides,
     call=lambda lib, a, b: lib.linalg.solve_triangular(a.tril(), b, upper=False))  # fmt: skip
case("linalg.svdvals", np.linalg.svdvals, squares, call=lambda lib, x: lib.linalg.svdvals(x))
case("linalg.vecdot", np.vecdot, matrix, positive_matrix, call=lambda lib, a, b: lib.linalg.vecdot(a, b))
