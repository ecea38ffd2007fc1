"""Pooling: edge cases, wrong calls and what is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch as kt
from kytorch import Tensor, TrainableWeight, func, nn

F = nn.functional
Function = Callable[..., Any]


def image(*shape: int, dtype: type = np.float64) -> Tensor:
    return Tensor(np.random.default_rng(0).permutation(math.prod(shape)).reshape(shape), dtype=dtype)


def gradient(function: Function, x: Any) -> np.ndarray:
    """Of the sum of the function's elements, each times its number from 1 on."""
    weight = TrainableWeight(np.asarray(x, dtype=np.float64))
    y = function(weight.tensor())
    ((found, _),) = y.backward(Tensor(np.arange(1.0, y.size + 1).reshape(y.shape)))
    return found.numpy()


# Max pooling


def test_of_equal_elements_the_first_gets_the_gradient() -> None:
    found = gradient(lambda x: F.max_pool2d(x, 2), np.ones((1, 2, 4)))
    assert found.tolist() == [[[1, 0, 2, 0], [0, 0, 0, 0]]]
    found = gradient(lambda x: F.max_pool1d(x, 3, 1), [[5, 5, 1, 5, 5]])
    assert found.tolist() == [[1, 2, 0, 3, 0]]


def test_of_equal_elements_the_index_is_the_firsts() -> None:
    ones = Tensor(np.ones((1, 5, 6)))
    assert F.max_pool2d(ones, 2, return_indices=True)[1].tolist() == [[[0, 2, 4], [12, 14, 16]]]
    assert F.max_pool2d(ones, 3, 2, 1, return_indices=True)[1].tolist() == [[[0, 1, 3], [6, 7, 9], [18, 19, 21]]]
    assert F.adaptive_max_pool2d(ones, (2, 4), return_indices=True)[1].tolist() == [[[0, 1, 3, 4], [12, 13, 15, 16]]]


def test_an_element_in_several_windows_gets_the_sum_of_their_gradients() -> None:
    assert gradient(lambda x: F.avg_pool1d(x, 2, 1), [[0, 0, 0, 0]]).tolist() == [[0.5, 1.5, 2.5, 1.5]]
    assert gradient(lambda x: F.max_pool1d(x, 3, 1), [[0, 1, 9, 1, 0]]).tolist() == [[0, 0, 6, 0, 0]]


def test_a_later_row_does_not_win_by_an_earlier_column() -> None:
    found = gradient(lambda x: F.max_pool2d(x, 2), [[[0, 7], [7, 0]]])
    assert found.tolist() == [[[0, 1], [0, 0]]]


def test_a_nan_is_the_greatest_and_the_last_of_them_gets_the_gradient() -> None:
    x = [[1, math.nan, math.nan, 4, 9, 2]]
    y, indices = F.max_pool1d(Tensor(x), 3, return_indices=True)
    np.testing.assert_array_equal(y.numpy(), [[math.nan, 9]])
    assert indices.tolist() == [[2, 4]]
    assert gradient(lambda x: F.max_pool1d(x, 3), x).tolist() == [[0, 0, 1, 0, 2, 0]]


def test_padding_is_less_than_every_element() -> None:
    assert F.max_pool1d(Tensor([[-math.inf, -5.0, -7.0]]), 2, 2, 1).tolist() == [[-math.inf, -5.0]]
    assert F.max_pool1d(Tensor([[-9, -5, -7]]), 2, 2, 1).tolist() == [[-9, -5]]
    found = gradient(lambda x: F.max_pool1d(x, 2, 2, 1), [[-math.inf, -math.inf, -math.inf]])
    assert found.tolist() == [[1, 2, 0]]


def test_an_infinite_gradient_goes_to_one_element_and_makes_no_nan() -> None:
    weight = TrainableWeight(np.array([[1.0, 2.0, 3.0]]))
    y = F.max_pool1d(weight.tensor(), 3)
    assert func.vjp(lambda x: F.max_pool1d(x, 3), weight.tensor())[1](Tensor([[np.float64(math.inf)]]))[0].tolist() == [
        [0, 0, math.inf]
    ]
    assert y.tolist() == [[3.0]]


