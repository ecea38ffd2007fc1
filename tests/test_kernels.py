"""Quick kernels give what plain NumPy gives, at sizes just under, at and over their blocks, in any layout."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from kytorch.kernels import cumulative, elementwise, erf, norm, product, reduce, remainder

Array = npt.NDArray[Any]

ULP = float(np.finfo(np.float32).eps)
SHAPES = [
    (0,), (1,), (1021,), (2048,), (16384,), (16385,), (40961,), (0, 5), (5, 0), (100, 100), (63, 127), (129, 64),
    (257, 65), (70, 1000), (2000, 3), (3, 2, 2111), (33, 1, 211),
]  # fmt: skip
LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "whole": lambda x: x,
    "in columns": np.asfortranarray,
    "every other": lambda x: np.repeat(x, 2, -1)[..., ::2],
    "backwards": lambda x: np.ascontiguousarray(x[..., ::-1])[..., ::-1],
}


def drawn(shape: tuple[int, ...], low: float = -2.0, high: float = 2.0) -> Array:
    return np.random.default_rng(len(shape)).uniform(low, high, shape).astype(np.float32)


def close(y: Array, exact: Array, ulps: float) -> None:
    assert y.dtype == np.float32
    assert y.shape == exact.shape
    np.testing.assert_allclose(y, exact, rtol=ulps * ULP, atol=1e-38)


ELEMENTWISE: dict[str, tuple[Callable[..., Array], Callable[..., Array], float]] = {
    "relu": (lambda a, b: elementwise.relu(a), lambda a, b: np.maximum(a, 0), 0),
    "sigmoid": (lambda a, b: elementwise.sigmoid(40 * a), lambda a, b: 1 / (1 + np.exp(-40 * a)), 4),
    "hypot": (elementwise.hypot, np.hypot, 2),
    "fmod": (remainder.fmod, np.fmod, 0.5),
    "erfc": (lambda a, b: erf.erfc(3 * a), lambda a, b: np.vectorize(math.erfc, otypes="d")(3 * a), 2),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise(name: str, shape: tuple[int, ...], layout: Callable[[Array], Array]) -> None:
    quick, plain, ulps = ELEMENTWISE[name]
    a, b = layout(drawn(shape)), layout(drawn(shape, 0.5, 3.0))
    wide = (3 * a if name == "erfc" else 40 * a if name == "sigmoid" else a).astype(np.float64)
    factor = {"erfc": 3, "sigmoid": 40}.get(name, 1)
    close(quick(a, b), plain(wide / factor, b.astype(np.float64)), ulps)


@pytest.mark.parametrize("name", ["relu", "sigmoid", "hypot", "fmod", "erfc"])
def test_special_numbers_have_in_blocks_the_value_that_they_have_alone(name: str) -> None:
    special = np.array([0.0, -0.0, 1e-45, -1e-45, 3e38, -3e38, np.inf, -np.inf, np.nan, 1e-20, -88.5, 88.5], np.float32)
    a, b = np.repeat(special, 12), np.tile(special, 12)
    quick, _, _ = ELEMENTWISE[name]
    with np.errstate(all="ignore"):
        many = quick(np.tile(a, 300), np.tile(b, 300)).reshape(300, -1)
        alone = [quick(a[i : i + 1], b[i : i + 1])[0] for i in range(a.size)]
    for row in (many[0], many[-1]):
        np.testing.assert_allclose(row, alone, rtol=2 * ULP, atol=3e-45)


def test_a_hypotenuse_neither_overflows_nor_vanishes_where_squares_do() -> None:
    for scale in (1e-30, 1e30):
        x = np.full((5000,), scale, np.float32)
        close(elementwise.hypot(3 * x, 4 * x), 5 * x.astype(np.float64), 2)
        close(elementwise.hypot(3 * x.reshape(50, 100), np.array([4 * scale], np.float32)), 5 * x.reshape(50, 100), 2)
    far = np.where(np.arange(5000) % 2, 1e-30, 1.0).astype(np.float32)
    close(elementwise.hypot(far, far), np.hypot(far, far, dtype=np.float64), 2)
    rows, column = drawn((70, 40)), drawn((70, 1))
    close(elementwise.hypot(rows, column), np.hypot(rows.astype(np.float64), column), 2)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_reductions(shape: tuple[int, ...], layout: Callable[[Array], Array]) -> None:
    x = layout(drawn(shape, 0.5, 2.0))
    even = layout(np.exp(0.01 * drawn(shape)))
    wide = x.astype(np.float64)
    for dims in {(0,), (x.ndim - 1,), tuple(range(x.ndim)), tuple(range(1, x.ndim))}:
        for keepdim in (False, True):
            close(reduce.sum(x, dims, keepdim), np.asarray(wide.sum(dims, keepdims=keepdim)), 16)
            squares = np.asarray((wide * wide).sum(dims, keepdims=keepdim))
            close(reduce.sum_of_squares(x, dims, keepdim), squares, 64)
            close(norm.norm(x, 2, dims, keepdim), np.sqrt(squares), 32)
            if len(dims) < 2:
                exact = np.asarray(even.astype(np.float64).prod(dims, keepdims=keepdim))
                n = math.prod([shape[i] for i in dims])
                close(product.product(even, dims, keepdim), exact, max(2.0, float(n)))


def test_equal_numbers_of_any_count_have_a_sum_of_squares_with_float32s_digits() -> None:
    for n in (1000, 8192, 10_007, 10_240, 10_241, 16_385, 1_000_003):
        x = np.full((n,), 0.1, np.float32)
        close(reduce.sum_of_squares(x, (0,), False), np.asarray(n * float(x[0]) ** 2), 16)
        close(reduce.sum(x, (0,), False), np.asarray(n * float(x[0])), 16)
        close(reduce.sum(np.stack([x, x], 1), (0,), False), np.full(2, n * float(x[0])), 8)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_running_sums_and_products(shape: tuple[int, ...], layout: Callable[[Array], Array]) -> None:
    x, even = layout(drawn(shape, 0.5, 2.0)), layout(np.exp(0.01 * drawn(shape)))
    for dim in range(x.ndim):
        for backwards in (False, True):
            ahead = slice(None, None, -1 if backwards else 1)
            along = (slice(None),) * dim + (ahead,)
            sums = np.cumsum(x.astype(np.float64)[along], dim)[along]
            close(cumulative.accumulate(np.add, x, dim, backwards), sums, 16)
        close(cumulative.accumulate(np.multiply, even, dim, False), np.cumprod(even.astype(np.float64), dim), 20)


@pytest.mark.parametrize("number", [0.0, 1e30, 1e-30, np.inf, np.nan, -1e38])
def test_running_products_are_numpys_for_great_and_small_factors(number: float) -> None:
    x = np.ones((64, 128), np.float32)
    x[:, 5:20] = number
    x[::2, 40:60] = 1e30
    x[::3, 50] = 0
    x[1::3, 90:110] = 1e-30
    with np.errstate(all="ignore"):
        exact = np.multiply.accumulate(x, 1, np.float64).astype(np.float32)
        np.testing.assert_allclose(cumulative.accumulate(np.multiply, x, 1, False), exact, rtol=2 * ULP)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_running_sums_are_numpys_where_one_is_not_finite(number: float) -> None:
    x = drawn((70, 100))
    x[3, 50] = number
    for backwards in (False, True):
        along = (slice(None), slice(None, None, -1 if backwards else 1))
        exact = np.cumsum(x.astype(np.float64)[along], 1)[along]
        np.testing.assert_allclose(cumulative.accumulate(np.add, x, 1, backwards), exact, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("function", [np.maximum, np.minimum])
@pytest.mark.parametrize("shape", [(0,), (1,), (4095,), (4096,), (10_007,), (70_001,), (3, 5000), (5000, 2), (2, 4224)])
def test_running_extrema_are_the_last_of_equals(function: np.ufunc, shape: tuple[int, ...]) -> None:
    few = np.random.default_rng(1).integers(0, 50, shape).astype(np.float32)
    late = drawn(shape)
    late[..., -3:] = 9.0
    unknown = drawn(shape)
    unknown[..., 2 * shape[-1] // 3 :: 1000] = np.nan
    for x in (drawn(shape), few, late, -late, unknown, np.sort(drawn(shape)), np.sort(drawn(shape))[..., ::-1]):
        y, places = cumulative.extremum(function, x, x.ndim - 1)
        np.testing.assert_array_equal(y, function.accumulate(x, x.ndim - 1))
        steps = np.arange(shape[-1]) * ((x == y) | np.isnan(x))
        np.testing.assert_array_equal(places, np.maximum.accumulate(steps, x.ndim - 1))
