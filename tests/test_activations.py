"""Activations: values at extremes and at kinks, wide and narrow arrays, arguments and wrong calls."""

import math

import numpy as np
import pytest
from inputs import gradient, normal, rng

from kytorch import Tensor, TrainableWeight, nn
from kytorch.kernels.blocks import BLOCK, by_blocks
from kytorch.nn import functional
from kytorch.testing import check_gradients

ACTIVATIONS = {
    nn.Sin: np.sin,
    nn.ReLU: lambda x: np.maximum(x, 0),
    nn.Sigmoid: lambda x: 1 / (1 + np.exp(-x)),
    nn.Tanh: np.tanh,
}
NAMES = [layer.__name__ for layer in ACTIVATIONS]
every_activation = pytest.mark.parametrize("layer, reference", ACTIVATIONS.items(), ids=NAMES)


@every_activation
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 3), (0, 3)])
def test_an_activation_is_its_function_of_each_element(layer, reference, shape):
    x = normal(*shape)
    y = layer()(x)
    assert y.shape == shape
    np.testing.assert_allclose(y.numpy(), reference(x.numpy()), rtol=1e-14)


@every_activation
def test_an_activation_differentiates_twice(layer, reference):
    check_gradients(layer(), normal(3, 4))


@every_activation
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_an_activation_keeps_the_dtype(layer, reference, dtype):
    assert layer()(Tensor([0.5, -0.5], dtype)).dtype == dtype


@pytest.mark.parametrize("x, expected", [(1e4, 1.0), (-1e4, 0.0), (0.0, 0.5)])
def test_sigmoid_and_its_gradient_are_finite_at_extremes(x, expected):
    for dtype in (np.float16, np.float32, np.float64):
        at = Tensor(x, dtype)
        assert nn.Sigmoid()(at).item() == expected
        assert gradient(nn.Sigmoid(), at).item() == expected * (1 - expected)


# Every one

PLAIN = [
    "relu", "relu6", "leaky_relu", "rrelu", "elu", "selu", "celu", "hardtanh", "hardsigmoid", "hardswish", "softshrink",
    "hardshrink", "softsign", "silu", "mish", "gelu", "tanh", "tanhshrink", "sigmoid", "logsigmoid", "softplus",
]  # fmt: skip
FUNCTIONS = {name: getattr(functional, name) for name in PLAIN}
FUNCTIONS["gelu by tanh"] = lambda x: functional.gelu(x, "tanh")
FUNCTIONS["threshold"] = lambda x: functional.threshold(x, 0.1, -3.0)
FUNCTIONS["prelu"] = lambda x: functional.prelu(x, Tensor([0.25], getattr(x, "dtype", np.float32)))
FUNCTIONS["leaky_relu, steep"] = lambda x: functional.leaky_relu(x, 1.5)
FUNCTIONS["elu, flat"] = lambda x: functional.elu(x, 0.5)
every_function = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)


def both(function, x):
    """The values of `function`, and the gradient for an incoming one of 1."""
    weight = TrainableWeight(x)
    y = function(weight.tensor())
    [(g, _)] = y.backward(Tensor(np.ones(y.shape, y.dtype)))
    return y.numpy(), g.numpy()


@every_function
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_far_away_values_and_gradients_are_finite(function, dtype):
    x = np.array([-4e4, -1000.0, -200.0, -89.0, -20.0, 20.0, 89.0, 200.0, 1000.0, 4e4], dtype)
    y, g = both(function, x)
    assert y.dtype == g.dtype == dtype
    assert np.isfinite(y).all()
    assert np.isfinite(g).all()


@every_function
def test_nan_stays(function):
    y, _ = both(function, np.array([1.0, math.nan, -1.0]))
    assert np.isnan(y).tolist() == [False, True, False]


@every_function
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_part_of_a_large_array_is_as_it_is_alone(function, dtype):
    x = (rng().standard_normal((3, BLOCK)) * 3).astype(dtype)
    x[0, :4] = 0.0, -0.0, 1e-4, -1e-4
    y, g = both(function, x)
    close = {"rtol": 1e-3 if dtype == np.float16 else 2e-6, "atol": 2e-3 if dtype == np.float16 else 2e-7}
    for part in (slice(0, 5), slice(100, 200)):
        small_y, small_g = both(function, x[0, part])
        np.testing.assert_allclose(y[0, part], small_y, **close)
        np.testing.assert_allclose(g[0, part], small_g, **close)