def test_integers_have_a_greatest_but_no_mean() -> None:
    x = Tensor(np.arange(12).reshape(1, 3, 4))
    assert F.max_pool2d(x, 2).tolist() == [[[5, 7]]] and F.max_pool2d(x, 2).dtype == np.int64
    assert F.max_pool2d(x, 3, 2, 1).tolist() == [[[5, 7], [9, 11]]]
    with pytest.raises(TypeError, match="avg_pool2d: expected a Tensor of floats, not of int64"):
        F.avg_pool2d(x, 2)
    with pytest.raises(TypeError, match="max_pool2d: expected a Tensor of floats, not of bool"):
        F.max_pool2d(x > 3, 2)


def test_a_window_that_goes_over_the_end_counts_if_it_begins_before_it() -> None:
    x = image(1, 5)
    assert F.max_pool1d(x, 2).shape == (1, 2)
    assert F.max_pool1d(x, 2, ceil_mode=True).shape == (1, 3)
    assert F.max_pool1d(x, 2, 3, 1, ceil_mode=True).shape == (1, 2)


def test_indices_count_through_the_pooled_dimensions() -> None:
    x = image(2, 3, 4, 5, 6)
    for dims in (1, 2, 3):
        pool = [F.max_pool1d, F.max_pool2d, F.max_pool3d][dims - 1]
        part = x.reshape(-1, *x.shape[-dims:])
        n = len(part)
        y, indices = pool(part, 2, 1, return_indices=True)
        assert indices.dtype == np.int64 and not indices.requires_grad
        flat = np.take_along_axis(part.numpy().reshape(n, -1), indices.numpy().reshape(n, -1), 1)
        assert np.array_equal(flat.reshape(y.shape), y.numpy())


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 2, 3, 0), (0, 2, 3, 1), (3, 2, 1, 0)])
@pytest.mark.parametrize(
    "pool",
    [
        lambda x: F.max_pool2d(x, 2),
        lambda x: F.max_pool2d(x, 3, 2, 1),
        lambda x: F.avg_pool2d(x, (2, 3)),
        lambda x: F.avg_pool2d(x, 3, 1, 1, count_include_pad=False),
        lambda x: F.adaptive_avg_pool2d(x, (4, 5)),
        lambda x: F.adaptive_max_pool2d(x, 3),
    ],
)
def test_the_output_and_the_gradient_lie_in_memory_as_the_input_does(order: tuple[int, ...], pool: Function) -> None:
    x = image(4, 3, 6, 8).numpy()
    laid = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
    weight = TrainableWeight(laid)
    y = pool(weight.tensor())
    g = np.random.default_rng(1).normal(size=[y.shape[i] for i in order]).transpose(np.argsort(order))
    ((found, _),) = y.backward(Tensor(g))
    assert y.numpy().transpose(order).flags.c_contiguous
    assert found.numpy().transpose(order).flags.c_contiguous
    plain = TrainableWeight(x)
    expected = pool(plain.tensor())
    np.testing.assert_array_equal(y.numpy(), expected.numpy())
    np.testing.assert_allclose(found.numpy(), expected.backward(Tensor(g))[0][0].numpy(), rtol=1e-15)


