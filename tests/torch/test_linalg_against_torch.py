"""Linear algebra and sums of products beside PyTorch's, where the table of operations does not go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from beside import CLOSE, beside, second_beside
from operations.table import Array

import kytorch
from kytorch import Tensor, linalg

torch = pytest.importorskip("torch")

Function = Callable[..., Any]
GENERATOR = np.random.default_rng(5)
SQUARE = GENERATOR.standard_normal((3, 3)) + np.diag([1.0, 2.0, 4.0])
POSITIVE = SQUARE @ SQUARE.T + np.eye(3)
TIED = np.array([[1.0, -2.0], [2.0, 1.0]])
LEVEL = np.array([[0.0, -0.0, 1.0], [-1.0, 0.5, 1.0]])


def each(call: Callable[..., Any]) -> tuple[Function, Function]:
    """`call` with kytorch's module and with PyTorch's."""
    return lambda *xs: call(linalg, *xs), lambda *xs: call(torch.linalg, *xs)


# PyTorch's conventions: which triangle is read and what its gradient is, who shares at ties, what is flat at 0.
CONVENTIONS: dict[str, tuple[tuple[Function, Function], tuple[Array, ...]]] = {
    "cholesky of a matrix itself": (each(lambda on, x: on.cholesky(x)), (POSITIVE,)),
    "cholesky of what is not symmetric": (each(lambda on, x: on.cholesky(x)), (np.tril(POSITIVE),)),
    "upper cholesky of a matrix itself": (each(lambda on, x: on.cholesky(x, upper=True)), (POSITIVE,)),
    "eigenvalues of what is not symmetric": (each(lambda on, x: on.eigvalsh(x)), (SQUARE,)),
    "eigenvalues by the upper triangle": (each(lambda on, x: on.eigvalsh(x, UPLO="U")), (SQUARE,)),
    "eigenvectors of what is not symmetric": (each(lambda on, x: on.eigh(x)[1] ** 2), (SQUARE,)),
    "eigenvectors by the upper triangle": (each(lambda on, x: on.eigh(x, UPLO="U")[1] ** 2), (SQUARE,)),
    "norm at 0": (each(lambda on, x: on.vector_norm(x)), (np.zeros((2, 3)),)),
    "norms of rows, one of them 0": (each(lambda on, x: on.vector_norm(x, dim=1)), (LEVEL * [[1], [0]],)),
    "1-norm at 0": (each(lambda on, x: on.vector_norm(x, 1)), (LEVEL,)),
    "3-norm at 0": (each(lambda on, x: on.vector_norm(x, 3)), (LEVEL,)),
    "inf-norm at a tie": (each(lambda on, x: on.vector_norm(x, np.inf)), (LEVEL,)),
    "-inf-norm at a tie": (each(lambda on, x: on.vector_norm(x, -np.inf)), (TIED,)),
    "0-norm": (each(lambda on, x: on.vector_norm(x, 0)), (LEVEL,)),
    "matrix 1-norm at a tie": (each(lambda on, x: on.matrix_norm(x, 1)), (TIED,)),
    "matrix inf-norm at a tie": (each(lambda on, x: on.matrix_norm(x, np.inf)), (TIED,)),
    "matrix -1-norm at a tie": (each(lambda on, x: on.matrix_norm(x, -1)), (TIED,)),
    "matrix norm at 0": (each(lambda on, x: on.matrix_norm(x)), (np.zeros((2, 2)),)),
    "det of rank n - 2": (each(lambda on, x: on.det(x)), (np.diag([2.0, 0.0, 0.0]),)),
    "S of equal singular values": (each(lambda on, x: on.svdvals(x)), (np.diag([2.0, 2.0, 1.0]),)),
    "matrix_exp of 0": (each(lambda on, x: on.matrix_exp(x)), (np.zeros((3, 3)),)),
    "matrix_exp of a large one": (each(lambda on, x: on.matrix_exp(x)), (4 * SQUARE / 3,)),
    "matrix_exp of a nilpotent one": (each(lambda on, x: on.matrix_exp(x)), (np.triu(SQUARE, 1),)),
    "inv of a permutation": (each(lambda on, x: on.inv(x)), (np.eye(3)[[2, 0, 1]],)),
    "solve for a batch of vectors": (each(lambda on, a, b: on.solve(a, b)), (np.stack([SQUARE, POSITIVE]), SQUARE[:2])),
    "solve for a matrix as large as a batch": (
        each(lambda on, a, b: on.solve(a, b)), (np.stack([SQUARE, POSITIVE]), SQUARE)
    ),
}  # fmt: skip


@pytest.mark.parametrize("both, inputs", CONVENTIONS.values(), ids=CONVENTIONS)
def test_conventions_are_pytorchs(both: tuple[Function, Function], inputs: tuple[Array, ...]) -> None:
    close = CLOSE[np.float64] | {"atol": 1e-10, "rtol": 1e-11}
    beside(*both, inputs, close)


SHAPES = [(), (1,), (2,), (0,), (2, 1)]


@pytest.mark.parametrize("batch", SHAPES, ids=str)
@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_square_matrices_of_every_size_are_as_in_pytorch(batch: tuple[int, ...], n: int) -> None:
    x = np.random.default_rng(n).standard_normal((*batch, n, n)) + 3 * np.diag(np.arange(1.0, n + 1))
    close = {"rtol": 1e-10, "atol": 1e-10}
    for call in (
        lambda on, x: on.det(x), lambda on, x: on.slogdet(x)[1], lambda on, x: on.inv(x),
        lambda on, x: on.matrix_exp(x / 4), lambda on, x: on.eigvalsh(x), lambda on, x: on.cholesky(x @ x.mT),
        lambda on, x: on.solve(x, x.mT),
    ):  # fmt: skip
        beside(*each(call), (x,), close)


@pytest.mark.parametrize("batch", SHAPES, ids=str)
@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (1, 4), (4, 1), (3, 3)], ids=str)
def test_matrices_of_every_size_are_as_in_pytorch(batch: tuple[int, ...], shape: tuple[int, int]) -> None:
    x = np.random.default_rng(2).standard_normal((*batch, *shape)) + 2 * np.eye(*shape) * np.arange(1.0, shape[1] + 1)
    close = {"rtol": 1e-9, "atol": 1e-9}
    for call in (
        lambda on, x: on.svdvals(x), lambda on, x: on.svd(x, full_matrices=False)[0] ** 2, lambda on, x: on.pinv(x),
        lambda on, x: on.svd(x, full_matrices=False)[2] ** 2, lambda on, x: on.qr(x)[0], lambda on, x: on.qr(x)[1],
        lambda on, x: on.matrix_norm(x, "nuc"), lambda on, x: on.matrix_norm(x, 2),
    ):  # fmt: skip
        beside(*each(call), (x,), close)


DOTS = {
    "...ij,...jk": [(2, 1, 2, 3), (5, 3, 4)],
    "...,i...->i": [(2, 3), (4, 2, 3)],
    "i...j,j...->...i": [(2, 5, 3), (3, 5)],
    "...ii->...i": [(2, 3, 3)],
    "i,...i": [(1,), (2, 3)],
    "ij,kj,lj->ikl": [(2, 3), (4, 1), (2, 3)],
    "Ab,bA": [(2, 3), (3, 2)],
    "Ba": [(2, 3)],
    "aB,bc": [(2, 1), (3, 2)],
    "ij,jj->i": [(2, 3), (3, 3)],
    "ij,ij": [(1, 3), (2, 1)],
    "i...->...": [(3, 2, 2)],
    "...a,...a,...a": [(2, 3), (3,), (1, 3)],
}


@pytest.mark.parametrize("equation", DOTS)
def test_sums_of_products_with_dots_and_sizes_of_1_are_pytorchs(equation: str) -> None:
    inputs = tuple([np.random.default_rng(3).standard_normal(shape) for shape in DOTS[equation]])
    both = (lambda *xs: kytorch.einsum(equation, *xs), lambda *xs: torch.einsum(equation, *xs))
    beside(*both, inputs, CLOSE[np.float64])
    second_beside(*both, inputs)


def test_the_letters_of_an_answer_are_sorted_as_in_pytorch() -> None:
    x, y = np.ones((2, 3)), np.ones((3, 4))
    for equation in ("ij,jk", "ji,ik", "Bj,jA", "bj,jA"):
        assert kytorch.einsum(equation, x, y).shape == tuple(torch.einsum(equation, *map(torch.tensor, (x, y))).shape)


def test_ranks_and_tolerances_are_pytorchs() -> None:
    x = np.diag([1.0, 1e-3, 1e-6, 1e-12])
    for dtype in (np.float32, np.float64):
        ours, theirs = Tensor(x.astype(dtype)), torch.tensor(x.astype(dtype))
        for tolerances in ({}, {"rtol": 1e-4}, {"atol": 1e-4}, {"rtol": 1e-7, "atol": 1e-2}, {"atol": 0.0}):
            rank = linalg.matrix_rank(ours, **tolerances)
            assert rank.item() == torch.linalg.matrix_rank(theirs, **tolerances).item(), (dtype, tolerances)
            expected = torch.linalg.pinv(theirs, **tolerances).numpy()
            np.testing.assert_allclose(linalg.pinv(ours, **tolerances).numpy(), expected, rtol=1e-5)


def test_the_shapes_of_decompositions_of_nothing_are_pytorchs() -> None:
    for shape in [(0, 3), (3, 0), (0, 0), (0, 2, 3), (2, 0, 3), (2, 3, 0)]:
        for name, options in [("svd", {}), ("svd", {"full_matrices": False}), ("qr", {}), ("qr", {"mode": "complete"}),
                              ("pinv", {}), ("svdvals", {})]:  # fmt: skip
            ours = getattr(linalg, name)(Tensor(np.zeros(shape)), **options)
            theirs = getattr(torch.linalg, name)(torch.zeros(shape), **options)
            if isinstance(ours, Tensor):
                ours, theirs = (ours,), (theirs,)
            assert [x.shape for x in ours] == [tuple(x.shape) for x in theirs], (name, shape)
