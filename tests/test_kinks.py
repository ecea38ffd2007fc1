"""Where a function has no derivative, or no value, the conventions hold: PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight, func

KINKS: dict[str, tuple[Callable[..., Tensor], list[list[Any]], list[list[Any]]]] = {
    "abs at 0": (kytorch.abs, [[0.0, -0.0, 2.0]], [[0, 0, 1]]),
    "relu at 0": (kytorch.relu, [[0.0, -0.0, 2.0]], [[0, 0, 1]]),
    "clamp at its limits": (lambda x: x.clamp(-1.0, 1.0), [[-2.0, -1.0, 0.0, 1.0, 2.0]], [[0, 1, 1, 1, 0]]),
    "clamp with Tensors at its limits": (
        lambda x, low, high: x.clamp(low, high), [[1.0, 2.0], [1.0, 0.0], [3.0, 2.0]], [[1, 1], [0, 0], [0, 0]]
    ),
    "maximum at a tie": (kytorch.maximum, [[1.0, 2.0, 3.0], [1.0, 1.0, 4.0]], [[0.5, 1, 0], [0.5, 0, 1]]),
    "minimum at a tie": (kytorch.minimum, [[1.0, 2.0, 3.0], [1.0, 1.0, 4.0]], [[0.5, 0, 1], [0.5, 1, 0]]),
    "maximum with a number at a tie": (lambda x: x.maximum(1.0), [[1.0, 2.0, 0.0]], [[0.5, 1, 0]]),
    "maximum of one twice": (lambda x: x.maximum(x), [[1.0, 2.0]], [[1, 1]]),
    "max at a tie": (kytorch.max, [[3.0, 1.0, 3.0, 3.0]], [[1 / 3, 0, 1 / 3, 1 / 3]]),
    "min at a tie": (kytorch.min, [[1.0, 3.0, 1.0]], [[0.5, 0, 0.5]]),
    "max along a dim at a tie": (lambda x: x.max(0).values, [[1.0, 3.0, 3.0]], [[0, 1, 0]]),
    "min along a dim at a tie": (lambda x: x.min(0).values, [[1.0, 3.0, 1.0]], [[1, 0, 0]]),
    "where at equality": (lambda x, y: kytorch.where(x >= y, x, y), [[1.0, 2.0], [1.0, 3.0]], [[1, 0], [0, 1]]),
    "x ** 0 at 0": (lambda x: x**0, [[0.0, 2.0]], [[0, 0]]),
    "x ** 1 at 0": (lambda x: x**1, [[0.0, 2.0]], [[1, 1]]),
    "x ** 2 at 0": (lambda x: x**2, [[0.0, 2.0]], [[0, 4]]),
    "0 ** y": (lambda y: 0.0**y, [[0.0, 1.0, 2.0]], [[0, 0, 0]]),
    "x ** y at 0": (kytorch.pow, [[0.0, 0.0, 0.0, 2.0], [0.0, 1.0, 2.0, 0.0]], [[0, 1, 0, 0], [0, 0, 0, np.log(2.0)]]),
    "a negative base": (kytorch.pow, [[-2.0, -2.0], [2.0, 3.0]], [[-4, 12], [np.nan, np.nan]]),
    "sqrt at 0": (kytorch.sqrt, [[0.0, 4.0]], [[np.inf, 0.25]]),
    "softplus far away": (kytorch.softplus, [[-1000.0, 1000.0]], [[0, 1]]),
    "sigmoid far away": (kytorch.sigmoid, [[-1000.0, 1000.0]], [[0, 0]]),
    "tanh far away": (kytorch.tanh, [[-1000.0, 1000.0]], [[0, 0]]),
    "relu at NaN": (kytorch.relu, [[np.nan, 1.0, -1.0]], [[1, 1, 0]]),
    "logit outside of [0, 1]": (kytorch.logit, [[-0.5, 0.0, 0.5, 1.0, 1.5]], [[np.nan, np.inf, 4, np.inf, np.nan]]),
    "logit with eps": (lambda x: x.logit(0.1), [[-0.5, 0.0, 0.5, 1.5]], [[0, 0, 4, 0]]),
    "logcumsumexp from inf on": (lambda x: x.logcumsumexp(0), [[np.inf, 1.0, 2.0]], [[np.nan, 0, 0]]),
    "logcumsumexp up to inf": (lambda x: x.logcumsumexp(0), [[1.0, np.inf, 2.0]], [[1, np.nan, 0]]),
    "logcumsumexp of inf": (lambda x: x.logcumsumexp(0), [[np.inf]], [[np.nan]]),
    "var of one without freedom": (lambda x: x.var(correction=2), [[1.0]], [[np.nan]]),
    "var of two without freedom": (lambda x: x.var(correction=2), [[1.0, 4.0]], [[-np.inf, np.inf]]),
    "norm of subnormal numbers": (kytorch.norm, [[1e-320, 0.0]], [[1, 0]]),
    "vector_norm of subnormal numbers": (kytorch.linalg.vector_norm, [[1e-320, 0.0]], [[1, 0]]),
    "index_copy beside an empty dim": (
        lambda x: x.index_copy(0, Tensor([0, 1]), Tensor(np.zeros((2, 0)))), [np.zeros((2, 0))], [np.zeros((2, 0))]
    ),
    "exp, not chosen": (lambda x: kytorch.where(x > 0, x, x.exp() - 1), [[1000.0, -1.0]], [[1, np.exp(-1)]]),
    "exp, left out": (lambda x: x.exp()[x < 50], [[1000.0, 1.0]], [[0, np.e]]),
    "exp, limited": (lambda x: x.exp().clamp(max=10.0), [[1000.0, 1.0]], [[0, np.e]]),
    "exp of -1/x": (lambda x: kytorch.where(x > 0, (-1 / x).exp(), 0.0), [[-1e-3, 1.0]], [[0, np.exp(-1)]]),
    "log1p of exp": (lambda x: kytorch.where(x > 50, x, x.exp().log1p()), [[1000.0, 0.0]], [[1, 0.5]]),
    "2 ** x, not chosen": (lambda x: kytorch.where(x > 0, x, 2.0**x), [[2000.0, 0.0]], [[1, np.log(2)]]),
    "sum of nothing": (lambda x: x.sum(), [[]], [[]]),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("function, inputs, expected", KINKS.values(), ids=KINKS)
def test_the_gradient_at_a_kink(function: Any, inputs: Any, expected: Any, create_graph: bool) -> None:
    weights = [TrainableWeight(np.array(x, np.float64)) for x in inputs]
    y = function(*[weight.tensor() for weight in weights])
    g = Tensor(np.ones(y.shape))
    found = {weight: gradient for gradient, weight in y.backward(g, create_graph=create_graph)}
    for weight, gradient in zip(weights, expected):
        np.testing.assert_allclose(found[weight].numpy(), gradient, rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_far_away_nothing_overflows(dtype: type) -> None:
    far = Tensor(np.array([-1e4, 1e4], dtype))
    assert far.sigmoid().tolist() == [0.0, 1.0]
    assert far.tanh().tolist() == [-1.0, 1.0]
    assert far.softplus().tolist() == [0.0, far[1].item()]
    assert far.relu().tolist() == [0.0, far[1].item()]


def test_sigmoid_keeps_its_digits_on_both_sides() -> None:
    x = np.array([-700.0, -40.0, -1e-17, 40.0])
    np.testing.assert_allclose(Tensor(x).sigmoid().numpy(), [np.exp(-700.0), np.exp(-40.0), 0.5, 1.0], rtol=1e-15)


def test_a_mean_of_float16_that_fits_does_not_overflow() -> None:
    x = Tensor(np.full(4, 60000.0, np.float16))
    assert x.mean().item() == x[0].item()


def test_the_variance_of_one_element_is_nan() -> None:
    assert np.isnan(Tensor([1.0]).var().item())
    assert Tensor([1.0]).var(correction=0).item() == 0.0


def test_nan_wins_in_extrema() -> None:
    x = np.array([1.0, np.nan, 3.0])
    for name in ("max", "min"):
        assert np.isnan(getattr(Tensor(x), name)().item())
        values, indices = getattr(Tensor(x), name)(0)
        assert np.isnan(values.item())
        assert indices.item() == 1
    assert np.isnan(Tensor(x).maximum(2.0).tolist()).tolist() == [False, True, False]


def test_the_first_of_equal_extremes_is_named() -> None:
    assert Tensor([[2.0, 5.0, 5.0], [5.0, 1.0, 5.0]]).max(1).indices.tolist() == [1, 0]
    assert Tensor([[2.0, 1.0, 1.0], [1.0, 1.0, 5.0]]).min(1).indices.tolist() == [1, 0]


def _slope(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The derivative of an elementwise function."""
    return func.grad(lambda x: function(x).sum())