@every_function
def test_large_arrays_of_any_layout_answer_alike(function):
    x = rng().standard_normal((30, 40, 50)).astype(np.float32)
    y, g = both(function, x)
    for laid_out in (np.asfortranarray(x), x.transpose(1, 2, 0).copy().transpose(2, 0, 1), np.repeat(x, 2, 1)[:, ::2]):
        other_y, other_g = both(function, laid_out)
        np.testing.assert_array_equal(y, other_y)
        np.testing.assert_array_equal(g, other_g)


@every_function
def test_large_arrays_have_the_gradient_of_the_formula(function):
    weight = TrainableWeight(rng().standard_normal((3, BLOCK + 1)) * 3)
    y = function(weight.tensor())
    incoming = Tensor(np.random.default_rng(1).standard_normal(y.shape))
    [(kernel, _)] = y.backward(incoming)
    [(formula, _)] = y.backward(incoming, create_graph=True)
    np.testing.assert_allclose(kernel.numpy(), formula.numpy(), rtol=1e-9, atol=1e-12)


@every_function
def test_where_no_gradient_comes_in_none_goes_out(function):
    weight = TrainableWeight(np.full(3000, 50.0))
    y = function(weight.tensor())
    [(g, _)] = y.backward(Tensor(np.zeros(3000)))
    assert not g.numpy().any()


@every_function
def test_a_weight_and_a_list_are_refused(function):
    with pytest.raises(TypeError):
        function(TrainableWeight([1.0]))
    with pytest.raises(TypeError):
        function([1.0])


INTEGERS = sorted(set(PLAIN) - {"relu", "tanh", "sigmoid", "softplus"})


@pytest.mark.parametrize("name", INTEGERS)
def test_an_activation_of_integers_says_how_to_convert_them(name):
    with pytest.raises(TypeError, match=rf"{name}: expected a Tensor of floats, not of int64; convert it"):
        getattr(functional, name)(Tensor([1, 2]))


# At kinks, as PyTorch

KINKS = {
    "relu": (functional.relu, [-1.0, -0.0, 0.0, 1.0], [0, 0, 0, 1]),
    "relu6": (functional.relu6, [-0.0, 0.0, 3.0, 6.0, 7.0], [0, 0, 1, 0, 0]),
    "hardtanh": (functional.hardtanh, [-2.0, -1.0, 0.0, 1.0, 2.0], [0, 0, 1, 0, 0]),
    "leaky_relu": (lambda x: functional.leaky_relu(x, 0.5), [-1.0, -0.0, 0.0, 1.0], [0.5, 0.5, 0.5, 1]),
    "leaky_relu, negative": (lambda x: functional.leaky_relu(x, -2.0), [-1.0, -0.0, 0.0, 1.0], [-2, -2, -2, 1]),
    "threshold": (lambda x: functional.threshold(x, 1.0, 5.0), [0.0, 1.0, 2.0], [0, 0, 1]),
    "elu": (lambda x: functional.elu(x, 2.0), [-0.0, 0.0, 1.0], [2, 2, 1]),
    "hardsigmoid": (functional.hardsigmoid, [-3.0, 0.0, 3.0], [0, 1 / 6, 0]),
    "hardswish": (functional.hardswish, [-4.0, -3.0, 0.0, 3.0, 4.0], [0, 0, 0.5, 1, 1]),
    "softshrink": (functional.softshrink, [-1.0, -0.5, 0.0, 0.5, 1.0], [1, 0, 0, 0, 1]),
    "hardshrink": (functional.hardshrink, [-1.0, -0.5, 0.0, 0.5, 1.0], [1, 0, 0, 0, 1]),
    "softsign": (functional.softsign, [-1.0, 0.0, 1.0], [0.25, 1, 0.25]),
    "gelu at 0": (functional.gelu, [-0.0, 0.0], [0.5, 0.5]),
}


@pytest.mark.parametrize("function, x, expected", KINKS.values(), ids=KINKS)
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("copies", [1, 1000])
def test_the_slope_at_a_kink(function, x, expected, create_graph, copies):
    weight = TrainableWeight(np.tile(x, copies))
    y = function(weight.tensor())
    [(g, _)] = y.backward(Tensor(np.ones(y.shape)), create_graph=create_graph)
    np.testing.assert_allclose(g.numpy(), np.tile(expected, copies), rtol=1e-15)


