"""Mixing dtypes follows NumPy 2: a Python number is weak, an array and a NumPy scalar are not."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor

FLOATS = [np.float16, np.float32, np.float64]
ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("function", ARITHMETIC)
@pytest.mark.parametrize("number", [2, 2.0, True, math.pi])
def test_a_python_number_widens_no_float(function: Any, number: Any, dtype: Any) -> None:
    x = np.array([1.5, 2.5], dtype)
    for left, right in [(Tensor(x), number), (number, Tensor(x))]:
        y = function(left, right)
        assert y.dtype == dtype
        expected = function(x, number) if right is number else function(number, x)
        np.testing.assert_allclose(y.numpy(), expected, rtol=1e-2 if dtype is np.float16 else 1e-6)


KINDS = [np.bool_, np.int8, np.uint8, np.int32, np.int64, np.float16, np.float32, np.float64]


@pytest.mark.parametrize("a", KINDS)
@pytest.mark.parametrize("b", KINDS)
@pytest.mark.parametrize("function", [operator.add, operator.mul, operator.truediv, kytorch.maximum, operator.matmul])
def test_dtypes_mix_as_in_numpy(function: Any, a: Any, b: Any) -> None:
    x, y = np.array([1, 1], a), np.array([1, 0], b)
    if function is operator.truediv:
        y = np.array([1, 1], b)
    expected = np.maximum(x, y) if function is kytorch.maximum else function(x, y)
    for left, right in [(Tensor(x), Tensor(y)), (Tensor(x), y), (x, Tensor(y))]:
        if function is kytorch.maximum and left is x:
            continue
        result = function(left, right)
        assert isinstance(result, Tensor)
        assert result.dtype == expected.dtype
        assert np.array_equal(result.numpy(), expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [2, 0.5, True])
def test_a_python_number_beside_an_integer_is_as_in_numpy(kind: Any, number: Any) -> None:
    x = np.array([1, 0], kind)
    expected = x * number
    assert (Tensor(x) * number).dtype == (number * Tensor(x)).dtype == expected.dtype
    assert np.array_equal((Tensor(x) * number).numpy(), expected)


def test_a_numpy_scalar_keeps_its_dtype() -> None:
    x = Tensor([1.0, 2.0])
    assert (x * np.float64(2)).dtype == (np.float64(2) * x).dtype == np.float64
    assert (x * np.float16(2)).dtype == (np.float16(2) * x).dtype == np.float32


def test_an_array_on_the_left_leaves_the_operator_to_the_tensor() -> None:
    x = Tensor([1.0, 2.0])
    array = np.array([3.0, 4.0])
    for function in [*ARITHMETIC, operator.matmul, operator.lt, operator.eq]:
        y = function(array, x)
        assert isinstance(y, Tensor)
        assert np.array_equal(y.numpy(), function(array, x.numpy()))