@pytest.mark.filterwarnings("ignore:overflow encountered in:RuntimeWarning")
@pytest.mark.parametrize("name", ["exp", "exp2", "expm1", "sinh", "cosh"])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_an_overflow_that_is_not_chosen_leaves_no_trace(name: str, order: int) -> None:
    function: Callable[[Tensor], Tensor] = getattr(kytorch, name)

    def chosen(x: Tensor) -> Tensor:
        return kytorch.where(x > 0, x * x * x, function(x))

    slope, expected = chosen, function
    for _ in range(order):
        slope, expected = _slope(slope), _slope(expected)
    x = np.array([2000.0, -1.0])
    cube = {1: 12e6, 2: 12e3, 3: 6.0}[order]
    np.testing.assert_allclose(slope(Tensor(x)).numpy(), [cube, expected(Tensor(x[1:])).item()], rtol=1e-12)


def test_the_second_derivative_of_a_norm_is_finite_where_it_fits() -> None:
    x = Tensor(np.array([1e-200, 1e-200]))
    for norm in (kytorch.norm, kytorch.linalg.vector_norm):
        found = func.hessian(norm)(x).numpy() * 1e-200
        np.testing.assert_allclose(found, np.array([[1, -1], [-1, 1]]) / 8**0.5, rtol=1e-12)
    x = Tensor(np.array([1e200, 1e200]))
    np.testing.assert_allclose(func.hessian(kytorch.norm)(x).numpy() * 1e200, np.array([[1, -1], [-1, 1]]) / 8**0.5)
    assert func.grad(kytorch.norm)(Tensor(np.array([1e-40, 0.0], np.float32))).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("shape, dim", [((2, 0, 3), 0), ((0, 2, 3), 1), ((2, 3, 0), 1)])
