"""Dropout: what it draws, what that keeps, its shapes and wrong calls."""

import math

import numpy as np
import pytest
from inputs import gradient, normal, rng

from kytorch import Tensor, TrainableWeight, manual_seed, nn
from kytorch.kernels import dropout as kernels
from kytorch.nn.functional import (
    alpha_dropout,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    feature_alpha_dropout,
)
from kytorch.testing import check_gradients

EVERY = {
    dropout: (2, 3),
    dropout1d: (2, 3, 4),
    dropout2d: (2, 3, 4, 5),
    dropout3d: (2, 3, 4, 5, 2),
    alpha_dropout: (2, 3),
    feature_alpha_dropout: (2, 3, 4),
}
every_dropout = pytest.mark.parametrize("function, shape", EVERY.items(), ids=[f.__name__ for f in EVERY])


def test_dropout_in_evaluation_and_with_p_0_returns_its_input():
    x = normal(3, 4)
    assert nn.Dropout(0.9).eval()(x) is x
    assert nn.Dropout(0.0)(x) is x
    assert dropout(x, 0.9, training=False) is x


def test_dropout_with_p_1_gives_zeros_in_value_and_gradient():
    x = normal(3, 4)
    assert nn.Dropout(1.0)(x).tolist() == np.zeros((3, 4)).tolist()
    assert gradient(nn.Dropout(1.0), x).tolist() == np.zeros((3, 4)).tolist()


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_dropout_zeroes_a_share_p_and_scales_the_rest_so_that_the_mean_stays(p):
    n = 100_000
    y = nn.Dropout(p, generator=rng())(Tensor(np.ones(n))).numpy()
    assert set(np.unique(y)) == {0.0, 1 / (1 - p)}
    assert abs((y == 0).mean() - p) < 5 * math.sqrt(p * (1 - p) / n)
    assert abs(y.mean() - 1) < 5 * math.sqrt(p / (1 - p) / n)


def test_dropout_repeats_for_a_seed_and_draws_anew_at_each_call():
    x = Tensor(np.ones(100))
    a, b = [nn.Dropout(0.5, generator=np.random.default_rng(1)) for _ in range(2)]
    first = a(x).tolist()
    assert first == b(x).tolist()
    assert first != a(x).tolist()
    manual_seed(3)
    drawn = nn.Dropout()(x).tolist()
    manual_seed(3)
    assert dropout(x).tolist() == drawn


def test_the_gradient_of_dropout_passes_where_the_value_did():
    for p in (0.3, 0.5):
        weight = TrainableWeight(rng().uniform(1, 2, (50, 4)))
        y = nn.Dropout(p, generator=rng())(weight.tensor())
        [(g, _)] = y.backward(Tensor(np.full((50, 4), 3.0)))
        np.testing.assert_allclose(g.numpy(), 3.0 * y.numpy() / weight.data, rtol=1e-12)
        assert (g.numpy() == 0).any() and (g.numpy() != 0).any()


def test_dropout_differentiates_twice():
    check_gradients(lambda x: dropout(x, 0.4, generator=np.random.default_rng(2)) ** 3, normal(4, 5))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dropout_keeps_the_dtype(dtype):
    assert nn.Dropout(0.3)(Tensor(np.ones(9), dtype)).dtype == dtype


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan, math.inf])
def test_dropout_refuses_what_is_no_probability(p):
    with pytest.raises(ValueError, match=r"Dropout: the probability is to be in \[0, 1\]"):
        nn.Dropout(p)
    with pytest.raises(ValueError, match=r"dropout: the probability is to be in \[0, 1\]"):
        dropout(normal(3), p)


@every_dropout
def test_outside_training_and_with_p_0_the_input_is_returned(function, shape):
    x = normal(*shape)
    assert function(x, 0.4, training=False) is x
    assert function(x, 0.0, training=True) is x


@every_dropout
def test_with_p_1_nothing_is_left(function, shape):
    assert not function(normal(*shape), 1.0, training=True).numpy().any()


@every_dropout
def test_a_seed_repeats_what_is_dropped(function, shape):
    x = normal(*shape)
    first, second = (function(x, 0.5, training=True, generator=np.random.default_rng(4)).tolist() for _ in range(2))
    assert first == second


@every_dropout
def test_what_is_dropped_differentiates_twice(function, shape):
    smaller = shape[:2] + (1,) * (len(shape) - 2)
    check_gradients(
        lambda x: function(x, 0.4, training=True, generator=np.random.default_rng(2)) ** 2, normal(*smaller)
    )


@every_dropout
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_dtype_and_the_shape_stay(function, shape, dtype):
    y = function(Tensor(np.ones(shape), dtype), 0.3, training=True)
    assert (y.dtype, y.shape) == (dtype, shape)


@every_dropout
def test_an_empty_batch_stays_empty(function, shape):
    assert function(normal(0, *shape[1:]), 0.3, training=True).shape == (0, *shape[1:])


