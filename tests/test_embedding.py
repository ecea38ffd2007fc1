"""Embeddings and bags of them: what they draw, refuse and update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight, nn
from kytorch.func import functional_call
from kytorch.nn import functional

INDEX = Tensor([[0, 2, 2], [3, 2, 0]])


def test_a_table_is_drawn_from_the_normal_distribution_and_its_padding_is_zero() -> None:
    layer = nn.Embedding(300, 200, padding_idx=7, generator=np.random.default_rng(0))
    values = layer.weight.data
    assert not values[7].any()
    rest = np.delete(values, 7, 0)
    assert abs(rest.mean()) < 0.02
    assert abs(rest.std() - 1) < 0.02
    again = nn.Embedding(300, 200, padding_idx=7, generator=np.random.default_rng(0))
    np.testing.assert_array_equal(again.weight.data, values)


@pytest.mark.parametrize("layer", [nn.Embedding(5, 3, scale_grad_by_freq=True),
                                   nn.EmbeddingBag(5, 3, mode="sum", scale_grad_by_freq=True)])  # fmt: skip
def test_frequencies_divide_the_gradient(layer: nn.Module) -> None:
    [(g, _)] = layer(INDEX).sum().backward()
    np.testing.assert_allclose(g.numpy(), np.repeat([[1], [0], [1], [1], [0]], 3, 1), rtol=1e-6)


def test_a_padding_in_a_weight_that_is_used_twice_gets_no_gradient() -> None:
    weight = TrainableWeight(np.ones((5, 3)))
    w = weight.tensor()
    parts = [functional.embedding(INDEX, w, padding_idx=2).sum() * k for k in (1.0, 2.0)]
    [(g, _)] = (parts[0] + parts[1] + (w * 5.0).sum()).backward()
    np.testing.assert_allclose(g.numpy(), np.repeat([[11.0], [5], [5], [8], [5]], 3, 1), rtol=1e-6)


def test_only_rows_that_are_named_and_too_long_are_limited() -> None:
    layer = nn.Embedding.from_pretrained(np.full((5, 4), 1.0), freeze=False, max_norm=1.0)
    layer.weight.update(np.array([[1.0] * 4, [1.0] * 4, [0.1] * 4, [1.0] * 4, [1.0] * 4]))
    before = layer.weight.tensor()
    layer(INDEX)
    np.testing.assert_allclose(np.linalg.norm(layer.weight.data, axis=1), [1, 2, 0.2, 1, 2], rtol=1e-6)
    np.testing.assert_array_equal(before.numpy()[0], [1.0] * 4)  # a Tensor that was read before stays


def test_a_frozen_table_gets_no_gradient() -> None:
    frozen = nn.Embedding.from_pretrained(np.ones((5, 3)))
    assert not frozen(INDEX).requires_grad
    assert frozen.weight.dtype == np.float64


def test_a_table_can_be_given_in_a_call() -> None:
    layer = nn.Embedding(5, 3)
    weight = kytorch.tensor(np.arange(15.0, dtype=np.float32).reshape(5, 3), requires_grad=True)
    y = functional_call(layer, {"weight": weight}, (INDEX,))
    np.testing.assert_array_equal(y.numpy(), weight.numpy()[INDEX.numpy()])


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.uint64])
def test_any_integers_are_indices(dtype: Any) -> None:
    layer = nn.Embedding(5, 3)
    np.testing.assert_array_equal(layer(INDEX.to(dtype)).numpy(), layer(INDEX).numpy())


def test_an_empty_bag_has_zeros() -> None:
    for mode in ("sum", "mean", "max"):
        bag = nn.EmbeddingBag(5, 3, mode=mode)  # type: ignore[arg-type]  # a str to mypy
        y = bag(Tensor([1, 2]), Tensor([0, 0, 2]))
        assert not y.numpy()[[0, 2]].any()
        assert y.numpy()[1].all()
        assert bag(Tensor(np.zeros((2, 0), np.int64))).numpy().tolist() == [[0.0] * 3] * 2
        assert bag(Tensor(np.zeros(0, np.int64)), Tensor(np.zeros(0, np.int64))).shape == (0, 3)


def test_the_first_of_equal_elements_is_the_maximum_and_nan_is_the_greatest() -> None:
    weight = kytorch.tensor([[1.0, 2.0], [1.0, 3.0], [float("nan"), 3.0]], requires_grad=True)
    y = functional.embedding_bag(Tensor([[0, 1], [1, 2]]), weight, mode="max")
    np.testing.assert_array_equal(y.numpy(), [[1.0, 3.0], [np.nan, 3.0]])
    (g,) = kytorch.grad(y, weight, Tensor(np.ones((2, 2), np.float32)))
    np.testing.assert_array_equal(g.numpy(), [[1.0, 0.0], [0.0, 2.0], [1.0, 0.0]])


BAG = nn.EmbeddingBag(5, 3)
WEIGHT = Tensor(np.ones((5, 3), np.float32))


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: nn.Embedding(5, 3)(Tensor([0, 5])), IndexError, "index 5 is out of range for a weight of 5 rows"),
        (lambda: nn.Embedding(5, 3)(Tensor(-1)), IndexError, "index -1 is out of range for a weight of 5 rows"),
        (lambda: BAG(Tensor([[7]])), IndexError, "index 7 is out of range for a weight of 5 rows"),
        (lambda: nn.Embedding(5, 3)(Tensor([1.0])), TypeError, "indices are integers, not float32"),
        (lambda: nn.Embedding(5, 3)(Tensor([True])), TypeError, "indices are integers, not bool"),
        (lambda: nn.Embedding(5, 3)([1]), TypeError, "expected a Tensor, not list"),
        (lambda: functional.embedding(INDEX, TrainableWeight([[1.0]])), TypeError, "weight.tensor"),
        (lambda: functional.embedding(INDEX, Tensor([1.0])), ValueError, "the weight is to be a matrix"),
        (lambda: functional.embedding(INDEX, Tensor([[1]])), ValueError, "the weight is to be a matrix of floats"),
        (lambda: functional.embedding(INDEX, WEIGHT, 5), ValueError, "padding_idx 5 is out of range for 5 rows"),
        (lambda: nn.Embedding(5, 3, padding_idx=-6), ValueError, "Embedding: padding_idx -6 is out of range"),
        (lambda: nn.Embedding(0, 3), ValueError, "Embedding: num_embeddings is to be at least 1, not 0"),
        (lambda: nn.EmbeddingBag(3, 1.5), TypeError, "EmbeddingBag: embedding_dim is to be an int, not float"),
        (lambda: nn.EmbeddingBag(3, 1, mode="min"), ValueError, "mode 'min' is none of 'sum', 'mean', 'max'"),
        (lambda: nn.Embedding.from_pretrained(np.ones(3)), ValueError, "expected a matrix, not shape"),
        (lambda: nn.Embedding.from_pretrained([[1.0]]), TypeError, "expected a Tensor, not list"),
        (lambda: nn.Embedding.from_pretrained(np.ones((3, 2), int)), TypeError, "has no derivative"),
        (lambda: BAG(Tensor([1, 2])), ValueError, "and offsets, not shape"),
        (lambda: BAG(Tensor([[[1]]])), ValueError, "and offsets, not shape"),
        (lambda: BAG(INDEX, Tensor([0])), ValueError, "offsets are for an input of one dimension"),
        (lambda: BAG(Tensor([1, 2]), Tensor([1])), ValueError, "ascend from 0 to at most 2"),
        (lambda: BAG(Tensor([1, 2]), Tensor([0, 2, 1])), ValueError, "ascend from 0"),
        (lambda: BAG(Tensor([1, 2]), Tensor([0, 3])), ValueError, "ascend from 0"),
        (lambda: BAG(Tensor([1, 2]), Tensor([[0]])), ValueError, "integers of one dimension"),
        (lambda: BAG(Tensor([1, 2]), Tensor([0.0])), ValueError, "integers of one dimension"),
        (lambda: BAG(Tensor([1]), [0]), TypeError, "expected a Tensor, not list"),
        (lambda: BAG(INDEX, None, Tensor(np.ones((2, 3)))), ValueError, "are for mode 'sum', not 'mean'"),
        (lambda: functional.embedding_bag(INDEX, WEIGHT, mode="sum", per_sample_weights=Tensor([1.0])), ValueError,
         "per_sample_weights have shape"),
        (lambda: functional.embedding_bag(INDEX, WEIGHT, mode="sum", per_sample_weights=Tensor(np.ones((2, 3)))),
         TypeError, "the weight has dtype float32, and per_sample_weights float64; convert one"),
        (lambda: nn.Embedding(5, 3, "a"), TypeError, "Embedding: padding_idx is an int, not str"),
        (lambda: nn.Embedding(5, 3, 1.5), TypeError, "Embedding: padding_idx is an int, not float"),
        (lambda: nn.Embedding(5, 3, max_norm="a"), TypeError, "Embedding: max_norm is to be a number, not str"),
        (lambda: nn.Embedding(5, 3, norm_type="a"), TypeError, "Embedding: norm_type is to be a number, not str"),
        (lambda: nn.Embedding(5, 3, dtype=int), TypeError, "Embedding: weights are of floats, not int64"),
        (lambda: nn.Embedding(5, 3, _weight=Tensor([[1.0]])), ValueError, "Embedding: _weight has shape (1, 1)"),
        (lambda: functional.embedding_bag(INDEX, WEIGHT, mode="max", scale_grad_by_freq=True), ValueError,
         "a maximum does not take scale_grad_by_freq"),
    ],
)  # fmt: skip
def test_a_wrong_call_says_what_is_wrong(call: Callable[[], object], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert words in str(caught.value)


@pytest.mark.parametrize("layer", [nn.Embedding(5, 3, max_norm=0.5), nn.EmbeddingBag(5, 3, max_norm=0.5, mode="sum")])
def test_another_weight_in_a_call_is_limited_and_the_layers_own_stays(layer: nn.Module) -> None:
    before, given = layer.state_dict()["weight"], Tensor(np.full((5, 3), 9.0, np.float32))
    index = Tensor([[0], [2]])
    y = functional_call(layer, {"weight": given}, index)
    np.testing.assert_allclose(np.linalg.norm(y.numpy().reshape(2, 3), axis=1), 0.5, rtol=1e-6)
    np.testing.assert_array_equal(layer.state_dict()["weight"], before)
    g = kytorch.func.grad(lambda w: functional_call(layer, {"weight": w}, index).sum())(given)
    np.testing.assert_array_equal(g.numpy().sum(1), [3.0, 0.0, 3.0, 0.0, 0.0])


def test_sparse_changes_nothing_but_what_is_shown() -> None:
    sparse, weight = nn.Embedding(5, 3, None, None, 2.0, False, True, WEIGHT), nn.Embedding(5, 3, _weight=WEIGHT)
    np.testing.assert_array_equal(sparse(INDEX).numpy(), weight(INDEX).numpy())
    assert repr(sparse) == "Embedding(5, 3, sparse=True)"
    bag = functional.embedding_bag(INDEX, WEIGHT, None, None, 2.0, False, "sum", True, Tensor(np.ones((2, 3), "f")))
    np.testing.assert_array_equal(bag.numpy(), functional.embedding_bag(INDEX, WEIGHT, mode="sum").numpy())
    assert not nn.Embedding(5, 3, _freeze=True).weight.requires_grad