def test_edits_beside_an_empty_dim_have_empty_gradients(shape: tuple[int, ...], dim: int) -> None:
    x, at = Tensor(np.zeros(shape)), Tensor([0, 1])
    n = list(shape)
    n[dim] = 2
    v = Tensor(np.zeros(n))
    along = Tensor(np.zeros(n, np.int64))
    first = (slice(None),) * dim + (np.array([0, 0]),)
    for function in (
        lambda x, v: x.index_copy(dim, at, v),
        lambda x, v: x.index_add(dim, at, v),
        lambda x, v: x.index_fill(dim, at, v.sum()),
        lambda x, v: x.scatter(dim, along, v),
        lambda x, v: x.scatter_add(dim, along, v),
        lambda x, v: x.scatter_reduce(dim, along, v, "prod"),
        lambda x, v: x.scatter_reduce(dim, along, v, "amax"),
        lambda x, v: x.scatter_reduce(dim, along, v, "mean"),
        lambda x, v: x.at[first].set(v),
        lambda x, v: x.at[first].add(v),
        lambda x, v: x.at[first].mul(v),
        lambda x, v: x.at[first].max(v),
        lambda x, v: x.index_select(dim, at) * v,
        lambda x, v: x.gather(dim, along) * v,
        lambda x, v: x.take_along_dim(along, dim) * v,
    ):
        _, pullback = func.vjp(function, x, v)
        gradients = pullback(Tensor(np.zeros(function(x, v).shape)))
        assert [g.shape for g in gradients] == [x.shape, v.shape]
