"""First values of weights: their distributions, their seeds, and what is refused."""

import math

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight, manual_seed, nn
from kytorch.nn import init

DRAWN = [
    init.uniform_,
    init.normal_,
    init.trunc_normal_,
    init.xavier_uniform_,
    init.xavier_normal_,
    init.kaiming_uniform_,
    init.kaiming_normal_,
    init.orthogonal_,
    lambda tensor, generator=None: init.sparse_(tensor, 0.5, 1.0, generator),
]
DRAWN[-1].__name__ = "sparse_"
PLAIN = [lambda w: init.constant_(w, 0.25), init.zeros_, init.ones_, init.eye_]
OF_FANS = DRAWN[3:8]
every_drawn = pytest.mark.parametrize("f", DRAWN, ids=[f.__name__ for f in DRAWN])


def weight(*shape, dtype=np.float32):
    return TrainableWeight(np.full(shape, 7, dtype))


def rng(seed=0):
    return np.random.default_rng(seed)


def assert_uniform(values, low, high):
    """All within the bounds, reaching near them, with the mean and deviation of U(low, high) to five deviations."""
    n, width = values.size, high - low
    rounding = 1e-6 * max(abs(low), abs(high))
    assert low - rounding <= values.min() < low + 20 * width / n
    assert high - 20 * width / n < values.max() <= high + rounding
    assert abs(values.mean(dtype=float) - (low + high) / 2) < 5 * width / math.sqrt(12 * n)
    assert abs(values.std(dtype=float) / (width / math.sqrt(12)) - 1) < 5 * math.sqrt(0.2 / n)


def assert_normal(values, mean, std):
    """The mean, deviation and tails of N(mean, std^2), to five deviations of each."""
    n = values.size
    assert abs(values.mean(dtype=float) - mean) < 5 * std / math.sqrt(n)
    assert abs(values.std(dtype=float) / std - 1) < 5 / math.sqrt(2 * n)
    for k in (1.0, 2.0):
        share = math.erf(k / math.sqrt(2))
        assert abs((np.abs(values - mean) < k * std).mean() - share) < 5 * math.sqrt(share * (1 - share) / n)


def test_constants_zeros_and_ones():
    assert init.constant_(weight(2, 3), 0.25).tensor().tolist() == [[0.25] * 3] * 2
    assert init.zeros_(weight(3)).tensor().tolist() == [0.0] * 3
    assert init.ones_(weight(3)).tensor().tolist() == [1.0] * 3
    assert init.constant_(weight(), -2).tensor().item() == -2


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2)])
def test_eye_has_ones_on_the_diagonal_of_any_matrix(shape):
    np.testing.assert_array_equal(init.eye_(weight(*shape)).data, np.eye(*shape))


@pytest.mark.parametrize("shape", [(), (3,), (2, 2, 2)])
def test_eye_refuses_what_is_no_matrix(shape):
    with pytest.raises(ValueError, match="eye_: the weight is to have two dimensions"):
        init.eye_(weight(*shape))


def test_dirac_passes_channels_on_at_the_centre_of_the_kernel():
    values = init.dirac_(weight(4, 3, 3, 2)).data
    assert values.sum() == 3
    assert all(values[i, i, 1, 1] == 1 for i in range(3))
    values = init.dirac_(weight(6, 2, 3), 2).data
    assert np.argwhere(values).tolist() == [[0, 0, 1], [1, 1, 1], [3, 0, 1], [4, 1, 1]]
    assert init.dirac_(weight(2, 2, 1, 4, 5)).data[:, :, 0, 2, 2].tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("shape, groups", [((3, 3), 1), ((3,), 1), ((2,) * 6, 1), ((4, 2, 3), 3), ((4, 2, 3), 0)])
def test_dirac_refuses_what_is_no_convolution_or_does_not_divide(shape, groups):
    with pytest.raises(ValueError, match="dirac_: "):
        init.dirac_(weight(*shape), groups)


def test_sparse_has_so_many_zeros_in_each_column():
    values = init.sparse_(weight(200, 100), 0.31, 0.5, rng()).data
    assert ((values == 0).sum(0) == 62).all()
    assert_normal(values[values != 0], 0, 0.5)
    assert (init.sparse_(weight(7, 3), 0.1, generator=rng()).data == 0).sum(0).tolist() == [1, 1, 1]
    assert not init.sparse_(weight(7, 3), 1, generator=rng()).data.any()


def test_sparse_refuses_what_is_no_matrix_and_no_fraction():
    with pytest.raises(ValueError, match="sparse_: the weight is to have two dimensions"):
        init.sparse_(weight(3), 0.5)
    with pytest.raises(ValueError, match=r"sparse_: the sparsity is to be in \[0, 1\], not 1.5"):
        init.sparse_(weight(3, 3), 1.5)


def test_fans_are_counted_by_pytorchs_name_too():
    assert init._calculate_fan_in_and_fan_out(weight(50, 20, 4, 5)) == (400, 1000)


