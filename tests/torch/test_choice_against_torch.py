"""Choice, rounding and remainders where they have kinks, ties, NaN and infinities, beside PyTorch's."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from operations.table import Array

import kytorch
from kytorch import Tensor, TrainableWeight

torch = pytest.importorskip("torch")

# NumPy warns of divisions by 0 and of infinity less infinity.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

EDGES = np.array([1.5, -2.5, 0.0, -0.0, np.nan, np.inf, -np.inf, 3.0, 1.0, -1.0])
PAIRS = np.array(list(itertools.product(EDGES, EDGES))).T
LIMITED = np.array(list(itertools.product([0.0, 1.0, 2.0, np.nan, np.inf], [0.0, 1.0, 2.0, np.nan], [0.0, 1.0, 2.0]))).T


def same(ours: Any, theirs: Any, inputs: Any, dtype: Any) -> None:
    """Compare values and gradients, which are equal, NaN included."""
    arrays: list[Array] = [np.asarray(x, dtype) for x in inputs]
    weights = [TrainableWeight(x) for x in arrays]
    leaves = [torch.tensor(x, requires_grad=True) for x in arrays]
    y, expected = ours(*[weight.tensor() for weight in weights]), theirs(*leaves)
    np.testing.assert_array_equal(y.numpy(), expected.detach().numpy())
    others = torch.autograd.grad(expected, leaves, torch.ones_like(expected), materialize_grads=True)
    for create_graph in (False, True):
        found = {w: g for g, w in y.backward(Tensor(np.ones(y.shape, dtype)), create_graph=create_graph)}
        for weight, other in zip(weights, others):
            np.testing.assert_array_equal(found[weight].numpy(), other.numpy())


both = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@both
@pytest.mark.parametrize("name", ["floor", "ceil", "round", "trunc", "frac", "sign", "abs", "nan_to_num"])
def test_functions_of_one_at_the_edges_are_pytorchs(name: str, dtype: Any) -> None:
    same(getattr(kytorch, name), getattr(torch, name), [EDGES], dtype)
    same(getattr(kytorch, name), getattr(torch, name), [np.tile(EDGES, 300)], dtype)


@both
@pytest.mark.parametrize("name", ["maximum", "minimum", "fmax", "fmin", "remainder", "fmod"])
def test_functions_of_two_at_the_edges_are_pytorchs(name: str, dtype: Any) -> None:
    same(getattr(kytorch, name), getattr(torch, name), PAIRS, dtype)
    same(getattr(kytorch, name), getattr(torch, name), np.tile(PAIRS, 30), dtype)


@both
def test_floor_divide_at_the_edges_is_pytorchs(dtype: Any) -> None:
    same(kytorch.floor_divide, lambda a, b: torch.div(a, b, rounding_mode="floor"), PAIRS, dtype)


@both
@pytest.mark.parametrize(
    "limits", [(-1.0, 1.0), (1.0, -1.0), (None, 1.0), (1.0, None), (1.0, 1.0), (np.nan, 1.0), (-np.inf, np.inf)]
)
def test_clamp_to_numbers_at_the_edges_is_pytorchs(limits: Any, dtype: Any) -> None:
    same(lambda x: kytorch.clamp(x, *limits), lambda x: torch.clamp(x, *limits), [EDGES], dtype)


@both
def test_clamp_to_tensors_at_the_edges_is_pytorchs(dtype: Any) -> None:
    same(kytorch.clamp, torch.clamp, LIMITED, dtype)
    same(lambda x, low: kytorch.clamp(x, min=low), lambda x, low: torch.clamp(x, min=low), PAIRS, dtype)
    same(lambda x, high: kytorch.clamp(x, max=high), lambda x, high: torch.clamp(x, max=high), PAIRS, dtype)


@both
def test_nan_to_num_with_numbers_at_the_edges_is_pytorchs(dtype: Any) -> None:
    same(lambda x: x.nan_to_num(1.0, 2.0, 3.0), lambda x: torch.nan_to_num(x, 1.0, 2.0, 3.0), [EDGES], dtype)
    same(lambda x: x.nan_to_num(posinf=2.0), lambda x: torch.nan_to_num(x, posinf=2.0), [EDGES], dtype)


@pytest.mark.parametrize("name", ["isnan", "isinf", "isfinite", "isposinf", "isneginf", "logical_not"])
def test_tests_of_numbers_are_pytorchs(name: str) -> None:
    assert getattr(Tensor(EDGES), name)().tolist() == getattr(torch, name)(torch.tensor(EDGES)).tolist()


@pytest.mark.parametrize("name", ["logical_and", "logical_or", "logical_xor", "isclose"])
def test_tests_of_two_numbers_are_pytorchs(name: str) -> None:
    theirs = getattr(torch, name)(*torch.tensor(PAIRS))
    assert getattr(kytorch, name)(*Tensor(PAIRS)).tolist() == theirs.tolist()


@pytest.mark.parametrize("name", ["floor_divide", "remainder", "fmod", "bitwise_left_shift", "bitwise_right_shift"])
def test_quotients_remainders_and_shifts_of_integers_are_pytorchs(name: str) -> None:
    a, b = np.array(list(itertools.product([-7, -1, 0, 5, 9], [-3, -64, 2, 64, 70]))).T
    y, expected = getattr(kytorch, name)(Tensor(a), Tensor(b)), getattr(torch, name)(torch.tensor(a), torch.tensor(b))
    assert (y.tolist(), y.dtype) == (expected.tolist(), np.int64)