def test_any_view_of_memory_pools_as_its_copy() -> None:
    x = image(4, 6, 9, 10)
    for part in (x[::2, ::-1], x[:, :, 1:, 2:-1], x[:1].expand(3, 6, 9, 10), x.movedim(1, -1)[..., ::3]):
        copy = Tensor(np.ascontiguousarray(part.numpy()))
        for pool in (lambda x: F.max_pool2d(x, 3, 2, 1), lambda x: F.avg_pool2d(x, 2)):
            np.testing.assert_array_equal(pool(part).numpy(), pool(copy).numpy())
            np.testing.assert_array_equal(gradient(pool, part.numpy()), gradient(pool, copy.numpy()))


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 2, 3, 0), (0, 2, 3, 1)])
@pytest.mark.parametrize(
    "pool",
    [
        lambda x: F.max_pool2d(x, 3, 2, 1),
        lambda x: F.max_pool2d(x, 3, 2, 1, return_indices=True)[0],
        lambda x: F.avg_pool2d(x, 3, 2, 1),
        lambda x: F.adaptive_avg_pool2d(x, (4, 5)),
        lambda x: F.adaptive_max_pool2d(x, (3, 2)),
    ],
)
@pytest.mark.parametrize("n", [1, 3, 60])
def test_many_planes_pool_as_each_alone(n: int, pool: Function, order: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).integers(0, 3, (n, 40, 7, 9)).astype(np.float64)
    x[-1, -1, 3, 3:5] = math.nan
    laid = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
    weight = TrainableWeight(laid)
    y = pool(weight.tensor())
    assert y.numpy().transpose(order).flags.c_contiguous
    g = np.arange(1.0, y[0, 0].size + 1).reshape(y.shape[2:])
    every = func.vjp(pool, weight.tensor())[1](Tensor(np.broadcast_to(g, y.shape)))[0].numpy()
    for i, j in [(0, 0), (n - 1, 17), (n // 2, 39)]:
        alone, pullback = func.vjp(pool, Tensor(x[i, j][None]))
        np.testing.assert_allclose(y[i, j].numpy(), alone[0].numpy(), rtol=1e-15)
        np.testing.assert_allclose(every[i, j], pullback(Tensor(g[None]))[0].numpy()[0], rtol=1e-14)


def test_many_elements_pool_as_few_do() -> None:
    x = np.random.default_rng(0).integers(0, 50, (40, 16, 24, 24)).astype(np.float64)
    for pool in (lambda x: F.max_pool2d(x, 3, 2, 1), lambda x: F.avg_pool2d(x, 3, 2, 1), lambda x: F.max_pool2d(x, 2)):
        few = [gradient(pool, x[i : i + 1]) for i in range(0, 40, 13)]
        weight = TrainableWeight(x)
        y = pool(weight.tensor())
        g = np.arange(1.0, y[0].size + 1).reshape(1, *y.shape[1:]).repeat(40, 0)
        ((many, _),) = y.backward(Tensor(g))
        for i, one in zip(range(0, 40, 13), few):
            np.testing.assert_array_equal(y[i].numpy(), pool(Tensor(x[i])).numpy())
            np.testing.assert_array_equal(many[i].numpy(), one[0])


# Averages and norms


def test_float16_is_summed_in_float32() -> None:
    x = Tensor(np.full((1, 1, 300, 300), 3.0), dtype=np.float16)
    assert F.avg_pool2d(x, 300).tolist() == F.adaptive_avg_pool2d(x, 1).tolist() == [[[[3.0]]]]
    ones = TrainableWeight(np.full((1, 4100), 1.0), dtype=np.float16)
    y = F.avg_pool1d(ones.tensor(), 4100, 1)
    assert y.tolist() == [[1.0]] and y.dtype == np.float16
    assert y.sum().backward()[0][0].dtype == np.float16


def test_a_norm_of_nothing_has_gradient_0() -> None:
    found = gradient(lambda x: F.lp_pool1d(x, 2, 2), [[0, 0, 3, 4]])
    np.testing.assert_allclose(found, [[0, 0, 2 * 3 / 5, 2 * 4 / 5]], rtol=1e-15)


def test_a_norm_is_of_the_elements_of_a_window_however_its_size_is_given() -> None:
    x = image(1, 6, 9)
    expected = F.lp_pool2d(x, 2, (3, 3))
    for size in (3, (3,), [3, 3], np.int64(3)):
        assert F.lp_pool2d(x, 2, size).tolist() == expected.tolist()
    assert F.lp_pool2d(x, 2, range(2, 4)).tolist() == F.lp_pool2d(x, 2, (2, 3)).tolist()


def test_infinite_norms_are_the_greatest_and_the_least_absolute_value() -> None:
    x = Tensor([[-5.0, 2.0, 3.0, -1.0]])
    assert F.lp_pool1d(x, math.inf, 2).tolist() == [[5.0, 3.0]]
    assert F.lp_pool1d(x, -math.inf, 2).tolist() == [[2.0, 1.0]]


def test_an_adaptive_pool_of_as_many_windows_as_elements_changes_nothing() -> None:
    x = image(2, 3, 5, 4)
    for pool in (F.adaptive_avg_pool2d, F.adaptive_max_pool2d):
        assert np.array_equal(pool(x, (5, 4)).numpy(), x.numpy())
        assert np.array_equal(pool(x, (None, 4)).numpy(), pool(x, None).numpy())
        assert pool(x, 0).shape == (2, 3, 0, 0)
        for size in (0, (0, 3), (2, 0)):
            found = func.vjp(lambda x, pool=pool, size=size: pool(x, size), x)[1](pool(x, size))[0]
            assert found.shape == x.shape and not found.numpy().any()


# Unpooling


def test_unpooling_puts_back_what_pooling_took() -> None:
    x = image(2, 3, 5, 7)
    y, indices = F.max_pool2d(x, 2, return_indices=True)
    back = F.max_unpool2d(y, indices, 2, output_size=x.shape)
    assert np.array_equal(back.numpy(), np.where(back.numpy() != 0, x.numpy(), 0))
    again, places = F.max_pool2d(back, 2, return_indices=True)
    assert np.array_equal(again.numpy(), y.numpy()) and np.array_equal(places.numpy(), indices.numpy())
    assert F.max_unpool2d(y, indices, 2, output_size=(5, 6)).shape == (2, 3, 5, 6)


def test_of_an_index_that_is_named_twice_the_last_stays_and_gets_the_gradient() -> None:
    indices = Tensor(np.array([[1, 1]]))
    assert F.max_unpool1d(Tensor([[5.0, 6.0]]), indices, 2).tolist() == [[0, 6, 0, 0]]
    assert gradient(lambda x: F.max_unpool1d(x, indices, 2), [[5, 6]]).tolist() == [[0, 2]]


# Fractional max pooling


def test_fractional_windows_are_drawn_from_the_generator_for_each_plane() -> None:
    x = image(3, 4, 25, 25)
    first, again, other = [
        F.fractional_max_pool2d(x, 2, 9, return_indices=True, generator=np.random.default_rng(seed))
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(first[1].numpy(), again[1].numpy()) and not np.array_equal(first[1].numpy(), other[1].numpy())
    layer = nn.FractionalMaxPool2d(2, output_ratio=0.5, generator=np.random.default_rng(0))
    assert layer(x).shape == (3, 4, 12, 12)
    assert not np.array_equal(layer(x).numpy(), layer(x).numpy())
    kt.manual_seed(5)
    expected = F.fractional_max_pool3d(x, 2, (3, 9, 9))
    kt.manual_seed(5)
    assert np.array_equal(F.fractional_max_pool3d(x, 2, (3, 9, 9)).numpy(), expected.numpy())


def test_an_output_ratio_may_be_any_number_of_numpys() -> None:
    assert F.fractional_max_pool2d(image(1, 8, 8), 2, output_ratio=np.float32(0.5)).shape == (1, 4, 4)


def test_a_nan_is_the_greatest_of_a_fractional_window() -> None:
    x = np.arange(49.0).reshape(1, 7, 7)
    x[0, 3, 3] = math.nan
    y, indices = F.fractional_max_pool2d(Tensor(x), 7, 1, return_indices=True)
    assert math.isnan(y.item()) and indices.tolist() == [[[24]]]


# Wrong calls

WRONG: dict[str, tuple[Function, type[Exception], str]] = {
    "a kernel larger than its input": (lambda: F.max_pool2d(image(1, 4, 6), 5), ValueError,
        r"max_pool2d: a kernel of size 5 is larger than its input, of size 4 in the last dimensions \(4, 6\)"),
    "with dilation": (lambda: F.max_pool1d(image(1, 4), 3, dilation=2), ValueError, "size 3 with dilation 2 is larger"),
    "an average's": (lambda: F.avg_pool1d(image(1, 4), 7, padding=1), ValueError, "size 7 and padding 1 is larger"),
    "an empty image": (lambda: F.max_pool2d(image(1, 0, 4), 2, 1, 1), ValueError, "larger than its input, of size 0"),
    "padding of more than half": (lambda: nn.MaxPool2d(3, padding=2), ValueError,
        "MaxPool2d: padding 2 is more than half of the kernel size 3"),
    "a function's": (lambda: F.avg_pool2d(image(1, 4, 4), 2, padding=2), ValueError, "avg_pool2d: padding 2 is more"),
    "a kernel of 0": (lambda: nn.AvgPool3d(0), ValueError, "AvgPool3d: kernel_size is to be at least 1, not 0"),
    "a stride of 0": (lambda: nn.LPPool1d(2, 2, 0), ValueError, "LPPool1d: stride is to be at least 1, not 0"),
    "a negative padding": (lambda: nn.MaxPool1d(2, padding=-1), ValueError, "padding is to be at least 0, not -1"),
    "a dilation of 0": (lambda: nn.MaxPool1d(2, dilation=0), ValueError, "dilation is to be at least 1, not 0"),
    "a kernel of floats": (lambda: nn.MaxPool2d(2.0), TypeError, "kernel_size is an int or 2 of them, not 2.0"),
    "a tuple with a float": (lambda: nn.MaxPool2d((2, 2.5)), TypeError, r"an int or 2 of them, not \(2, 2.5\)"),
    "three sizes for two": (lambda: nn.MaxPool2d((1, 2, 3)), ValueError, r"an int or 2 of them, not \(1, 2, 3\)"),
    "of a function": (lambda: F.max_pool2d(image(1, 4, 4), [1, 2.5]), TypeError, r"max_pool2d: .*, not \[1, 2.5\]"),
    "a divisor of 0": (lambda: nn.AvgPool2d(2, divisor_override=0), ValueError, "divisor_override is not to be 0"),
    "a norm of type 0": (lambda: nn.LPPool2d(0, 2), ValueError, "LPPool2d: norm_type is not to be 0"),
    "a norm of type text": (lambda: F.lp_pool1d(image(1, 4), "2", 2), TypeError, "norm_type is to be a number"),
    "too few dimensions": (lambda: F.max_pool2d(image(4, 4), 2), ValueError,
        r"expected an input of shape \(channels, height, width\) or \(batch, channels, height, width\), not \(4, 4\)"),
    "too many dimensions": (lambda: F.avg_pool1d(image(1, 1, 4, 4), 2), ValueError, r"\(channels, length\)"),
    "a window in the padding": (lambda: F.max_pool1d(image(1, 2), 2, 1, 1, 3), ValueError, "has no element of the"),
    "an array": (lambda: F.max_pool1d(np.ones((1, 4)), 2), TypeError, "max_pool1d: expected a Tensor, not ndarray"),
    "a weight": (lambda: F.avg_pool1d(TrainableWeight(np.ones((1, 4))), 2), TypeError, "weight.tensor"),
    "a negative output size": (lambda: nn.AdaptiveAvgPool2d(-1), ValueError, "output_size is to be at least 0, not -1"),
    "an output size of text": (lambda: nn.AdaptiveMaxPool1d("3"), TypeError, "is an int or 1 of them, not .3."),
    "three output sizes": (lambda: nn.AdaptiveMaxPool2d((1, 2, 3)), ValueError, "output_size is to be one or 2 sizes"),
    "nothing to share": (lambda: F.adaptive_avg_pool1d(image(1, 0), 2), ValueError, "no elements to pool"),
    "an index out of range": (lambda: F.max_unpool1d(image(1, 2), Tensor(np.array([[1, 4]])), 2), IndexError,
        r"max_unpool1d: index 4 is out of range for the 4 elements of \(4,\)"),
    "a negative index": (lambda: F.max_unpool1d(image(1, 1), Tensor(np.array([[-1]])), 2), IndexError, "index -1"),
    "indices of floats": (lambda: F.max_unpool1d(image(1, 1), image(1, 1), 2), TypeError, "indices of integers"),
    "fewer indices": (lambda: F.max_unpool1d(image(1, 2), Tensor(np.array([[1]])), 2), ValueError, "must be equal"),
    "an output size too great": (lambda: F.max_unpool1d(image(1, 2), Tensor(np.array([[1, 2]])), 2, output_size=(6,)),
        ValueError, r"output_size \(6,\) cannot have been pooled to \(2,\): 6 is to be between 2 and 6"),
    "two output sizes": (lambda: F.max_unpool1d(image(1, 2), Tensor(np.array([[1, 2]])), 2, output_size=(4, 4)),
        ValueError, "output_size is to be 1 or 3 sizes"),
    "one number for an output size": (
        lambda: F.max_unpool1d(image(1, 2), Tensor(np.array([[1, 2]])), 2, output_size=4), TypeError,
        "max_unpool1d: output_size is to be 1 or 3 sizes, not 4"),
    "size and ratio": (lambda: nn.FractionalMaxPool2d(2, 3, 0.5), ValueError, "output_size or output_ratio, one of"),
    "neither": (lambda: F.fractional_max_pool2d(image(1, 4, 4), 2), ValueError, "output_size or output_ratio, one of"),
    "a ratio of 1": (lambda: nn.FractionalMaxPool3d(2, output_ratio=1.0), ValueError, "between 0 and 1, not 1.0"),
    "a ratio of text": (lambda: nn.FractionalMaxPool2d(2, output_ratio="1"), TypeError, "a number or 2 numbers"),
    "too many windows": (lambda: F.fractional_max_pool2d(image(1, 4, 4), 2, 4), ValueError, "4 windows of 2 elements"),
    "samples that are an array": (lambda: F.fractional_max_pool2d(image(1, 4, 4), 2, 2, _random_samples=np.ones(2)),
        TypeError, "fractional_max_pool2d: expected a Tensor, not ndarray"),
    "samples of another shape": (
        lambda: F.fractional_max_pool2d(image(1, 4, 4), 2, 2, _random_samples=image(1, 2)), ValueError,
        r"_random_samples of shape \(1, 2\); expected \(1, 1, 2\)"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_call_raises_and_says_what_is_wrong(call: Function, kind: type[Exception], said: str) -> None:
    for _ in range(2):  # nothing wrong is remembered
        with pytest.raises(kind, match=said):
            call()


def test_the_error_of_a_wrong_input_names_the_layer_and_its_path() -> None:
    model = nn.Sequential(nn.MaxPool2d(2), nn.AvgPool2d(3))
    with pytest.raises(ValueError, match="avg_pool2d: a kernel of size 3") as raised:
        model(image(1, 4, 4))
    assert raised.value.__notes__ == ["in layer 1: AvgPool2d(kernel_size=3, stride=3, padding=0)"]


def test_a_list_is_as_good_as_a_tuple() -> None:
    x = image(2, 6, 8)
    assert np.array_equal(F.max_pool2d(x, [2, 3], [1, 2]).numpy(), F.max_pool2d(x, (2, 3), (1, 2)).numpy())
    assert np.array_equal(F.avg_pool2d(x, [2, 3], 1).numpy(), F.avg_pool2d(x, (2, 3), 1).numpy())
    assert np.array_equal(F.adaptive_avg_pool2d(x, [2, None]).numpy(), F.adaptive_avg_pool2d(x, (2, None)).numpy())
    assert repr(nn.MaxPool2d([2, 3])).startswith("MaxPool2d(kernel_size=[2, 3]")
