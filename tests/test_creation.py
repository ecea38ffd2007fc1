"""Tensors made from nothing and from data: values, dtypes, inputs to differentiate with respect to, wrong calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import LeafGradFn, Tensor, TrainableWeight, func
from kytorch.tensor.core import CONSTANT

weight = TrainableWeight([1.0, 2.0])
MADE: dict[str, tuple[Callable[[], Tensor], Any, Any]] = {
    "eye": (lambda: kytorch.eye(2), [[1, 0], [0, 1]], np.float32),
    "eye of more columns": (lambda: kytorch.eye(2, 3, dtype=np.int64), [[1, 0, 0], [0, 1, 0]], np.int64),
    "eye of nothing": (lambda: kytorch.eye(0), np.zeros((0, 0)), np.float32),
    "linspace": (lambda: kytorch.linspace(0, 1, 5), [0, 0.25, 0.5, 0.75, 1], np.float32),
    "linspace downwards": (lambda: kytorch.linspace(1, -1, 3), [1, 0, -1], np.float32),
    "linspace of one": (lambda: kytorch.linspace(2, 3, 1), [2], np.float32),
    "linspace of none": (lambda: kytorch.linspace(2, 3, 0), [], np.float32),
    "linspace of integers": (lambda: kytorch.linspace(0, 10, 5, np.int64), [0, 2, 5, 7, 10], np.int64),
    "logspace": (lambda: kytorch.logspace(0, 3, 4), [1, 10, 100, 1000], np.float32),
    "logspace of base 2": (lambda: kytorch.logspace(-1, 2, 4, 2.0, np.float64), [0.5, 1, 2, 4], np.float64),
    "tril_indices": (lambda: kytorch.tril_indices(3, 3, -1), [[1, 2, 2], [0, 0, 1]], np.int64),
    "tril_indices of a wide matrix": (lambda: kytorch.tril_indices(2, 3, 1), [[0, 0, 1, 1, 1], [0, 1, 0, 1, 2]],
                                      np.int64),
    "triu_indices": (lambda: kytorch.triu_indices(2, 3, 1), [[0, 0, 1], [1, 2, 2]], np.int64),
    "triu_indices of nothing": (lambda: kytorch.triu_indices(0, 3), np.zeros((2, 0)), np.int64),
    "zeros_like": (lambda: kytorch.zeros_like(kytorch.eye(2)), [[0, 0], [0, 0]], np.float32),
    "ones_like of integers": (lambda: kytorch.ones_like(Tensor([3, 4])), [1, 1], np.int64),
    "ones_like with a dtype": (lambda: kytorch.ones_like(Tensor([3, 4]), np.float16), [1, 1], np.float16),
    "full_like": (lambda: kytorch.full_like(Tensor([1.0, 2.0]), 0.1), [np.float32(0.1)] * 2, np.float32),
    "full_like of integers": (lambda: kytorch.full_like(Tensor([1, 2]), 1.5), [1, 1], np.int64),
    "full_like of NaN": (lambda: kytorch.full_like(Tensor([1.0]), np.nan), [np.nan], np.float32),
    "full": (lambda: kytorch.full((2,), 0.5), [0.5, 0.5], np.float32),
    "full of bool": (lambda: kytorch.full((1, 2), True), [[True, True]], np.bool_),
    "tensor": (lambda: kytorch.tensor([1.0, 2.0]), [1, 2], np.float32),
}  # fmt: skip


@pytest.mark.parametrize("call, values, dtype", MADE.values(), ids=MADE)
def test_what_is_made_is_a_constant_of_the_expected_values_and_dtype(
    call: Callable[[], Tensor], values: Any, dtype: Any
) -> None:
    made = call()
    assert made.dtype == dtype
    assert made.grad_fn is CONSTANT
    assert not made.numpy().flags.writeable
    np.testing.assert_array_equal(made.numpy(), np.array(values, dtype))


def test_what_is_empty_has_the_shape_and_dtype_that_was_asked_for() -> None:
    assert (kytorch.empty(2, 3).shape, kytorch.empty(2, 3).dtype) == ((2, 3), np.float32)
    assert (kytorch.empty((4,), dtype=np.int64).shape, kytorch.empty(1, dtype=np.int64).dtype) == ((4,), np.int64)
    like = kytorch.empty_like(Tensor([1, 2]), np.float16)
    assert (like.shape, like.dtype) == ((2,), np.float16)
    for shape in ((3, 4), (), (0, 3)):
        for dtype in (np.float16, np.float32, np.float64, np.int64, np.bool_):
            like = kytorch.empty_like(Tensor(np.zeros(shape, dtype)))
            assert (like.shape, like.dtype) == (shape, dtype)
            assert not like.numpy().flags.writeable


def test_a_tensor_like_a_live_one_is_a_constant() -> None:
    assert kytorch.zeros_like(weight.tensor()).grad_fn is CONSTANT
    assert kytorch.full_like(weight.tensor(), 2.0).grad_fn is CONSTANT
    assert kytorch.empty_like(weight.tensor()).grad_fn is CONSTANT


def test_an_input_has_a_leaf_of_its_own() -> None:
    x = kytorch.tensor([1.0, 2.0], requires_grad=True)
    assert x.requires_grad
    assert isinstance(x.grad_fn, LeafGradFn)
    assert x.grad_fn is not kytorch.tensor([1.0, 2.0], requires_grad=True).grad_fn
    assert x.grad_fn.weight is None
    assert (x * 2.0).requires_grad
    assert not kytorch.tensor([1.0]).requires_grad


def test_what_gives_its_own_array_is_copied_without_being_asked_for_a_copy() -> None:
    class Values:
        array = np.array([1.0, 2.0])

        def __array__(self, dtype: object = None) -> object:  # no `copy`, as PyTorch's have none
            return self.array

    values = Values()
    copied, half = Tensor(values), Tensor(values, dtype=np.float16)
    values.array[:] = 7
    assert copied.tolist() == half.tolist() == [1.0, 2.0]
    assert copied.dtype == np.float64 and half.dtype == np.float16


def test_an_input_is_a_copy_of_its_data() -> None:
    data = np.array([1.0, 2.0])
    x = kytorch.tensor(data, requires_grad=True)
    data[0] = 5.0
    assert x.tolist() == [1.0, 2.0]
    assert x.dtype == np.float64
    assert not kytorch.tensor(x).requires_grad


def test_an_input_beside_weights_changes_no_gradient_of_theirs() -> None:
    x = kytorch.tensor([3.0, 4.0], requires_grad=True)
    [(gradient, found)] = (weight.tensor() * x).sum().backward()
    assert found is weight
    assert gradient.tolist() == [3.0, 4.0]
    assert func.grad(lambda y: (y * y).sum())(x).tolist() == [6.0, 8.0]


WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "an input of integers": (lambda: kytorch.tensor([1, 2], requires_grad=True), TypeError, "int64.*derivative"),
    "an input of bool": (lambda: kytorch.tensor(True, requires_grad=True), TypeError, "tensor.*bool.*derivative"),
    "empty of a negative size": (lambda: kytorch.empty(-1), ValueError, "empty.*negative"),
    "empty of strings": (lambda: kytorch.empty(1, dtype=str), TypeError, "empty"),
    "eye of a negative size": (lambda: kytorch.eye(-1), ValueError, "eye.*negative"),
    "eye of a float": (lambda: kytorch.eye(1.5), TypeError, "eye.*ints"),
    "linspace in negative steps": (lambda: kytorch.linspace(0, 1, -1), ValueError, "linspace.*negative"),
    "linspace in a float of steps": (lambda: kytorch.linspace(0, 1, 2.5), TypeError, "linspace.*int.*float"),
    "logspace in negative steps": (lambda: kytorch.logspace(0, 1, -1), ValueError, "logspace.*negative"),
    "tril_indices of a negative size": (lambda: kytorch.tril_indices(-1, 2), ValueError, "tril_indices.*negative"),
    "triu_indices of a float": (lambda: kytorch.triu_indices(2, 0.5), TypeError, "triu_indices.*ints"),
    "zeros_like a list": (lambda: kytorch.zeros_like([1.0]), TypeError, "expected a Tensor, not list"),
    "zeros_like a weight": (lambda: kytorch.zeros_like(weight), TypeError, r"TrainableWeight.*tensor\(\)"),
    "empty_like a weight": (lambda: kytorch.empty_like(weight), TypeError, r"TrainableWeight.*tensor\(\)"),
    "full_like with a complex dtype": (lambda: kytorch.full_like(Tensor(1.0), 1.0, complex), TypeError, "full_like"),
}  # fmt: skip


@pytest.mark.parametrize("call, error, words", WRONG.values(), ids=WRONG)
def test_a_wrong_call_raises_the_named_error(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_arange_of_integers_rounds_its_bounds_toward_0_first() -> None:
    assert kytorch.arange(2.5, dtype=np.int64).tolist() == [0, 1]
    assert kytorch.arange(-0.5, 3, dtype=np.int64).tolist() == [0, 1, 2]
    assert kytorch.arange(0, 3, 1.5, dtype=np.int64).tolist() == [0, 1, 2]
    assert kytorch.arange(Tensor(3)).tolist() == [0, 1, 2]
    assert kytorch.arange(end=4).tolist() == [0, 1, 2, 3]
    assert kytorch.arange(start=1, end=4).tolist() == [1, 2, 3]


def test_full_takes_a_tensor_of_shape_() -> None:
    assert kytorch.full((2,), Tensor(3.0)).tolist() == [3.0, 3.0]
    assert kytorch.full_like(Tensor([1, 2]), Tensor(3.0)).tolist() == [3, 3]


def test_a_difference_that_has_no_elements_left_ends() -> None:
    assert Tensor([1.0, 2.0, 4.0]).diff(n=10**30).shape == (0,)


def test_nan_to_num_takes_none_for_0() -> None:
    assert kytorch.nan_to_num(Tensor([np.nan, 1.0]), nan=None).tolist() == [0.0, 1.0]


def test_infinity_fills_what_a_finite_number_may_not() -> None:
    half = Tensor(np.ones(2, np.float16))
    assert half.masked_fill(half > 0, -np.inf).tolist() == [-np.inf, -np.inf]
    assert half.at[0].set(65504).tolist() == [65504.0, 1.0]
