"""Pooling beside PyTorch, where windows meet edges, ties, NaN and infinities."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from beside import beside

from kytorch import Tensor, nn

torch = pytest.importorskip("torch")

ours, theirs = nn.functional, torch.nn.functional
EXACT = {"rtol": 1e-13, "atol": 1e-13}
KERNELS = [(2, 2), (3, 2), (1, 3), (3, 3)]
STRIDES = [(1, 1), (2, 2), (3, 2), (2, 4)]


def drawn(kind: str, shape: tuple[int, ...]) -> np.ndarray:
    generator = np.random.default_rng(3)
    x = generator.integers(0, 4, shape).astype(np.float64)
    if kind == "NaN":
        x[generator.random(shape) < 0.1] = np.nan
    if kind == "-inf":
        x[generator.random(shape) < 0.6] = -np.inf
    return x


def pooled_beside(name: str, x: np.ndarray, *options: Any) -> None:
    """Compare the functions of this name: values and gradients."""
    own, other = getattr(ours, name), getattr(theirs, name)
    beside(lambda x: own(x, *options), lambda x: other(x, *options), (x,), EXACT)


@pytest.mark.parametrize("kind", ["ties", "NaN", "-inf"])
@pytest.mark.parametrize("kernel", KERNELS, ids=str)
def test_max_pooling_takes_the_element_that_pytorch_takes(kernel: tuple[int, int], kind: str) -> None:
    x = drawn(kind, (2, 2, 8, 9))
    for stride, padding, dilation, ceil in itertools.product(STRIDES, (0, 1), (1, 2), (False, True)):
        if 2 * padding > min(kernel):
            continue
        options: tuple[Any, ...] = (kernel, stride, padding, dilation, ceil)
        y, indices = ours.max_pool2d(Tensor(x), *options, return_indices=True)
        expected, places = theirs.max_pool2d(torch.tensor(x), *options, return_indices=True)
        np.testing.assert_array_equal(y.numpy(), expected.numpy())
        np.testing.assert_array_equal(indices.numpy(), places.numpy())
        pooled_beside("max_pool2d", x, *options)


@pytest.mark.parametrize("kernel", KERNELS, ids=str)
def test_averages_count_as_pytorchs(kernel: tuple[int, int]) -> None:
    x = np.random.default_rng(0).normal(size=(2, 2, 8, 9))
    for stride, padding, ceil, include, divisor in itertools.product(
        STRIDES, (0, 1), (False, True), (False, True), (None, 3)
    ):
        if 2 * padding > min(kernel):
            continue
        options: tuple[Any, ...] = (kernel, stride, padding, ceil, include, divisor)
        pooled_beside("avg_pool2d", x, *options)


@pytest.mark.parametrize("kind", ["ties", "NaN"])
def test_adaptive_windows_are_pytorchs(kind: str) -> None:
    x = drawn(kind, (2, 2, 7, 8))
    for size in itertools.product((1, 3, 5, 7, 9), (1, 3, 6, 11)):
        y, indices = ours.adaptive_max_pool2d(Tensor(x), size, return_indices=True)
        expected, places = theirs.adaptive_max_pool2d(torch.tensor(x), size, return_indices=True)
        np.testing.assert_array_equal(y.numpy(), expected.numpy())
        np.testing.assert_array_equal(indices.numpy(), places.numpy())
        for name in ("adaptive_avg_pool2d", "adaptive_max_pool2d"):
            pooled_beside(name, x, size)


def test_three_dimensions_take_the_element_that_pytorch_takes() -> None:
    x = drawn("ties", (2, 2, 5, 6, 7))
    for options in [(2,), (3, 2, 1), (2, 1, 1, 2), ((2, 3, 2), (1, 2, 3), 1, 1, True)]:
        indices = ours.max_pool3d(Tensor(x), *options, return_indices=True)[1]
        places = theirs.max_pool3d(torch.tensor(x), *options, return_indices=True)[1]
        np.testing.assert_array_equal(indices.numpy(), places.numpy())
        pooled_beside("max_pool3d", x, *options)


def test_norms_with_zero_and_negative_elements_are_pytorchs() -> None:
    x = np.array([[[0.0, 0, 1, -2, 0, 3, -1, -1, 0]]])
    for p in (1, 2, 3.0, float("inf"), float("-inf")):
        if p == 3.0:
            x = np.abs(x)  # a root of a negative sum is NaN
        for options in [(2,), (3, 1), (2, 3, True)]:
            np.testing.assert_allclose(
                ours.lp_pool1d(Tensor(x), p, *options).numpy(), theirs.lp_pool1d(torch.tensor(x), p, *options).numpy()
            )
    pooled_beside("lp_pool1d", np.abs(x) + np.arange(9) // 2 % 2, 3, 2)
    zeros = np.zeros((1, 1, 4))
    zeros[..., 2] = 2
    pooled_beside("lp_pool1d", zeros, 2, 2)


def test_fractional_windows_are_pytorchs_for_the_same_draws() -> None:
    generator = np.random.default_rng(2)
    x = drawn("NaN", (2, 3, 11, 13))
    for kernel, size in [(2, (5, 6)), ((2, 3), (4, 5)), (1, (11, 13)), ((3, 2), (1, 1))]:
        samples = generator.random((2, 3, 2))
        y, indices = ours.fractional_max_pool2d(
            Tensor(x), kernel, size, return_indices=True, _random_samples=Tensor(samples)
        )
        expected, places = theirs.fractional_max_pool2d(
            torch.tensor(x), kernel, size, return_indices=True, _random_samples=torch.tensor(samples)
        )
        np.testing.assert_array_equal(y.numpy(), expected.numpy())
        np.testing.assert_array_equal(indices.numpy(), places.numpy())
    y = drawn("ties", (2, 2, 6, 7, 9))
    samples = generator.random((2, 2, 3))
    indices = ours.fractional_max_pool3d(Tensor(y), (2, 3, 2), (4, 3, 6), None, return_indices=True,
                                         _random_samples=Tensor(samples))[1]  # fmt: skip
    places = theirs.fractional_max_pool3d(torch.tensor(y), (2, 3, 2), (4, 3, 6), None, True, torch.tensor(samples))[1]
    np.testing.assert_array_equal(indices.numpy(), places.numpy())
