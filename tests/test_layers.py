"""Linear: values by hand, wrong calls, and derivatives to second order."""

import math

import numpy as np
import pytest
from inputs import normal, rng, unit

from kytorch import Tensor, TrainableWeight, manual_seed, nn
from kytorch.nn.functional import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    linear,
    mse_loss,
)
from kytorch.testing import check_gradients

# Linear


def test_linear_is_x_times_the_transposed_weight_plus_the_bias():
    layer = nn.Linear(2, 3)
    layer.load_state_dict({"weight": np.array([[1, 2], [3, 4], [5, 6]]), "bias": np.array([10, 20, 30])})
    assert layer(Tensor([1.0, -1.0])).tolist() == [9.0, 19.0, 29.0]
    assert layer(Tensor([[1.0, 0.0], [0.0, 1.0]])).tolist() == [[11.0, 23.0, 35.0], [12.0, 24.0, 36.0]]


@pytest.mark.parametrize("shape", [(4,), (1, 4), (5, 4), (2, 3, 4), (2, 1, 3, 4), (0, 4), (2, 0, 4)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear_maps_the_last_dimension_of_any_shape(shape, bias):
    layer = nn.Linear(4, 3, bias, np.float64)
    x = normal(*shape)
    y = layer(x)
    expected = x.numpy() @ layer.weight.data.T + (layer.bias.data if bias else 0)
    assert y.shape == (*shape[:-1], 3)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12)
    found = {weight: g for g, weight in y.sum().backward()}
    assert set(found) == set(layer.weights())
    rows = x.numpy().reshape(-1, 4)
    np.testing.assert_allclose(found[layer.weight].numpy(), np.tile(rows.sum(0), (3, 1)), rtol=1e-12, atol=1e-12)
    if bias:
        np.testing.assert_array_equal(found[layer.bias].numpy(), np.full(3, len(rows)))


@pytest.mark.parametrize("shape", [(3,), (1, 3), (4, 3), (2, 2, 3)])
def test_linear_differentiates_twice_in_input_weight_and_bias(shape):
    w, b = Tensor(np.random.default_rng(1).standard_normal((2, 3))), Tensor(np.array([0.3, -0.7]))
    check_gradients(linear, normal(*shape), w, b)
    check_gradients(lambda x, w, b: linear(x, w, b).sin(), normal(*shape), w, b)
    check_gradients(lambda x, w: linear(x, w).tanh(), normal(*shape), w)


def test_each_operand_of_linear_may_be_the_only_live_one():
    x, w, b = normal(2, 3), unit(4, 3), unit(4)
    check_gradients(lambda x: linear(x, w, b).sin(), x)
    check_gradients(lambda w: linear(x, w, b).sin(), w)
    check_gradients(lambda b: linear(x, w, b).sin(), b)
    assert not linear(x, w, b).requires_grad


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_linear_keeps_the_dtype(dtype):
    layer = nn.Linear(2, 3, dtype=dtype)
    y = layer(Tensor(np.ones((4, 2)), dtype))
    assert y.dtype == layer.weight.dtype == layer.bias.dtype == dtype
    assert all(g.dtype == dtype for g, _ in y.sum().backward())


def test_the_gradient_of_float32_weights_is_float32_even_for_a_float64_input():
    layer = nn.Linear(2, 3)
    y = layer(normal(4, 2))
    assert y.dtype == np.float64
    assert all(g.dtype == np.float32 for g, _ in y.sum().backward())


@pytest.mark.parametrize("features", [1, 4, 100])
def test_linear_starts_uniform_between_plus_and_minus_one_over_the_root_of_in_features(features):
    layer = nn.Linear(features, 20_000 // features, generator=rng())
    k = 1 / math.sqrt(features)
    for weight, n in ((layer.weight, 20_000), (layer.bias, 20_000 // features)):
        assert np.abs(weight.data).max() <= k * (1 + 1e-6)
        assert np.abs(weight.data).max() > k * (1 - 20 / n)
        assert abs(weight.data.mean()) < 5 * k / math.sqrt(3 * n)
        assert abs(weight.data.std() / (k / math.sqrt(3)) - 1) < 5 / math.sqrt(n)


def test_linear_starts_the_same_for_the_same_seed_and_otherwise_for_another():
    draw = lambda seed: nn.Linear(3, 4, generator=np.random.default_rng(seed)).state_dict()
    for name in ("weight", "bias"):
        np.testing.assert_array_equal(draw(1)[name], draw(1)[name])
        assert not np.array_equal(draw(1)[name], draw(2)[name])
    manual_seed(9)
    a = nn.Linear(3, 4)
    b = nn.Linear(3, 4)
    assert not np.array_equal(a.weight.data, b.weight.data)
    manual_seed(9)
    np.testing.assert_array_equal(nn.Linear(3, 4).weight.data, a.weight.data)


@pytest.mark.parametrize("n", [0, -1])
def test_linear_refuses_less_than_one_feature(n):
    with pytest.raises(ValueError, match=f"Linear: in_features is to be at least 1, not {n}"):
        nn.Linear(n, 2)
    with pytest.raises(ValueError, match=f"Linear: out_features is to be at least 1, not {n}"):
        nn.Linear(2, n)


@pytest.mark.parametrize("n", [2.0, "2", None, (2,)])
def test_linear_refuses_features_that_are_no_int(n):
    with pytest.raises(TypeError, match="Linear: in_features is to be an int"):
        nn.Linear(n, 2)
    with pytest.raises(TypeError, match="Linear: out_features is to be an int"):
        nn.Linear(2, n)


def test_linear_refuses_a_dtype_without_derivative():
    with pytest.raises(TypeError):
        nn.Linear(2, 3, dtype=np.int64)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 4, 5)])
def test_linear_names_the_features_that_do_not_fit(shape):
    with pytest.raises(ValueError, match=r"linear: an input of shape .* features, and .* \(3, 4\) expects 4"):
        nn.Linear(4, 3)(Tensor(np.ones(shape)))


def test_linear_names_a_weight_or_bias_of_a_wrong_shape():
    with pytest.raises(ValueError, match="linear: "):
        linear(normal(2, 3), normal(3))
    with pytest.raises(ValueError, match="linear: "):
        linear(normal(2, 3), normal(3, 3, 3))
    with pytest.raises(ValueError, match=r"linear: a bias of shape \(3,\) for a weight of shape \(2, 3\)"):
        linear(normal(2, 3), normal(2, 3), normal(3))


@pytest.mark.parametrize(
    "call",
    [
        lambda: nn.Linear(2, 3)(np.ones((1, 2))),
        lambda: nn.Linear(2, 3)([[1.0, 2.0]]),
        lambda: linear(normal(1, 2), TrainableWeight(np.ones((3, 2)))),
        lambda: mse_loss(normal(2), np.ones(2)),
        lambda: mse_loss(np.ones(2), normal(2)),
        lambda: binary_cross_entropy(unit(2), np.ones(2)),
        lambda: binary_cross_entropy_with_logits(normal(2), [1.0, 0.0]),
        lambda: cross_entropy(normal(2, 3), np.array([0, 1])),
        lambda: cross_entropy(np.ones((2, 3)), Tensor([0, 1])),
    ],
    ids=[
        "linear-array", "linear-list", "linear-weight", "mse-target", "mse-input", "bce-target", "logits-target",
        "ce-target", "ce-input",
    ],
)  # fmt: skip
def test_what_is_no_tensor_is_refused_by_kind(call):
    with pytest.raises(TypeError, match="Tensor"):
        call()