def test_uniform_is_between_0_and_1_or_the_given_bounds():
    assert_uniform(init.uniform_(weight(300, 200), generator=rng()).data, 0, 1)
    assert_uniform(init.uniform_(weight(300, 200), -3, 0.5, rng()).data, -3, 0.5)


def test_normal_has_mean_0_and_std_1_or_those_given():
    assert_normal(init.normal_(weight(300, 200), generator=rng()).data, 0, 1)
    assert_normal(init.normal_(weight(300, 200), 3, 0.2, rng()).data, 3, 0.2)


def test_a_truncated_normal_is_a_normal_within_its_bounds():
    values = init.trunc_normal_(weight(300, 200), generator=rng()).data
    assert values.min() >= -2 and values.max() <= 2
    assert values.min() < -1.99 and values.max() > 1.99
    n, inside = values.size, math.erf(2 / math.sqrt(2))
    variance = 1 - 2 * 2 * math.exp(-2) / math.sqrt(2 * math.pi) / inside
    assert abs(values.mean(dtype=float)) < 5 * math.sqrt(variance / n)
    assert abs(values.var(dtype=float) / variance - 1) < 5 * math.sqrt(2 / n)
    share = math.erf(1 / math.sqrt(2)) / inside
    assert abs((np.abs(values) < 1).mean() - share) < 5 * math.sqrt(share * (1 - share) / n)


def test_the_bounds_of_a_truncated_normal_are_values_and_not_deviations():
    values = init.trunc_normal_(weight(100, 100), 1.0, 0.1, 1.0, 1.15, rng()).data
    assert values.min() >= 1 - 1e-6 and values.max() <= 1.15 + 1e-6
    assert values.min() < 1.001 and values.max() > 1.145


@pytest.mark.parametrize("a, b", [(1.0, 1.0), (2.0, 1.0), (5.0, 6.0), (-9.0, -5.0)])
def test_a_truncated_normal_of_an_empty_or_far_interval_is_refused(a, b):
    with pytest.raises(ValueError, match="trunc_normal_"):
        init.trunc_normal_(weight(3), a=a, b=b)


# A weight (out, in, ...) has fan_in = in times the kernel and fan_out = out times the kernel.
FANS = [((400, 100), 100, 400), ((50, 20, 4, 5), 400, 1000), ((200, 100, 3), 300, 600)]
every_fan = pytest.mark.parametrize("shape, fan_in, fan_out", FANS, ids=[str(shape) for shape, _, _ in FANS])


@every_fan
@pytest.mark.parametrize("gain", [1.0, 2.5])
def test_xavier_is_scaled_by_both_fans(shape, fan_in, fan_out, gain):
    std = gain * math.sqrt(2 / (fan_in + fan_out))
    bound = math.sqrt(3) * std
    assert_uniform(init.xavier_uniform_(weight(*shape), gain, rng()).data, -bound, bound)
    assert_normal(init.xavier_normal_(weight(*shape), gain, rng()).data, 0, std)


@every_fan
@pytest.mark.parametrize("mode", ["fan_in", "fan_out"])
@pytest.mark.parametrize(
    "a, nonlinearity, gain",
    [
        (0.0, "leaky_relu", math.sqrt(2)),
        (math.sqrt(5), "leaky_relu", math.sqrt(1 / 3)),
        (0.0, "relu", math.sqrt(2)),
        (0.0, "linear", 1.0),
        (0.0, "tanh", 5 / 3),
    ],
)
def test_kaiming_is_scaled_by_the_chosen_fan_and_the_gain(shape, fan_in, fan_out, mode, a, nonlinearity, gain):
    std = gain / math.sqrt(fan_in if mode == "fan_in" else fan_out)
    bound = math.sqrt(3) * std
    options = (a, mode, nonlinearity, rng())
    assert_uniform(init.kaiming_uniform_(weight(*shape), *options).data, -bound, bound)
    assert_normal(init.kaiming_normal_(weight(*shape), *options).data, 0, std)


def test_the_default_of_kaiming_is_the_fan_in_and_the_gain_of_relu():
    bound = math.sqrt(6 / 100)
    assert_uniform(init.kaiming_uniform_(weight(400, 100), generator=rng()).data, -bound, bound)
    assert_normal(init.kaiming_normal_(weight(400, 100), generator=rng()).data, 0, math.sqrt(2 / 100))


def test_gains_have_known_values():
    assert init.calculate_gain("linear") == init.calculate_gain("sigmoid") == 1
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("relu") == math.sqrt(2)
    assert init.calculate_gain("leaky_relu") == math.sqrt(2 / 1.0001)
    assert init.calculate_gain("leaky_relu", 1.0) == 1
    assert init.calculate_gain("selu") == 0.75
    for kind in ("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"):
        assert init.calculate_gain(kind) == 1
    for param in (True, "0.1"):
        with pytest.raises(TypeError, match="calculate_gain: param is to be a number"):
            init.calculate_gain("leaky_relu", param)


