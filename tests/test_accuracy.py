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
