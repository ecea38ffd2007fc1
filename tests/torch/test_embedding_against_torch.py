"""What an embedding does beside looking up: padding, frequencies, the greatest norm, bags; beside PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from beside import CLOSE

from kytorch import Tensor, nn
from kytorch.nn import functional

torch = pytest.importorskip("torch")

INDEX = np.array([[0, 2, 2, 4], [4, 4, 1, 0]])
LINE = np.array([0, 2, 2, 4, 4, 4, 1, 0])


def both(name: str, *call: np.ndarray[Any, Any], dtype: Any = np.float64, **options: Any) -> None:
    """Compare a layer's value, the gradient of its weight and its weight afterwards."""
    theirs = getattr(torch.nn, name)(5, 3, **options)
    weight = np.random.default_rng(3).standard_normal((5, 3)).astype(dtype)
    theirs.weight = torch.nn.Parameter(torch.tensor(weight))
    ours = getattr(nn, name)(5, 3, **options, dtype=dtype)
    ours.load_state_dict({"weight": weight})
    y, expected = ours(*map(Tensor, call)), theirs(*map(torch.tensor, call))
    np.testing.assert_allclose(y.numpy(), expected.detach().numpy(), **CLOSE[dtype])
    g = np.random.default_rng(5).standard_normal(y.shape).astype(dtype)
    expected.backward(torch.tensor(g))
    gradients = y.backward(Tensor(g))
    assert [weight for _, weight in gradients] == [ours.weight]
    np.testing.assert_allclose(gradients[0][0].numpy(), theirs.weight.grad.numpy(), **CLOSE[dtype])
    again = y.backward(Tensor(g), create_graph=True)[0][0]
    np.testing.assert_allclose(again.numpy(), theirs.weight.grad.numpy(), **CLOSE[dtype])
    np.testing.assert_allclose(ours.weight.data, theirs.weight.detach().numpy(), **CLOSE[dtype])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "options",
    [
        {"padding_idx": 2},
        {"padding_idx": -1},
        {"scale_grad_by_freq": True},
        {"padding_idx": 4, "scale_grad_by_freq": True},
        {"max_norm": 1.0},
        {"max_norm": 0.5, "norm_type": 1.0},
        {"max_norm": 1.0, "norm_type": float("inf"), "padding_idx": 0},
    ],
)
def test_an_embedding_is_pytorchs(options: dict[str, Any], dtype: Any) -> None:
    both("Embedding", INDEX, dtype=dtype, **options)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize(
    "options",
    [{}, {"padding_idx": 2}, {"padding_idx": 4}, {"max_norm": 1.0}, {"max_norm": 1.0, "norm_type": 1.0}],
)
def test_a_bag_is_pytorchs(mode: str, options: dict[str, Any]) -> None:
    both("EmbeddingBag", INDEX, mode=mode, **options)
    both("EmbeddingBag", np.array([[2, 2], [4, 4], [2, 4]]), mode=mode, **options)
    both("EmbeddingBag", LINE, np.array([0, 3, 3, 5, 8]), mode=mode, **options)
    both("EmbeddingBag", LINE, np.array([0, 3, 3, 8]), mode=mode, include_last_offset=True, **options)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_equal_rows_share_no_gradient_in_a_maximum_and_a_large_table_sums_them(mode: str) -> None:
    weight = np.repeat(np.random.default_rng(3).standard_normal((40, 4)), 5, 0)
    index = np.random.default_rng(4).integers(0, 200, (64, 7))
    leaf = torch.tensor(weight, requires_grad=True)
    live = nn.Embedding.from_pretrained(weight, freeze=False).weight
    y = functional.embedding_bag(Tensor(index), live.tensor(), mode=mode)
    expected = torch.nn.functional.embedding_bag(torch.tensor(index), leaf, mode=mode)
    g = np.random.default_rng(5).standard_normal(y.shape)
    expected.backward(torch.tensor(g))
    np.testing.assert_allclose(y.numpy(), expected.detach().numpy(), **CLOSE[np.float64])
    np.testing.assert_allclose(y.backward(Tensor(g))[0][0].numpy(), leaf.grad.numpy(), **CLOSE[np.float64])


def test_a_function_with_a_greatest_norm_has_pytorchs_value_and_gradient() -> None:
    weight = np.random.default_rng(3).standard_normal((5, 3))
    live = nn.Embedding.from_pretrained(weight, freeze=False).weight
    y = functional.embedding(Tensor(INDEX), live.tensor(), max_norm=0.5)
    leaf = torch.tensor(weight, requires_grad=True)
    expected = torch.nn.functional.embedding(torch.tensor(INDEX), leaf, max_norm=0.5)
    np.testing.assert_allclose(y.numpy(), expected.detach().numpy(), **CLOSE[np.float64])
    expected.sum().backward()
    np.testing.assert_array_equal(y.sum().backward()[0][0].numpy(), leaf.grad.numpy())
    np.testing.assert_array_equal(live.data, weight)  # immutable, unlike PyTorch's


@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag"])
@pytest.mark.parametrize("freeze", [True, False])
def test_a_pretrained_layer_is_pytorchs(name: str, freeze: bool) -> None:
    weight = np.random.default_rng(3).standard_normal((5, 3)).astype(np.float32)
    ours = getattr(nn, name).from_pretrained(weight, freeze, padding_idx=1)
    theirs = getattr(torch.nn, name).from_pretrained(torch.tensor(weight), freeze, padding_idx=1)
    assert repr(ours) == repr(theirs)
    np.testing.assert_array_equal(ours.weight.data, theirs.weight.detach().numpy())
    assert ours(Tensor(INDEX)).requires_grad == theirs(torch.tensor(INDEX)).requires_grad == (not freeze)


@pytest.mark.parametrize(
    "options",
    [
        {"max_norm": 1.5, "norm_type": 3.0, "scale_grad_by_freq": True, "padding_idx": -2},
        {"max_norm": 2},
        {"norm_type": 1.0},
    ],
)
@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag"])
def test_options_are_shown_as_pytorchs(name: str, options: dict[str, Any]) -> None:
    assert repr(getattr(nn, name)(5, 3, **options)) == repr(getattr(torch.nn, name)(5, 3, **options))