@pytest.mark.parametrize("shape", [(5, 5), (3, 8), (8, 3), (4, 2, 3), (12, 2, 3), (1, 6), (6, 1)])
@pytest.mark.parametrize("gain", [1.0, 3.0])
def test_orthogonal_has_orthonormal_rows_or_columns_times_the_gain(shape, gain):
    w = init.orthogonal_(weight(*shape, dtype=np.float64), gain, rng()).data.reshape(shape[0], -1)
    few = w if w.shape[0] <= w.shape[1] else w.T
    np.testing.assert_allclose(few @ few.T, gain**2 * np.eye(len(few)), atol=1e-12)


def test_all_orthogonal_matrices_are_equally_likely():
    draw = rng()
    first = np.array([init.orthogonal_(weight(2, 2), generator=draw).data for _ in range(2000)])
    angles = np.arctan2(first[:, 1, 0], first[:, 0, 0])
    assert abs((angles > 0).mean() - 0.5) < 5 * 0.5 / math.sqrt(2000)
    assert abs((np.abs(angles) > math.pi / 2).mean() - 0.5) < 5 * 0.5 / math.sqrt(2000)
    assert abs((np.linalg.det(first) > 0).mean() - 0.5) < 5 * 0.5 / math.sqrt(2000)


@every_drawn
def test_the_same_seed_draws_the_same_values_and_another_seed_others(f):
    a, b, c = (f(weight(4, 5), generator=rng(seed)).data for seed in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)


@every_drawn
def test_without_a_generator_the_default_one_draws(f):
    manual_seed(6)
    a, b = f(weight(4, 5)).data, f(weight(4, 5)).data
    manual_seed(6)
    np.testing.assert_array_equal(f(weight(4, 5)).data, a)
    assert not np.array_equal(a, b)
    np.testing.assert_array_equal(f(weight(4, 5), generator=rng(6)).data, a)


@pytest.mark.parametrize("f", [*PLAIN, *DRAWN])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_weight_itself_is_updated_in_its_dtype_and_returned(f, dtype):
    w = weight(3, 4, dtype=dtype)
    assert f(w) is w
    assert w.dtype == dtype
    assert w.shape == (3, 4)
    assert not (w.data == 7).any()


@pytest.mark.parametrize("f", OF_FANS, ids=[f.__name__ for f in OF_FANS])
@pytest.mark.parametrize("shape", [(), (3,)])
def test_what_needs_fans_refuses_less_than_two_dimensions(f, shape):
    w = weight(*shape)
    with pytest.raises(ValueError, match=rf"{f.__name__}: the weight is to have at least two dimensions, not shape"):
        f(w)
    assert (w.data == 7).all()


@pytest.mark.parametrize("f", [init.kaiming_uniform_, init.kaiming_normal_])
def test_kaiming_refuses_an_unknown_mode_or_nonlinearity(f):
    w = weight(3, 3)
    with pytest.raises(ValueError, match=f"{f.__name__}: mode 'fan' is neither 'fan_in' nor 'fan_out'"):
        f(w, mode="fan")
    with pytest.raises(ValueError, match="calculate_gain: 'gelu'"):
        f(w, nonlinearity="gelu")
    assert (w.data == 7).all()


def test_a_negative_std_and_crossed_bounds_are_refused():
    w = weight(3)
    with pytest.raises(ValueError):
        init.normal_(w, std=-1.0)
    with pytest.raises(ValueError):
        init.uniform_(w, 1.0, -1.0)
    with pytest.raises(ValueError):
        init.trunc_normal_(w, std=-1.0)
    assert (w.data == 7).all()


@pytest.mark.parametrize("f", OF_FANS, ids=[f.__name__ for f in OF_FANS])
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0), (2, 3, 0)])
def test_a_weight_without_elements_is_left_or_refused_by_name(f, shape):
    w = weight(*shape)
    try:
        assert f(w) is w
    except ValueError as error:
        assert f.__name__ in str(error)


def test_a_graph_made_before_keeps_the_old_values():
    w = weight(2)
    y = w.tensor()
    init.zeros_(w)
    assert y.tolist() == [7.0, 7.0]


@pytest.mark.parametrize("name, more", [("constant_", (1,)), ("zeros_", ()), ("eye_", ()), ("dirac_", ()),
                                        ("uniform_", ()), ("normal_", ()), ("trunc_normal_", ()),
                                        ("xavier_uniform_", ()), ("kaiming_normal_", ()), ("orthogonal_", ()),
                                        ("sparse_", (0.5,))])  # fmt: skip
@pytest.mark.parametrize("wrong", [Tensor([[1.0]]), nn.Linear(1, 1), np.ones((1, 1))])
def test_what_is_no_weight_is_refused(name, more, wrong):
    with pytest.raises(
        TypeError, match=f"{'constant_' if name == 'zeros_' else name}: expected a TrainableWeight, not "
    ):
        getattr(init, name)(wrong, *more)
