"""Products and linear algebra, misused: each marked line must fail."""

import kytorch as kt
from kytorch import TrainableWeight, linalg

x, weight = kt.ones(3, 3), TrainableWeight([1.0])
kt.einsum(x, "ij->ji")  # error
kt.einsum("ij,j", x, weight)  # error
kt.dot(x, 2.0)  # error
x.mm([[1.0]])  # error
kt.tensordot(x, x, 1.5)  # error
kt.addmm(x, x, x, 0.5)  # error
linalg.det(weight)  # error
linalg.det([[1.0]])  # error
linalg.eigh(x, "X")  # error
linalg.qr(x, "full")  # error
print(linalg.svd(x).values)  # error
linalg.solve_triangular(x, x)  # error
linalg.matrix_power(x, 0.5)  # error
linalg.solve(x, x, False)  # error
