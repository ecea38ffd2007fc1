"""Products of matrices and vectors."""

from __future__ import annotations

import operator

import numpy as np

import kytorch
from operations.table import HALVES, row

row("matmul", np.matmul, [
    ((3,), (3,)), ((3,), (3, 4)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((1, 1), (1, 1)),
    ((5, 2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)), ((2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)),
    ((5, 2, 3), (3,)), ((3,), (5, 3, 4)), ((6, 1, 2, 3), (5, 3, 4)), ((5, 2, 3), (6, 1, 3, 4)),
    ((6, 5, 2, 3), (3,)), ((3,), (6, 5, 3, 4)), ((6, 5, 2, 3), (3, 4)),
    ((0,), (0,)), ((2, 0), (0, 3)), ((0, 3), (3, 2)), ((2, 3), (3, 0)), ((0, 2, 3), (3, 4)), ((0, 2, 3), (0, 3, 4)),
])  # fmt: skip
row("mm", np.matmul, [((2, 3), (3, 4)), ((1, 1), (1, 1)), ((2, 0), (0, 3)), ((0, 3), (3, 2))])
row(
    "mm",
    lambda x: x @ x.T,
    [((2, 3),)],
    option="of one twice",
    call=lambda x: kytorch.mm(x, x.T),
    torch=lambda x: x.mm(x.T),
)
row("matmul", np.matmul, [((2, 3), (3, 4)), ((3,), (3,))], option="operator", call=operator.matmul)
row("matmul", lambda x: x @ x, [((3, 3),), ((2, 3, 3),)], option="of one twice", call=lambda x: x @ x)
row("matmul", lambda x: x @ HALVES.astype(np.float64), [((3, 4),), ((4,),)], option="array on the right",
    call=lambda x: x @ HALVES)  # fmt: skip
row("matmul", lambda x: HALVES.astype(np.float64) @ x, [((4, 3),), ((4,),)], option="array on the left",
    call=lambda x: HALVES @ x)  # fmt: skip