def test_an_infinite_gradient_stops_where_relu_is_zero():
    for n in (4, 4096):
        weight = TrainableWeight(np.tile([-1.0, 1.0], n))
        node = functional.relu(weight.tensor()).grad_fn
        (g,) = node.vjps(np.full(2 * n, np.inf), lambda array, grad_fn: array)
        assert (g[::2] == 0).all() and (g[1::2] == np.inf).all()


# Exactness


def test_gelu_in_float32_is_right_to_float32s_rounding():
    x = np.linspace(-9, 9, 60_001).astype(np.float32)
    phi = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in x.tolist()])
    y, g = both(functional.gelu, x)
    assert (np.abs(y - x * phi) / np.maximum(np.abs(x), 1)).max() < 1.5e-7
    slope = phi + x * np.exp(-0.5 * x.astype(np.float64) ** 2) / math.sqrt(2 * math.pi)
    assert np.abs(g - slope).max() < 5e-7


def test_mish_is_exact_on_the_left():
    x = np.array([-30.0, -20.0, -10.0])
    y, _ = both(functional.mish, x)
    np.testing.assert_allclose(y, x * np.tanh(np.log1p(np.exp(x))), rtol=1e-14)


# Arguments

WRONG = {
    "Hardtanh min_val above": (
        lambda: nn.Hardtanh(1.0, -1.0),
        ValueError,
        "Hardtanh: min_val 1.0 is above max_val -1.0",
    ),
    "Hardtanh kind": (lambda: nn.Hardtanh("a"), TypeError, "Hardtanh: min_val is to be a number, not str"),
    "LeakyReLU kind": (lambda: nn.LeakyReLU(None), TypeError, "LeakyReLU: negative_slope is to be a number"),
    "ReLU kind": (lambda: nn.ReLU(3), TypeError, "ReLU: inplace is to be a bool, not int"),
    "CELU of 0": (lambda: nn.CELU(0.0), ValueError, "CELU: x is divided by alpha"),
    "celu of 0": (lambda: functional.celu(normal(2), 0.0), ValueError, "celu: x is divided by alpha"),
    "ELU kind": (lambda: nn.ELU("a"), TypeError, "ELU: alpha is to be a number, not str"),
    "GELU": (lambda: nn.GELU("erf"), ValueError, "GELU: approximate is to be 'none' or 'tanh', not 'erf'"),
    "gelu": (lambda: functional.gelu(normal(2), "erf"), ValueError, "gelu: approximate is to be"),
    "Softshrink below 0": (lambda: nn.Softshrink(-1.0), ValueError, "Softshrink: lambd is to be at least 0"),
    "Softplus of 0": (lambda: nn.Softplus(0.0), ValueError, "Softplus: the logarithm is divided by beta"),
    "RReLU": (lambda: nn.RReLU(0.5, 0.1), ValueError, "RReLU: expected finite slopes with lower <= upper"),
    "PReLU of 0": (lambda: nn.PReLU(0), ValueError, "PReLU: num_parameters is to be at least 1, not 0"),
    "PReLU kind": (lambda: nn.PReLU(1.5), TypeError, "PReLU: num_parameters is to be an int, not float"),
    "PReLU channels": (lambda: nn.PReLU(4)(normal(2, 3)), ValueError, r"prelu: an input of shape \(2, 3\) takes"),
    "Softmax kind": (lambda: nn.Softmax("a"), TypeError, "Softmax: dim is to be an int, not str"),
    "Softmax dim": (lambda: nn.Softmax(2)(normal(2, 3)), IndexError, "softmax"),
    "softmin dim": (lambda: functional.softmin(normal(2, 3), 5), IndexError, "softmin"),
    "Softmax2d": (lambda: nn.Softmax2d()(normal(2, 3)), ValueError, "Softmax2d: expected an input of shape"),
    "GLU odd": (
        lambda: nn.GLU()(normal(2, 3)),
        ValueError,
        r"glu: an input of shape \(2, 3\) has no halves along dim -1",
    ),
    "GLU kind": (lambda: nn.GLU(1.0), TypeError, "GLU: dim is to be an int, not float"),
    "gumbel": (
        lambda: functional.gumbel_softmax(normal(2, 3), 0.0),
        ValueError,
        "gumbel_softmax: tau is to be above 0",
    ),
}


