"""Products of matrices and vectors."""

from __future__ import annotations

import operator

import numpy as np

import kytorch
from operations.table import HALVES, row, torch

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
row("mm", lambda x: x @ HALVES[:, None].astype(np.float64), [((3, 4),)], option="array on the right",
    call=lambda x: kytorch.mm(x, HALVES[:, None]),
    torch=lambda x: x.mm(torch.tensor(HALVES[:, None]).to(x.dtype)))  # fmt: skip
row("bmm", np.matmul, [((2, 3, 4), (2, 4, 5)), ((1, 1, 1), (1, 1, 1)), ((0, 2, 3), (0, 3, 4)), ((2, 3, 0), (2, 0, 4))])
row("mv", np.matmul, [((3, 4), (4,)), ((1, 1), (1,)), ((3, 0), (0,)), ((0, 3), (3,))])
for name in ("dot", "vdot"):
    row(name, np.dot, [((3,), (3,)), ((1,), (1,)), ((0,), (0,))])
row("dot", lambda x: x @ x, [((3,),)], option="of one twice", call=lambda x: x.dot(x))
row("outer", np.outer, [((3,), (4,)), ((1,), (2,)), ((0,), (3,))])
row("outer", lambda x: np.outer(HALVES.astype(np.float64), x), [((3,),)], option="with an array",
    call=lambda x: kytorch.outer(HALVES, x),
    torch=lambda x: torch.outer(torch.tensor(HALVES).to(x.dtype), x))  # fmt: skip
row("inner", np.inner, [
    ((3,), (3,)), ((2, 3), (3,)), ((2, 3), (4, 3)), ((5, 2, 3), (4, 3)), ((2, 3), ()), ((2, 0), (3, 0)),
])  # fmt: skip
row("kron", np.kron, [
    ((2, 3), (4, 2)), ((3,), (2,)), ((3,), (2, 2)), ((2, 2), (3,)), ((2, 1, 3), (2, 2)), ((), ()), ((), (2,)),
    ((0, 2), (3, 1)),
])  # fmt: skip
PRODUCTS = {
    "addmm": [((2, 4), (2, 3), (3, 4)), ((4,), (2, 3), (3, 4)), ((), (2, 3), (3, 4)), ((2, 4), (2, 0), (0, 4))],
    "addmv": [((2,), (2, 3), (3,)), ((1,), (2, 3), (3,)), ((), (2, 3), (3,))],
    "baddbmm": [((5, 2, 4), (5, 2, 3), (5, 3, 4)), ((2, 1), (5, 2, 3), (5, 3, 4)), ((0, 2, 4), (0, 2, 3), (0, 3, 4))],
}
for name, shapes in PRODUCTS.items():
    row(name, lambda c, a, b: c + a @ b, shapes)
    row(name, lambda c, a, b: 0.5 * c - 2.0 * (a @ b), shapes[:2], beta=0.5, alpha=-2.0)
row("addmm", lambda c, a, b: 2.0 * (a @ b), PRODUCTS["addmm"][:1], option="of nothing", beta=0, alpha=2)

# Einstein's notation: an equation, and the operands' shapes.
EQUATIONS = {
    "ij,jk->ik": [((2, 3), (3, 4)), ((2, 0), (0, 4)), ((0, 3), (3, 4))],
    "ij,jk": [((2, 3), (3, 4))],
    "bij,bjk->bik": [((2, 3, 4), (2, 4, 5)), ((1, 3, 4), (2, 4, 5))],
    "bhqd,bhkd->bhqk": [((2, 3, 4, 5), (2, 3, 2, 5))],
    "ij,jk->ki": [((2, 3), (3, 4)), ((2, 1), (3, 4))],
    "i,i": [((3,), (3,)), ((1,), (3,))],
    "i,j->ij": [((3,), (2,))],
    "i,j": [((3,), (2,))],
    "ij->ji": [((2, 3),)],
    "ba": [((2, 3),)],
    "ij->": [((2, 3),), ((0, 3),)],
    "ij->j": [((2, 3),)],
    "ii": [((3, 3),)],
    "ii->i": [((3, 3),), ((0, 0),)],
    "iij->ji": [((3, 3, 2),)],
    "iii->i": [((2, 2, 2),)],
    "ii,ij->j": [((3, 3), (3, 2))],
    "ij,ij->ij": [((2, 3), (2, 3)), ((2, 1), (1, 3))],
    "ijk,kl,lm->ijm": [((2, 3, 4), (4, 2), (2, 3))],
    "ij,j,k,kj->i": [((2, 3), (3,), (4,), (4, 3))],
    "abc,cd,def->abef": [((2, 1, 3), (3, 2), (2, 2, 2))],
    "ij,ik,il->jkl": [((3, 2), (3, 3), (3, 2))],
    "...ij,...jk->...ik": [((2, 3, 4), (4, 5)), ((2, 3), (3, 4)), ((5, 1, 2, 3), (2, 3, 4))],
    "...i->...": [((2, 3, 4),), ((3,),)],
    "i...,i...": [((3, 2), (3, 2)), ((3,), (3, 2))],
    "...": [((2, 3),), ((),)],
    "...,...": [((2, 3), (3,)), ((), ())],
    "ij, jk -> ik": [((2, 3), (3, 4))],
    ",i->i": [((), (3,))],
    "ij,kl->il": [((2, 3), (4, 5))],
    "bnd,nde->bne": [((2, 3, 4), (3, 4, 2))],
}
for equation, shapes in EQUATIONS.items():
    row("einsum", lambda *xs, equation=equation: np.einsum(equation, *xs), shapes, option=equation,
        call=lambda *xs, equation=equation: kytorch.einsum(equation, *xs),
        torch=lambda *xs, equation=equation: torch.einsum(equation, *xs))  # fmt: skip
row("einsum", lambda x: np.einsum("ij,kj->ik", x, x), [((2, 3),)], option="of one twice",
    call=lambda x: kytorch.einsum("ij,kj->ik", x, x), torch=lambda x: torch.einsum("ij,kj->ik", x, x))  # fmt: skip
row("einsum", lambda x, y: np.einsum("abi,ij->j", x, y), [((5, 2, 3), (3, 4))], option="dots that are summed over",
    call=lambda x, y: kytorch.einsum("...i,ij->j", x, y),
    torch=lambda x, y: torch.einsum("...i,ij->j", x, y))  # fmt: skip
for dims, shapes in [(0, ((2, 3), (4,))), (1, ((2, 3), (3, 4))), (2, ((2, 3, 4), (3, 4, 5))),
                     (([0, -1], [1, 0]), ((2, 3, 4), (4, 2, 5))), (([], []), ((2,), (3,)))]:  # fmt: skip
    row("tensordot", lambda a, b, dims=dims: np.tensordot(a, b, dims), [shapes], option=f"over {dims}",
        call=lambda a, b, dims=dims: kytorch.tensordot(a, b, dims),
        torch=lambda a, b, dims=dims: torch.tensordot(a, b, dims))  # fmt: skip
