"""Random numbers: seeded ones repeat, and their statistics are the distributions', within five standard errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight
from kytorch.tensor.core import CONSTANT

N = 100_000
weight = TrainableWeight([0.5, 0.5])
half = Tensor([0.5, 0.25])
rates = Tensor([[0.1, 0.0, 0.9], [1.0, 2.0, 1.0]])
DRAWS: dict[str, tuple[Callable[..., Tensor], tuple[int, ...], Any]] = {
    "rand": (lambda **g: kytorch.rand(2, 3, **g), (2, 3), np.float32),
    "randn": (lambda **g: kytorch.randn((2, 3), **g), (2, 3), np.float32),
    "rand_like": (lambda **g: kytorch.rand_like(half, **g), (2,), np.float32),
    "randn_like": (lambda **g: kytorch.randn_like(Tensor([1, 2]), np.float64, **g), (2,), np.float64),
    "randint": (lambda **g: kytorch.randint(0, 1000, (5,), **g), (5,), np.int64),
    "randint below": (lambda **g: kytorch.randint(1000, (5,), **g), (5,), np.int64),
    "randperm": (lambda **g: kytorch.randperm(20, **g), (20,), np.int64),
    "uniform": (lambda **g: kytorch.uniform(-1.0, 1.0, (4,), **g), (4,), np.float32),
    "normal of numbers": (lambda **g: kytorch.normal(0.0, 1.0, (4,), **g), (4,), np.float32),
    "normal of Tensors": (lambda **g: kytorch.normal(half.reshape(2, 1), half, **g), (2, 2), np.float32),
    "normal of a Tensor": (lambda **g: kytorch.normal(half.double(), **g), (2,), np.float64),
    "bernoulli": (lambda **g: kytorch.bernoulli(kytorch.full((50,), 0.5), **g), (50,), np.float32),
    "poisson": (lambda **g: kytorch.poisson(kytorch.full((20,), 30.0), **g), (20,), np.float32),
    "multinomial": (lambda **g: kytorch.multinomial(kytorch.ones(50), 20, **g), (20,), np.int64),
    "multinomial of rows": (lambda **g: kytorch.multinomial(rates, 30, True, **g), (2, 30), np.int64),
}


@pytest.mark.parametrize("draw, shape, dtype", DRAWS.values(), ids=DRAWS)
def test_seeded_draws_repeat_and_others_differ(draw: Callable[..., Tensor], shape: Any, dtype: Any) -> None:
    first = draw(generator=np.random.default_rng(5))
    assert (first.shape, first.dtype) == (shape, dtype)
    assert first.grad_fn is CONSTANT
    assert not first.numpy().flags.writeable
    again = draw(generator=np.random.default_rng(5))
    assert first.numpy().tobytes() == again.numpy().tobytes()
    assert first.tolist() != draw(generator=np.random.default_rng(6)).tolist()
    kytorch.manual_seed(5)
    default = draw()
    assert default.tolist() == first.tolist()
    assert default.tolist() != draw().tolist()


def near(sample: Any, mean: float, deviation: float) -> None:
    """The sample's mean and variance are those of the distribution, within five standard errors (and a half more)."""
    values = np.asarray(sample, np.float64)
    assert abs(values.mean() - mean) < 5 * deviation / values.size**0.5
    assert abs(values.std() - deviation) < 7.5 * deviation / values.size**0.5


def seeded() -> np.random.Generator:
    return np.random.default_rng(17)


def test_the_moments_are_the_distributions() -> None:
    near(kytorch.rand(N, generator=seeded()).numpy(), 0.5, 12**-0.5)
    near(kytorch.randn(N, generator=seeded()).numpy(), 0.0, 1.0)
    near(kytorch.uniform(-1.0, 5.0, (N,), generator=seeded()).numpy(), 2.0, 6 * 12**-0.5)
    near(kytorch.normal(3.0, 0.5, (N,), generator=seeded()).numpy(), 3.0, 0.5)
    near(kytorch.randint(2, 12, (N,), generator=seeded()).numpy(), 6.5, (99 / 12) ** 0.5)
    near(kytorch.bernoulli(kytorch.full((N,), 0.3), generator=seeded()).numpy(), 0.3, 0.21**0.5)
    near(kytorch.poisson(kytorch.full((N,), 4.0), seeded()).numpy(), 4.0, 2.0)