@every_dropout
def test_integers_are_refused(function, shape):
    with pytest.raises(TypeError, match=f"{function.__name__}: expected a Tensor of floats, not of int64"):
        function(Tensor(np.ones(shape, np.int64)), 0.5, training=True)


@every_dropout
def test_a_weight_is_refused(function, shape):
    with pytest.raises(TypeError, match=r"weight.tensor\(\) reads it"):
        function(TrainableWeight(np.ones(shape)), 0.5, training=True)


@pytest.mark.parametrize("p", [0.5, 0.25, 1 / 3, 0.001, 0.999, 0.1, 1e-6])
def test_a_mask_drops_the_share_p(p):
    n = 1_000_000
    dropped = n - np.count_nonzero(kernels.kept(rng(), (n,), p))
    assert abs(dropped - n * p) < 5 * math.sqrt(n * p * (1 - p)) + 1


def test_elements_of_a_mask_are_independent_of_their_neighbours():
    mask = kernels.kept(rng(), (1_000_000,), 0.3).astype(float) - 0.7
    for lag in (1, 2, 3, 4, 7, 8, 16):
        assert abs((mask[lag:] * mask[:-lag]).mean()) < 5 * 0.21 / math.sqrt(len(mask))


@pytest.mark.parametrize("order", ["C", "F"])
def test_large_and_small_arrays_are_dropped_alike(order):
    x = Tensor(np.asarray(rng().standard_normal((300, 400)), order=order))
    y = dropout(x, 0.4, generator=np.random.default_rng(1)).numpy()
    mask = kernels.kept(np.random.default_rng(1), (300, 400), 0.4)
    np.testing.assert_array_equal(y, x.numpy() * (mask * (1 / 0.6)))


# Channels


@pytest.mark.parametrize(
    "function, shape, channels",
    [
        (dropout1d, (40, 30, 4), 2),
        (dropout1d, (300, 4), 1),
        (dropout2d, (40, 30, 3, 2), 2),
        (dropout2d, (40, 30, 4), 2),
        (dropout3d, (40, 30, 2, 2, 2), 2),
        (dropout3d, (300, 2, 2, 2), 1),
    ],
)
def test_whole_channels_are_dropped(function, shape, channels):
    y = function(Tensor(np.ones(shape)), 0.25, generator=rng()).numpy()
    of_channels = y.reshape(*shape[:channels], -1)
    assert (of_channels == of_channels[..., :1]).all()
    assert set(np.unique(y)) == {0.0, 1 / 0.75}
    dropped, n = (of_channels[..., 0] == 0).sum(), math.prod(shape[:channels])
    assert abs(dropped - n / 4) < 5 * math.sqrt(n * 3 / 16)


@pytest.mark.parametrize(
    "function, shape, expected",
    [
        (dropout1d, (3,), "2 or 3"),
        (dropout1d, (1, 2, 3, 4), "2 or 3"),
        (dropout2d, (3, 4), "3 or 4"),
        (dropout3d, (2, 3, 4), "4 or 5"),
    ],
)
def test_channels_want_their_number_of_dimensions(function, shape, expected):
    with pytest.raises(ValueError, match=f"{function.__name__}: expected an input of {expected} dimensions"):
        function(normal(*shape), 0.5)


def test_alpha_dropout_of_channels_wants_channels():
    with pytest.raises(ValueError, match="feature_alpha_dropout: expected an input of shape"):
        feature_alpha_dropout(normal(3), 0.5, training=True)


# Alpha dropout


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_alpha_dropout_keeps_mean_and_variance(p):
    n = 400_000
    y = nn.AlphaDropout(p, generator=rng())(Tensor(rng().standard_normal(n))).numpy()
    assert abs(y.mean()) < 0.02
    assert abs(y.var() - 1) < 0.03
    values, counts = np.unique(y, return_counts=True)
    assert abs(counts.max() / n - p) < 0.01
    a = 1 / math.sqrt((1 - p) * (1 + p * 1.7580993408473766**2))
    np.testing.assert_allclose(values[counts.argmax()], -1.7580993408473766 * a * (1 - p), rtol=1e-12)


def test_alpha_dropout_of_channels_drops_whole_ones_and_keeps_mean_and_variance():
    x = rng().standard_normal((600, 500, 2))
    y = nn.FeatureAlphaDropout(0.3, generator=rng())(Tensor(x)).numpy()
    assert abs(y.mean()) < 0.02
    assert abs(y.var() - 1) < 0.03
    same = y[..., 0] == y[..., 1]
    assert abs(same.mean() - 0.3) < 0.01
    assert len(np.unique(y[same])) == 1


# Wrong constructors


LAYERS = ["Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_names_the_argument_that_is_wrong(layer):
    made = getattr(nn, layer)
    with pytest.raises(ValueError, match=rf"{layer}: the probability is to be in \[0, 1\], not 2"):
        made(2)
    with pytest.raises(TypeError, match=f"{layer}: the probability is to be a number, not str"):
        made("a")
    with pytest.raises(TypeError, match=f"{layer}: inplace is to be a bool, not Generator"):
        made(0.5, rng())
