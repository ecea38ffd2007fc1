"""Products and linear algebra: of Tensors they answer Tensors, of arrays arrays."""

from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

import kytorch as kt
from kytorch import linalg

x, array = kt.ones(3, 3), np.eye(3, dtype=np.float32)
row: npt.NDArray[Any] = array[0]
assert_type(kt.einsum("ij,jk->ik", x, x), kt.Tensor)
assert_type(kt.einsum("ij,j->i", x, row), kt.Tensor)
assert_type(kt.einsum("ij,j->i", array, x[0]), kt.Tensor)
assert_type(kt.tensordot(x, x, 1), kt.Tensor)
assert_type(kt.tensordot(x, x, ([0], [1])), kt.Tensor)
assert_type(kt.kron(x, x), kt.Tensor)
assert_type(kt.dot(x[0], x[1]), kt.Tensor)
assert_type(kt.outer(x[0], row), kt.Tensor)
assert_type(kt.addmm(x, x, x, beta=0.5), kt.Tensor)
assert_type(x.mv(x[0]).dot(row), kt.Tensor)
assert_type(x.inner(x).kron(x).addmm(x, x, alpha=2), kt.Tensor)
assert_type(x.matrix_power(2).inverse().det(), kt.Tensor)

matrix: npt.NDArray[Any] = array
assert_type(linalg.det(x), kt.Tensor)
assert_type(linalg.solve(x, x, left=False), kt.Tensor)
assert_type(linalg.inv(matrix), npt.NDArray[Any])
assert_type(linalg.svd(x).S, kt.Tensor)
assert_type(linalg.svd(matrix).U, npt.NDArray[Any])
u, s, vh = linalg.svd(x, full_matrices=False)
assert_type(vh, kt.Tensor)
w, v = linalg.eigh(x, "U")
assert_type(w, kt.Tensor)
assert_type(linalg.eigh(x).eigenvectors, kt.Tensor)
assert_type(linalg.qr(x, mode="r").R, kt.Tensor)
assert_type(linalg.slogdet(x).logabsdet, kt.Tensor)
assert_type(linalg.lstsq(x, x).rank, kt.Tensor)
assert_type(linalg.cholesky(x, upper=True), kt.Tensor)
assert_type(linalg.norm(x, "nuc"), kt.Tensor)
assert_type(linalg.vector_norm(x, float("inf"), dim=(0, 1), keepdim=True), kt.Tensor)
assert_type(linalg.multi_dot([x, x, x]), kt.Tensor)