def test_normal_takes_each_elements_mean_and_deviation() -> None:
    mean, std = Tensor([[1.0], [-5.0]]).expand(2, N), Tensor([[0.1], [2.0]])
    sample = kytorch.normal(mean, std, generator=seeded()).numpy()
    near(sample[0], 1.0, 0.1)
    near(sample[1], -5.0, 2.0)
    assert kytorch.normal(Tensor([3.0, 4.0]), 0.0).tolist() == [3.0, 4.0]


def test_integers_reach_both_ends_and_no_further() -> None:
    assert np.unique(kytorch.randint(-2, 3, (1000,), generator=seeded()).numpy()).tolist() == [-2, -1, 0, 1, 2]
    assert np.unique(kytorch.randint(3, (1000,), generator=seeded()).numpy()).tolist() == [0, 1, 2]
    assert kytorch.randint(3, (2,), dtype=np.int32).dtype == np.int32


def test_uniform_stays_below_its_limit() -> None:
    sample = kytorch.uniform(1.0, 1.001, (N,), dtype=np.float16, generator=seeded())
    assert sample.tolist() == [1.0] * N
    narrow = kytorch.uniform(0.0, 1e-45, (1000,), generator=seeded()).numpy()
    assert narrow.max() == 0.0
    assert kytorch.uniform(2.0, 2.0, (2,)).tolist() == [2.0, 2.0]


def test_a_permutation_has_every_integer_once_and_moves_them() -> None:
    order = kytorch.randperm(1000, generator=seeded()).numpy()
    assert sorted(order.tolist()) == list(range(1000))
    assert (order == np.arange(1000)).sum() < 10
    assert kytorch.randperm(0).shape == (0,)


def test_bernoulli_of_0_and_1_is_certain() -> None:
    assert kytorch.bernoulli(Tensor([0.0, 1.0] * 500)).tolist() == [0.0, 1.0] * 500


def frequencies(indices: Any, count: int) -> Any:
    return np.bincount(np.asarray(indices).ravel(), minlength=count) / np.size(indices)


def test_multinomial_draws_with_the_weights_as_probabilities() -> None:
    sample = kytorch.multinomial(rates, N, replacement=True, generator=seeded()).numpy()
    np.testing.assert_allclose(frequencies(sample[0], 3), [0.1, 0.0, 0.9], atol=5 * (0.09 / N) ** 0.5)
    np.testing.assert_allclose(frequencies(sample[1], 3), [0.25, 0.5, 0.25], atol=5 * (0.25 / N) ** 0.5)
    assert frequencies(sample[0], 3)[1] == 0.0


def test_multinomial_without_replacement_draws_each_at_most_once() -> None:
    weights = Tensor([0.0, 1.0, 3.0, 0.0, 6.0]).expand(N, 5)
    sample = kytorch.multinomial(weights, 3, generator=seeded()).numpy()
    assert (np.sort(sample, 1) == [1, 2, 4]).all()
    np.testing.assert_allclose(frequencies(sample[:, 0], 5), [0, 0.1, 0.3, 0, 0.6], atol=5 * (0.25 / N) ** 0.5)
    second = frequencies(sample[sample[:, 0] == 4, 1], 5)  # of those that are left, 1 to 3
    np.testing.assert_allclose(second, [0, 0.25, 0.75, 0, 0], atol=5 * (0.25 / (0.6 * N)) ** 0.5)


def test_no_gradient_goes_to_what_a_sample_was_drawn_for() -> None:
    live = weight.tensor()
    for sample in (kytorch.bernoulli(live), kytorch.normal(live, live), kytorch.poisson(live), kytorch.rand_like(live)):
        assert sample.grad_fn is CONSTANT
    assert kytorch.multinomial(live, 1).grad_fn is CONSTANT


WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "rand_like integers": (lambda: kytorch.rand_like(Tensor([1, 2])), TypeError, "int64.*floating"),
    "randn of a negative size": (lambda: kytorch.randn(-1), ValueError, "randn.*negative"),
    "randint of none": (lambda: kytorch.randint(3, 3, (2,)), ValueError, "randint.*3.*3"),
    "randint below 0": (lambda: kytorch.randint(0, (2,)), ValueError, "randint.*0.*0"),
    "randint without a size": (lambda: kytorch.randint(3, 5), TypeError, "randint.*size"),
    "randint of two sizes": (lambda: kytorch.randint(3, (2,), (2,)), TypeError, "randint.*low, high, size"),
    "randperm of less than nothing": (lambda: kytorch.randperm(-1), ValueError, "randperm.*negative"),
    "uniform downwards": (lambda: kytorch.uniform(1.0, 0.0, (2,)), ValueError, "uniform.*1.0.*0.0"),
    "uniform of NaN": (lambda: kytorch.uniform(np.nan, 0.0, (2,)), ValueError, "uniform.*nan"),
    "uniform of integers": (lambda: kytorch.uniform(0, 5, (2,), dtype=int), TypeError, "int64.*floating"),
    "normal of a negative deviation": (lambda: kytorch.normal(0.0, -1.0, (2,)), ValueError, "normal.*std.*below 0"),
    "normal of a Tensor with one": (lambda: kytorch.normal(half, Tensor([1.0, -2.0])), ValueError, "std.*below 0"),
    "normal without a size": (lambda: kytorch.normal(0.0, 1.0), TypeError, "normal.*size"),
    "normal with two sizes": (lambda: kytorch.normal(half, 1.0, (2,)), TypeError, "normal.*no size"),
    "normal of shapes": (lambda: kytorch.normal(half, kytorch.ones(3)), ValueError, r"\(2,\).*\(3,\).*broadcast"),
    "normal of integers": (lambda: kytorch.normal(Tensor([1, 2])), TypeError, "normal.*int64"),
    "normal of a weight": (lambda: kytorch.normal(weight), TypeError, r"TrainableWeight.*tensor\(\)"),
    "bernoulli above 1": (lambda: kytorch.bernoulli(Tensor([0.5, 1.5])), ValueError, "bernoulli.*at most 1"),
    "bernoulli of NaN": (lambda: kytorch.bernoulli(Tensor([np.nan])), ValueError, "bernoulli"),
    "bernoulli of integers": (lambda: kytorch.bernoulli(Tensor([1, 0])), TypeError, "bernoulli.*int64"),
    "bernoulli of a number": (lambda: kytorch.bernoulli(0.5), TypeError, "bernoulli.*float"),
    "poisson below 0": (lambda: kytorch.poisson(Tensor([-1.0])), ValueError, "poisson.*at least 0"),
    "poisson of NaN": (lambda: kytorch.poisson(Tensor([np.nan])), ValueError, "poisson"),
    "multinomial of too few": (lambda: kytorch.multinomial(rates, 3), ValueError, "multinomial.*3.*2.*replacement"),
    "multinomial of none": (lambda: kytorch.multinomial(rates, 0), ValueError, "multinomial.*at least one.*0"),
    "multinomial of zeros": (lambda: kytorch.multinomial(kytorch.zeros(3), 1), ValueError, "multinomial.*all 0"),
    "multinomial below 0": (lambda: kytorch.multinomial(Tensor([2.0, -1.0]), 1), ValueError, "multinomial.*at least 0"),
    "multinomial of infinity": (lambda: kytorch.multinomial(Tensor([np.inf, 1.0]), 1), ValueError, "finite"),
    "multinomial of three dims": (lambda: kytorch.multinomial(kytorch.ones(1, 1, 2), 1), ValueError, r"\(1, 1, 2\)"),
    "multinomial of integers": (lambda: kytorch.multinomial(Tensor([1, 2]), 1), TypeError, "multinomial.*int64"),
    "multinomial of a weight": (lambda: kytorch.multinomial(weight, 1), TypeError, r"TrainableWeight.*tensor\(\)"),
}


@pytest.mark.parametrize("call, error, words", WRONG.values(), ids=WRONG)
def test_a_wrong_call_raises_the_named_error(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_bernoulli_with_p_takes_the_shape_and_dtype_only() -> None:
    for x in (kytorch.full((1000,), 7.0), kytorch.full((1000,), 7)):
        draw = kytorch.bernoulli(x, 0.25, generator=seeded())
        assert draw.dtype == x.dtype
        assert 200 < draw.numpy().sum() < 300
    assert kytorch.bernoulli(kytorch.zeros(3), p=1).tolist() == [1.0, 1.0, 1.0]


def test_randint_reaches_the_ends_of_its_dtype() -> None:
    assert set(kytorch.randint(0, 256, (10_000,), dtype=np.uint8).tolist()) == set(range(256))
    assert kytorch.randint(0, 2, (50,), dtype=bool).dtype == bool
    assert kytorch.randint(2**64 - 2, 2**64, (50,), dtype=np.uint64).numpy().min() >= 2**64 - 2
