"""Sums of many elements are right to the dtype, in every direction and layout."""

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight
from kytorch.nn.functional import binary_cross_entropy_with_logits, linear, mse_loss

TALL = np.full((1_000_000, 2), 0.1, np.float32)


@pytest.mark.parametrize("x", [TALL, np.asfortranarray(TALL), TALL[::-1]], ids=["rows", "columns", "reversed"])
def test_a_sum_over_many_rows_keeps_float32s_digits(x: np.ndarray) -> None:
    exact = np.add.reduce(x, 0, np.float64)
    np.testing.assert_allclose(Tensor(x).sum(0).numpy(), exact, rtol=1e-6)
    np.testing.assert_allclose(Tensor(x).mean(0).numpy(), exact / len(x), rtol=1e-6)
    np.testing.assert_allclose(Tensor(x).T.sum(1).numpy(), exact, rtol=1e-6)


def test_the_variance_of_many_rows_keeps_float32s_digits() -> None:
    x = np.random.default_rng(0).normal(100, 1, (500_000, 2)).astype(np.float32)
    np.testing.assert_allclose(Tensor(x).var(0).numpy(), x.astype(np.float64).var(0, ddof=1), rtol=1e-5)


def test_a_biass_gradient_over_many_rows_keeps_float32s_digits() -> None:
    bias = TrainableWeight(np.zeros(2, np.float32))
    weight = Tensor(np.eye(2, dtype=np.float32))
    ((gradient, _),) = (linear(Tensor(TALL), weight, bias.tensor()) * 0.1).sum().backward()
    np.testing.assert_allclose(gradient.numpy(), [100_000, 100_000], rtol=1e-5)


def test_float16_sums_more_ones_than_it_can_count_one_by_one() -> None:
    assert kytorch.ones(4096, 2, dtype=np.float16).sum(0).tolist() == [4096, 4096]


def test_float16_losses_have_a_mean_where_their_sum_does_not_fit() -> None:
    far = kytorch.full((20_000,), 4.0, np.float16)
    zeros = kytorch.zeros(20_000, dtype=np.float16)
    assert mse_loss(far, zeros).item() == 16
    assert abs(binary_cross_entropy_with_logits(far, zeros).item() - 4.0182) < 0.01


def test_unsigned_integers_are_summed_as_int64() -> None:
    assert Tensor(np.array([200, 100], np.uint8)).sum().dtype == np.int64
    assert Tensor(np.array([200, 100], np.uint8)).sum().item() == 300


@pytest.mark.parametrize("rise", [0.0, 2000.0], ids=["level", "rising"])
def test_a_long_logcumsumexp_keeps_float32s_digits(rise: float) -> None:
    x = np.random.default_rng(0).standard_normal(100_000) + np.linspace(0.0, rise, 100_000)
    x = x.astype(np.float32)
    expected = np.logaddexp.accumulate(x.astype(np.float64))
    found = kytorch.logcumsumexp(Tensor(x), 0)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.numpy(), expected, rtol=2e-7, atol=2e-7)


@pytest.mark.parametrize("n, dtype", [(1000, np.float16), (50, np.float16), (1_000_000, np.float32)])
def test_logcumsumexp_of_zeros_is_the_log_of_how_many(n: int, dtype: type) -> None:
    found = kytorch.logcumsumexp(kytorch.zeros(n, dtype=dtype), 0).numpy()
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, np.log(np.arange(1, n + 1)).astype(dtype))


@pytest.mark.parametrize("dim", [0, 1])
def test_logcumsumexp_of_many_lines_keeps_float32s_digits(dim: int) -> None:
    x = np.random.default_rng(0).standard_normal((300, 301)).astype(np.float32)
    expected = np.logaddexp.accumulate(x.astype(np.float64), dim)
    np.testing.assert_allclose(kytorch.logcumsumexp(Tensor(x), dim).numpy(), expected, rtol=2e-7, atol=1e-7)


# Of asin, acos and atanh the first and second derivatives with their digits near 0 and near 1, t = 1 - x.
SLOPES = {
    "asin": (lambda x, t: 1 / (t * (1 + x)) ** 0.5, lambda x, t: x / (t * (1 + x)) ** 1.5),
    "acos": (lambda x, t: -1 / (t * (1 + x)) ** 0.5, lambda x, t: -x / (t * (1 + x)) ** 1.5),
    "atanh": (lambda x, t: 1 / (t * (1 + x)), lambda x, t: 2 * x / (t * (1 + x)) ** 2),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SLOPES)
def test_inverse_functions_have_exact_slopes_near_0_and_near_1(name: str, dtype: type) -> None:
    eps = np.finfo(dtype).eps
    x = np.array([1e-20, 1e-5, 0.3, 0.5, 0.9, 1 - 64 * eps, 1 - eps], dtype)
    first = kytorch.func.grad(lambda x: getattr(kytorch, name)(x).sum())
    second = kytorch.func.grad(lambda x: first(x).sum())
    wide = x.astype(np.float64)
    for found, expected in zip((first, second), SLOPES[name]):
        np.testing.assert_allclose(found(Tensor(x)).numpy(), expected(wide, 1 - wide), rtol=8 * eps)