@pytest.mark.parametrize("call, error, message", WRONG.values(), ids=WRONG)
def test_a_wrong_argument_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_without_a_dim_softmax_takes_pytorchs():
    for shape, dim in (((3,), 0), ((2, 3), 1), ((2, 3, 4), 0), ((2, 3, 4, 2), 1)):
        x = normal(*shape)
        assert functional.softmax(x).tolist() == functional.softmax(x, dim).tolist()


def test_softmax_converts_first():
    assert functional.softmax(Tensor([1, 2]), 0, dtype=np.float64).dtype == np.float64
    assert functional.softmin(Tensor([1, 2]), 0, dtype=np.float64).dtype == np.float64


# PReLU and RReLU


def test_prelu_begins_with_its_slope_in_every_channel():
    assert nn.PReLU(3, 0.1, np.float64).weight.data.tolist() == [0.1] * 3


@pytest.mark.parametrize("shape, channels", [((5,), 1), ((4, 3), 3), ((4, 3, 2), 1), ((2, 3, 2, 2), 3)])
def test_prelu_differentiates_twice_in_input_and_weight(shape, channels):
    check_gradients(
        lambda x, w: functional.prelu(x, w) ** 2,
        normal(*shape),
        Tensor(np.random.default_rng(3).uniform(0.1, 0.5, channels)),
    )


def test_rrelu_draws_slopes_between_its_limits_and_takes_their_mean_in_evaluation():
    layer = nn.RReLU(0.2, 0.4, generator=rng())
    x = Tensor(np.full(10_000, -1.0))
    y = layer(x).numpy()
    assert -0.4 < y.min() < -0.39 and -0.21 < y.max() < -0.2
    assert abs(y.mean() + 0.3) < 0.005
    np.testing.assert_allclose(layer.eval()(x).numpy(), -0.3, rtol=1e-12)


def test_rrelu_repeats_for_a_seed_and_leaves_what_is_positive():
    x = normal(50)
    first, second = (functional.rrelu(x, training=True, generator=np.random.default_rng(1)).numpy() for _ in range(2))
    np.testing.assert_array_equal(first, second)
    above = x.numpy() > 0
    np.testing.assert_array_equal(first[above], x.numpy()[above])


# The sample


def test_gumbel_softmax_samples_the_categorical_distribution():
    p = np.array([0.5, 0.3, 0.2])
    logits = Tensor(np.tile(np.log(p), (40_000, 1)))
    y = functional.gumbel_softmax(logits, hard=True, generator=rng()).numpy()
    assert set(np.unique(y.round(12))) == {0.0, 1.0}
    np.testing.assert_allclose(y.mean(0), p, atol=0.015)


def test_a_hard_sample_has_the_gradient_of_the_relaxed_one():
    def gradient_of(hard):
        weight = TrainableWeight(np.random.default_rng(2).standard_normal((3, 4)))
        y = functional.gumbel_softmax(weight.tensor(), 0.8, hard, generator=np.random.default_rng(1))
        [(g, _)] = (y * Tensor(np.arange(12.0).reshape(3, 4))).sum().backward()
        return g.numpy()

    np.testing.assert_allclose(gradient_of(True), gradient_of(False), rtol=1e-12)


# Blocks


def test_blocks_of_mixed_dtypes_have_the_wider_one():
    y = by_blocks(lambda a, b, y: np.add(a, b, out=y), 0, np.ones((2, 3), np.float32), np.ones((2, 3)))
    assert y.dtype == np.float64
    assert y.tolist() == [[2.0] * 3] * 2


def test_hardswishs_gradient_at_nan_is_nan_to_any_order() -> None:
    x = TrainableWeight([np.nan, 1.0])
    y = nn.functional.hardswish(x.tensor()).sum(0)
    for create_graph in (False, True):
        ((gradient, _),) = y.backward(Tensor(1.0), create_graph=create_graph)
        np.testing.assert_allclose(gradient.numpy(), [np.nan, 1 / 3 + 0.5], rtol=1e-6)
