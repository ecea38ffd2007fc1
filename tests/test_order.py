"""Running sums, order and counts at their edges, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight, func
from kytorch.ops.take_along import put_along, take_along

nan, inf = np.nan, np.inf
x23 = kytorch.ones(2, 3)
x3 = kytorch.ones(3)
scalar = Tensor(2.0)
none = kytorch.zeros(0, 3)
weight = TrainableWeight(np.ones(3))
integers = Tensor([3, 1, 2])

WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "cumsum over no such dim": (lambda: x23.cumsum(2), IndexError, "cumsum.*dim 2.*2 dimensions"),
    "cumprod over a float": (lambda: x23.cumprod(1.0), TypeError, "cumprod.*int.*float"),
    "cummax over no such dim": (lambda: x23.cummax(-3), IndexError, "cummax.*dim -3"),
    "cummin over no such dim": (lambda: scalar.cummin(1), IndexError, "cummin.*dim 1"),
    "logcumsumexp over no such dim": (lambda: x23.logcumsumexp(2), IndexError, "logcumsumexp.*dim 2"),
    "diff of a scalar": (scalar.diff, ValueError, "diff.*scalar"),
    "diff of negative order": (lambda: x3.diff(-1), ValueError, "diff.*-1"),
    "diff along no such dim": (lambda: x3.diff(1, 1), IndexError, "diff.*dim 1"),
    "diff of other dimensions": (lambda: x23.diff(prepend=x3), ValueError, r"diff.*\(3,\).*\(2, 3\)"),
    "diff of other sizes": (lambda: x23.diff(append=kytorch.ones(3, 3)), ValueError, r"\(3, 3\).*\(2, 3\).*dim 1"),
    "diff after a number": (lambda: x3.diff(prepend=0.0), TypeError, "diff.*float"),
    "sort along no such dim": (lambda: x23.sort(2), IndexError, "sort.*dim 2"),
    "argsort along no such dim": (lambda: x23.argsort(2), IndexError, "argsort.*dim 2"),
    "topk of too many": (lambda: x23.topk(4), ValueError, r"topk.*k is 4.*\(2, 3\).*0 to 3"),
    "topk of fewer than none": (lambda: x23.topk(-1), ValueError, "topk.*k is -1"),
    "topk of a scalar": (lambda: scalar.topk(2), ValueError, "topk.*k is 2.*0 to 1"),
    "kthvalue counts from 1": (lambda: x23.kthvalue(0), ValueError, "kthvalue.*k is 0.*1 to 3"),
    "kthvalue of too many": (lambda: x23.kthvalue(3, 0), ValueError, r"kthvalue.*k is 3, and dim 0.*1 to 2"),
    "kthvalue of nothing": (lambda: none.kthvalue(1, 0), ValueError, r"kthvalue.*\(0, 3\)"),
    "median along a dim of nothing": (lambda: none.median(0), IndexError, r"median.*no elements.*dim 0.*\(0, 3\)"),
    "median of no integers": (Tensor(np.zeros(0, int)).median, ValueError, "median.*no elements"),
    "median of all with keepdim": (lambda: x23.median(keepdim=True), ValueError, "median.*keepdim.*dim"),
    "nanmedian along no such dim": (lambda: x23.nanmedian(2), IndexError, "nanmedian.*dim 2"),
    "quantile above 1": (lambda: x23.quantile(1.2), ValueError, "quantile.*1.2.*0 to 1"),
    "quantile below 0": (lambda: x23.quantile(Tensor([0.5, -0.5])), ValueError, "quantile.*-0.5.*0 to 1"),
    "quantile at nan": (lambda: x23.quantile(nan), ValueError, "quantile.*nan"),
    "quantile at a table": (lambda: x23.quantile(Tensor([[0.5]])), ValueError, r"quantile.*\(1, 1\)"),
    "quantile at a string": (lambda: x23.quantile("a"), TypeError, "quantile.*str"),
    "quantile at a weight": (lambda: x23.quantile(weight), TypeError, r"quantile.*TrainableWeight.*tensor\(\)"),
    "quantile in another way": (lambda: x23.quantile(0.5, interpolation="x"), ValueError, "'x'.*linear.*midpoint"),
    "quantile of integers": (lambda: integers.quantile(0.5), TypeError, r"quantile.*int64.*to\(\)"),
    "quantile of nothing": (lambda: none.quantile(0.5, 1), ValueError, r"quantile.*no elements.*\(0, 3\)"),
    "nanquantile along no such dim": (lambda: x23.nanquantile(0.5, 2), IndexError, "nanquantile.*dim 2"),
    "unique along no such dim": (lambda: x23.unique(dim=2), IndexError, "unique.*dim 2"),
    "unique slices of nothing": (lambda: none.unique(dim=1), ValueError, r"unique.*dim 1.*\(0, 3\)"),
    "searchsorted in a scalar": (lambda: kytorch.searchsorted(scalar, x3), ValueError, "searchsorted.*scalar"),
    "searchsorted in other lines": (
        lambda: kytorch.searchsorted(x23, kytorch.ones(1, 2)), ValueError, r"searchsorted.*\(1, 2\).*\(2, 3\)"
    ),
    "searchsorted of a number in lines": (lambda: kytorch.searchsorted(x23, 1.0), ValueError, r"\(\).*\(2, 3\)"),
    "searchsorted on no side": (lambda: kytorch.searchsorted(x3, 1.0, side="up"), ValueError, "'up'.*'left'"),
    "searchsorted on both sides": (
        lambda: kytorch.searchsorted(x3, 1.0, right=True, side="left"), ValueError, "right.*left.*contradict"
    ),
    "searchsorted of a string": (lambda: kytorch.searchsorted(x3, "a"), TypeError, "searchsorted.*str"),
    "a sorter of another shape": (
        lambda: kytorch.searchsorted(x3, 1.0, sorter=Tensor([0, 1])), ValueError, r"sorter.*\(2,\).*\(3,\)"
    ),
    "a sorter of floats": (lambda: kytorch.searchsorted(x3, 1.0, sorter=x3), TypeError, "sorter.*float32"),
    "a sorter out of range": (
        lambda: kytorch.searchsorted(x3, 1.0, sorter=Tensor([0, 1, 3])), IndexError, "sorter.*0 to 2"
    ),
    "bucketize by a table": (lambda: kytorch.bucketize(x3, x23), ValueError, r"bucketize.*\(2, 3\)"),
    "bincount of floats": (x3.bincount, TypeError, r"bincount.*float32.*to\(\)"),
    "bincount of a table": (Tensor([[1]]).bincount, ValueError, r"bincount.*\(1, 1\)"),
    "bincount of negatives": (Tensor([1, -2]).bincount, ValueError, "bincount.*-2"),
    "bincount of fewer than none": (lambda: integers.bincount(minlength=-1), ValueError, "minlength.*-1"),
    "bincount of other weights": (lambda: integers.bincount(x23), ValueError, r"bincount.*\(2, 3\).*\(3,\)"),
    "histc of integers": (integers.histc, TypeError, r"histc.*int64.*to\(\)"),
    "histc of no bins": (lambda: x3.histc(0), ValueError, "histc.*bins is 0"),
    "histc of crossed limits": (lambda: x3.histc(3, 2.0, 1.0), ValueError, "histc.*2.0.*1.0"),
    "histc of nan": (Tensor([1.0, nan]).histc, ValueError, "histc.*nan"),
}  # fmt: skip


@pytest.mark.parametrize("call, error, words", WRONG.values(), ids=WRONG)
def test_a_wrong_call_raises_the_named_error(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


OF_A_WEIGHT: dict[str, Callable[[Any], Any]] = {
    "cumsum": lambda x: kytorch.cumsum(x, 0),
    "cumprod": lambda x: kytorch.cumprod(x, 0),
    "cummax": lambda x: kytorch.cummax(x, 0),
    "cummin": lambda x: kytorch.cummin(x, 0),
    "logcumsumexp": lambda x: kytorch.logcumsumexp(x, 0),
    "diff": kytorch.diff,
    "sort": kytorch.sort,
    "argsort": kytorch.argsort,
    "topk": lambda x: kytorch.topk(x, 1),
    "kthvalue": lambda x: kytorch.kthvalue(x, 1),
    "median": kytorch.median,
    "nanmedian": kytorch.nanmedian,
    "quantile": lambda x: kytorch.quantile(x, 0.5),
    "nanquantile": lambda x: kytorch.nanquantile(x, 0.5),
    "unique": kytorch.unique,
    "searchsorted": lambda x: kytorch.searchsorted(x, 1.0),
    "bucketize": lambda x: kytorch.bucketize(1.0, x),
    "bincount": kytorch.bincount,
    "histc": kytorch.histc,
}


@pytest.mark.parametrize("name", OF_A_WEIGHT)
def test_a_weight_or_a_list_raises_and_says_what_to_do(name: str) -> None:
    with pytest.raises(TypeError, match=rf"{name}.*TrainableWeight.*tensor\(\)"):
        OF_A_WEIGHT[name](weight)
    with pytest.raises(TypeError, match=f"{name}.*list.*Tensor"):
        OF_A_WEIGHT[name]([1.0, 2.0])


# Values and indices


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("name", ["sort", "topk", "kthvalue", "median", "nanmedian", "cummax", "cummin"])
def test_the_method_is_the_function_and_the_indices_name_the_values(name: str, dim: int) -> None:
    x = Tensor(np.random.default_rng(3).integers(0, 3, (4, 5)).astype(float))
    options: tuple[Any, ...] = {"topk": (2, dim), "kthvalue": (2, dim, True)}.get(name, (dim,))
    if "median" in name:
        options = (dim, True)
    values, indices = getattr(kytorch, name)(x, *options)
    assert indices.dtype == np.int64
    assert np.take_along_axis(x.numpy(), indices.numpy(), dim).tolist() == values.tolist()
    for ours, other in zip(getattr(x, name)(*options), (values, indices)):
        assert ours.tolist() == other.tolist()


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.uint8, np.bool_])
def test_a_stable_sort_keeps_the_order_of_equals(dtype: Any, descending: bool) -> None:
    x = np.random.default_rng(5).integers(0, 2, 300).astype(dtype)
    indices = Tensor(x).sort(descending=descending, stable=True).indices.numpy()
    first = np.flatnonzero(x == int(descending))
    assert indices.tolist() == [*first, *np.flatnonzero(x != int(descending))]


def test_nan_is_the_greatest() -> None:
    x = Tensor([1.0, nan, 0.0, nan, inf])
    assert x.sort(stable=True).indices.tolist() == [2, 0, 4, 1, 3]
    assert x.sort(descending=True, stable=True).indices.tolist() == [1, 3, 4, 0, 2]
    np.testing.assert_array_equal(x.topk(3).values.numpy(), np.array([nan, nan, inf], np.float32))
    assert x.topk(2, largest=False).indices.tolist() == [2, 0]
    assert x.kthvalue(4).indices.item() == 1
    assert (x.median(0).indices.item(), x.nanmedian().item(), x.nanmedian(0).indices.item()) == (1, 1.0, 0)


def test_of_equal_elements_the_first_is_the_one_that_median_and_kthvalue_name() -> None:
    x = Tensor([2.0, 1.0, 2.0, 2.0, 1.0])
    assert x.median(0).indices.item() == x.kthvalue(4).indices.item() == 0
    assert x.kthvalue(1).indices.item() == 1


def test_an_unsorted_topk_has_the_same_elements() -> None:
    x = np.random.default_rng(1).permutation(100).astype(np.float32)
    for largest in (True, False):
        values, indices = Tensor(x).topk(7, largest=largest, sorted=False)
        assert sorted(values.tolist()) == sorted(x, reverse=largest)[:7][:: -1 if largest else 1]
        assert x[indices.numpy()].tolist() == values.tolist()


# Running sums


@pytest.mark.parametrize("name, function", [("cumsum", np.cumsum), ("cumprod", np.cumprod)])
@pytest.mark.parametrize("shape, dim", [((40, 300), 0), ((2, 40, 300), 1), ((50_000,), 0), ((3, 40), -1)])
def test_a_long_run_keeps_float32s_digits(name: str, function: Any, shape: tuple[int, ...], dim: int) -> None:
    x = np.random.default_rng(2).uniform(0.9, 1.1, shape).astype(np.float32)
    if name == "cumprod" and shape == (50_000,):
        x **= 0.01
    y = getattr(Tensor(x), name)(dim).numpy()
    np.testing.assert_allclose(y, function(x.astype(np.float64), dim), rtol=1e-6)
    [(gradient, _)] = getattr(TrainableWeight(x).tensor(), name)(dim).sum().backward()
    if name == "cumsum":
        expected = np.moveaxis(np.zeros(shape), dim, -1) + np.arange(shape[dim], 0, -1)
        np.testing.assert_allclose(gradient.numpy(), np.moveaxis(expected, -1, dim), rtol=1e-6)


def test_integers_and_bool_are_summed_and_multiplied_as_int64() -> None:
    for dtype in (np.uint8, np.int32, np.bool_):
        x = Tensor(np.array([[1, 1], [1, 0]], dtype))
        assert (x.cumsum(0).tolist(), x.cumsum(0).dtype) == ([[1, 1], [2, 1]], np.int64)
        assert (x.cumprod(0).tolist(), x.cumprod(0).dtype) == ([[1, 1], [1, 0]], np.int64)
    assert Tensor([1, 2]).logcumsumexp(0).dtype == np.float64
    assert Tensor([True, False, False]).diff(2).tolist() == [True]


def test_the_gradient_of_a_product_through_zeros_is_exact_to_the_third_order() -> None:
    def product(x: Tensor) -> Tensor:
        return x.cumprod(0)[-1]

    for zeros in ([], [1], [0, 2], [0, 1, 3]):
        x = np.array([2.0, 3.0, -1.0, 0.5])
        x[zeros] = 0
        slopes: list[Callable[[Tensor], Tensor]] = [product]
        for i in range(3):
            slopes.append(lambda x, f=slopes[-1], i=i: func.grad(f)(x)[i])  # type: ignore[misc]  # a default binds f
        # d/dx_0, then d/dx_1, then d/dx_2 of x_0 x_1 x_2 x_3.
        found = [f(Tensor(x)).item() for f in slopes]
        assert found == [np.prod(x), np.prod(x[1:]), np.prod(x[2:]), x[3]]


def test_logcumsumexp_far_apart_neither_overflows_nor_loses_its_gradient() -> None:
    for x in ([0.0, 1000.0, 0.0], [-inf, 0.0, 1.0], [-inf, -inf, -500.0, 500.0]):
        y, gradient = func.value_and_grad(lambda x: x.logcumsumexp(0)[-1])(Tensor(np.array(x)))
        e = np.exp(np.array(x) - np.logaddexp.reduce(x))
        assert y.item() == np.logaddexp.reduce(x)
        np.testing.assert_allclose(gradient.numpy(), e, rtol=1e-12)


def test_the_last_of_equals_takes_the_gradient_of_a_running_extremum() -> None:
    for name in ("cummax", "cummin"):
        gradient = func.grad(lambda x, name=name: getattr(x, name)(0).values.sum())(Tensor([1.0, 1.0, 1.0]))
        assert gradient.tolist() == [1.0, 1.0, 1.0]
    assert Tensor([1.0, nan, 2.0, nan]).cummax(0).indices.tolist() == [0, 1, 1, 3]


# Medians and quantiles


def test_equal_middle_elements_share_the_gradient() -> None:
    gradient = func.grad(lambda x: x.median())(Tensor(np.array([2.0, 2.0, 1.0, 2.0, 3.0])))
    np.testing.assert_allclose(gradient.numpy(), [1 / 3, 1 / 3, 0, 1 / 3, 0])


def test_the_median_of_nothing_is_nan() -> None:
    assert np.isnan(none.median().item()) and np.isnan(none.nanmedian().item())
    assert none.median(1).values.shape == none.median(1).indices.shape == (0,)
    assert kytorch.zeros(3, 0).median(0, True).values.shape == (1, 0)


def test_a_line_with_nan_has_the_quantile_nan_and_nanquantile_skips_it() -> None:
    x = Tensor(np.array([[1.0, nan, 2.0], [3.0, 1.0, 2.0], [nan] * 3]))
    np.testing.assert_array_equal(x.quantile(0.5, 1).numpy(), [nan, 2.0, nan])
    np.testing.assert_array_equal(x.nanquantile(0.5, 1).numpy(), [1.5, 2.0, nan])
    np.testing.assert_array_equal(x.nanquantile([0.0, 1.0], 0).numpy(), [[1.0, 1.0, 2.0], [3.0, 1.0, 2.0]])
    assert x.quantile([0.5], 1, True).shape == (1, 3, 1)
    assert x.quantile([0.5, 0.1], keepdim=True).shape == (2, 1, 1)
    assert x.quantile(Tensor(np.zeros(0)), 0).shape == (0, 3)


# Counts


def test_each_nan_is_unique() -> None:
    values, inverse, counts = Tensor([3.0, nan, 1.0, nan, 1.0]).unique(return_inverse=True, return_counts=True)
    np.testing.assert_array_equal(values.numpy(), np.array([1, 3, nan, nan], np.float32))
    assert (inverse.tolist(), counts.tolist()) == ([1, 2, 0, 3, 0], [2, 1, 1, 1])


def test_unique_slices_have_places_and_counts() -> None:
    x = Tensor([[3.0, 1.0], [3.0, 1.0], [0.0, 1.0]])
    values, inverse, counts = x.unique(return_inverse=True, return_counts=True, dim=0)
    assert values.tolist() == [[0.0, 1.0], [3.0, 1.0]]
    assert (inverse.tolist(), counts.tolist()) == ([1, 1, 0], [1, 2])
    assert x.unique(return_counts=True, dim=-1)[1].tolist() == [1, 1]
    values, inverse = Tensor(5.0).unique(return_inverse=True)
    assert (values.shape, inverse.shape) == ((1,), ())
    assert none.unique(dim=0).shape == (0, 3)


def test_searchsorted_takes_numbers_and_a_sorter() -> None:
    x = Tensor([3.0, 1.0, 2.0])
    assert kytorch.searchsorted(x, 2.5, sorter=x.argsort()).item() == 2
    assert kytorch.searchsorted(Tensor([1, 2]), Tensor([1.5])).tolist() == [1]
    assert kytorch.bucketize(2, Tensor([1.0, 2.0, 3.0]), right=True).item() == 2
    for rows in (2, 40):  # line by line, and all at once
        lines = Tensor(np.tile([0.0, 1.0, 1.0, inf], (rows, 1)))
        sought = Tensor(np.tile([-1.0, 1.0, 5.0, nan], (rows, 1)))
        assert kytorch.searchsorted(lines, sought).tolist() == [[0, 1, 3, 4]] * rows
        assert kytorch.searchsorted(lines, sought, right=True).tolist() == [[0, 3, 3, 4]] * rows


def test_bincount_of_integer_weights_sums_them_as_float64() -> None:
    y = Tensor([1, 2, 2]).bincount(Tensor([1, 2, 3]))
    assert (y.tolist(), y.dtype) == ([0.0, 1.0, 5.0], np.float64)
    assert Tensor(np.zeros(0, int)).bincount(minlength=2).tolist() == [0, 0]


# Along a dimension


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int64])
@pytest.mark.parametrize(
    "shape, dim, count", [((4, 5), 0, 3), ((4, 5), 1, 8), ((2, 3, 4), 1, 7), ((6,), 0, 40), ((), 0, 1)]
)
def test_putting_is_the_transpose_of_taking(shape: tuple[int, ...], dim: int, count: int, dtype: Any) -> None:
    generator = np.random.default_rng(0)
    sizes = tuple([count if i == dim else max(n - 1, 1) for i, n in enumerate(shape)])
    indices = generator.integers(0, shape[dim] if shape else 1, sizes)
    x = generator.integers(-4, 4, shape).astype(dtype)
    g = generator.integers(-4, 4, sizes).astype(dtype)
    y, spread = np.asarray(take_along(x, indices, dim)), np.asarray(put_along(g, indices, dim, shape))
    assert (y.shape, spread.shape, y.dtype, spread.dtype) == (sizes, shape, dtype, dtype)
    places = np.meshgrid(*map(np.arange, sizes), indexing="ij") if shape else []
    assert np.array_equal(y, x[tuple([indices if i == dim else place for i, place in enumerate(places)])])
    assert np.sum(y * g) == np.sum(x * spread)
