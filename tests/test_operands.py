"""What an operation takes beside a Tensor: an array is a constant, wherever it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch as kt
from kytorch import Tensor, TrainableWeight, linalg

M = np.array([[4.0, 1.0], [1.0, 3.0]])
V = np.array([1.0, 2.0])
I = np.array([[0, 1], [1, 0]])  # noqa: E741  # indices

# Operations on two floating operands, and which shapes they take.
OF_TWO: dict[str, tuple[Callable[[Any, Any], Any], Any, Any]] = {
    "add": (kt.add, M, V),
    "maximum": (kt.maximum, M, V),
    "lerp": (lambda a, b: kt.lerp(a, b, 0.25), M, V),
    "where": (lambda a, b: kt.where(I > 0, a, b), M, V),
    "mm": (kt.mm, M, M),
    "matmul": (kt.matmul, M, V),
    "bmm": (kt.bmm, M[None], M[None]),
    "mv": (kt.mv, M, V),
    "dot": (kt.dot, V, V),
    "outer": (kt.outer, V, V),
    "inner": (kt.inner, M, V),
    "kron": (kt.kron, M, V),
    "tensordot": (lambda a, b: kt.tensordot(a, b, 1), M, V),
    "einsum": (lambda a, b: kt.einsum("ij,j->i", a, b), M, V),
    "addmm": (lambda a, b: kt.addmm(a, b, M), M, M),
    "addmv": (lambda a, b: kt.addmv(a, M, b), V, V),
    "baddbmm": (lambda a, b: kt.baddbmm(a, b, M[None]), M[None], M[None]),
    "cat": (lambda a, b: kt.cat([a, b]), M, M),
    "stack": (lambda a, b: kt.stack([a, b]), M, M),
    "diff": (lambda a, b: kt.diff(a, prepend=b), M, M),
    "gather, then scatter_add": (lambda a, b: kt.scatter_add(a, 0, I, b), M, M),
    "scatter": (lambda a, b: kt.scatter(a, 0, I, b), M, M),
    "scatter_reduce": (lambda a, b: kt.scatter_reduce(a, 0, I, b, "sum"), M, M),
    "index_add": (lambda a, b: kt.index_add(a, 0, I[0], b), M, M),
    "index_copy": (lambda a, b: kt.index_copy(a, 0, I[0], b), M, M),
    "index_fill": (lambda a, b: kt.index_fill(a, 0, I[0, :1], b), M, np.array(2.0)),
    "masked_fill": (lambda a, b: kt.masked_fill(a, I > 0, b), M, np.array(2.0)),
    "solve": (linalg.solve, M, V),
    "solve_triangular": (lambda a, b: linalg.solve_triangular(a, b, upper=True), M, M),
    "lstsq": (lambda a, b: linalg.lstsq(a, b).solution, M, V),
    "multi_dot": (lambda a, b: linalg.multi_dot([a, b]), M, V),
    "cross": (linalg.cross, np.arange(3.0), np.ones(3)),
    "vecdot": (linalg.vecdot, V, V),
}


@pytest.mark.parametrize("operation, a, b", OF_TWO.values(), ids=OF_TWO)
def test_an_array_beside_a_tensor_is_a_constant(operation: Any, a: Any, b: Any) -> None:
    first, second = TrainableWeight(a), TrainableWeight(b)
    both = operation(first.tensor(), second.tensor())
    expected = {weight: gradient.numpy() for gradient, weight in both.sum().backward()}
    for y, weight in ((operation(first.tensor(), b), first), (operation(a, second.tensor()), second)):
        assert isinstance(y, Tensor)
        np.testing.assert_array_equal(y.numpy(), both.numpy())
        [(gradient, found)] = y.sum().backward()
        assert found is weight
        np.testing.assert_allclose(gradient.numpy(), expected[weight], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("operation, a, b", OF_TWO.values(), ids=OF_TWO)
def test_a_list_and_a_weight_are_no_second_operand(operation: Any, a: Any, b: Any) -> None:
    for x in (a, Tensor(a)):
        with pytest.raises(TypeError, match="list"):
            operation(x, [[1.0, 2.0]])
        with pytest.raises(TypeError, match=r"weight\.tensor\(\)"):
            operation(x, TrainableWeight(b))


def test_equal_and_isclose_take_an_array_on_either_side() -> None:
    assert kt.equal(Tensor(M), M) and kt.equal(M, Tensor(M)) and not kt.equal(M, Tensor(M + 1))
    assert isinstance(kt.isclose(M, Tensor(M)), Tensor)
    assert kt.allclose(M, Tensor(M))


def test_a_comparison_of_a_list_is_refused() -> None:
    with pytest.raises(TypeError, match=r"eq.*list"):
        kt.eq([1.0, 2.0], Tensor(V))  # type: ignore[arg-type]


@pytest.mark.parametrize("like", [kt.rand_like, kt.randn_like, kt.zeros_like, kt.ones_like, kt.empty_like])
def test_a_weight_is_nothing_to_be_like(like: Any) -> None:
    for wrong, words in ((TrainableWeight(V), r"weight\.tensor\(\)"), ([1.0], "list")):
        with pytest.raises(TypeError, match=rf"{like.__name__}.*{words}"):
            like(wrong)


def test_two_numbers_are_no_operands() -> None:
    for operation in (kt.add, kt.maximum, kt.eq, kt.remainder, kt.atan2):
        with pytest.raises(TypeError, match=operation.__name__):
            operation(1.0, 2.0)


def test_an_immutable_tensor_is_its_own_clone() -> None:
    x = Tensor(M)
    assert x.clone() is x and x.contiguous() is x
    assert (x.dim(), x.numel()) == (2, 4)


def test_div_rounds_as_asked() -> None:
    x = Tensor([-7, 7])
    assert x.div(2, rounding_mode="trunc").tolist() == [-3, 3]
    assert x.div(2, rounding_mode="floor").tolist() == [-4, 3]
    assert x.div(2, rounding_mode="trunc").dtype == np.int64
    weight = TrainableWeight([-7.0, 7.0])
    for mode in ("trunc", "floor"):
        [(gradient, _)] = weight.tensor().div(2.0, rounding_mode=mode).sum().backward()
        assert gradient.tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match=r"div.*rounding_mode.*'up'"):
        kt.div(x, 2, rounding_mode="up")  # type: ignore[arg-type]


def test_where_of_a_condition_alone_says_where() -> None:
    for condition in (M > 2, Tensor(M > 2)):
        rows, columns = kt.where(condition)
        assert (rows.tolist(), columns.tolist()) == ([0, 1], [0, 1])


def test_max_takes_a_dim_or_another() -> None:
    with pytest.raises(TypeError, match=r"max.*dim or other"):
        kt.max(Tensor(M), 0, other=Tensor(M))  # type: ignore[call-overload]
