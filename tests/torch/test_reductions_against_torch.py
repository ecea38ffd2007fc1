"""Reductions beside PyTorch's at ties, zeros, infinities, NaN and of nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from beside import CLOSE, beside, second_beside
from operations.table import Array

import kytorch
from kytorch import Tensor

torch = pytest.importorskip("torch")

Function = Callable[..., Any]

# PyTorch warns of a variance of nothing.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*degrees of freedom"),
    pytest.mark.filterwarnings("ignore:invalid value"),
]

INF, NAN = np.inf, np.nan
TIED = np.array([[1.0, 3.0, 3.0], [3.0, 1.0, 2.0], [0.0, 0.0, 0.0], [-2.0, 2.0, 1.0]])
ZEROS = np.array([[2.0, 0.0, 3.0, -1.0], [0.0, 0.0, 3.0, 1.0], [0.0, 0.0, 0.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
LEVEL = np.full((2, 3), 3.0)
NORMS = ["fro", 1, 2, 3, 2.5, INF, -INF]
LOWS = np.array([[-INF, 1.0, 2.0], [0.5, -INF, -INF], [1e3, -1e3, 0.0]])

SMOOTH: dict[str, tuple[Function, Array]] = {
    "amax at ties": (lambda x: x.amax(1), TIED),
    "amin at ties": (lambda x: x.amin(1), TIED),
    "amax over all at ties": (lambda x: x.amax((0, 1)), TIED),
    "amin over all at ties": (lambda x: x.amin((0, 1)), TIED),
    "amax over a dim and its neighbour at ties": (lambda x: x.amax((-1, 0)), TIED),
    "max at ties": (lambda x: x.max(), TIED),
    "min at ties": (lambda x: x.min(), TIED),
    "max along a dim at ties": (lambda x: x.max(1).values, TIED),
    "min along a dim at ties": (lambda x: x.min(0).values, TIED),
    "prod with zeros along rows": (lambda x: x.prod(1), ZEROS),
    "prod with zeros along columns": (lambda x: x.prod(0), ZEROS),
    "prod of all with many zeros": (lambda x: x.prod(), ZEROS),
    "prod of all with one zero": (lambda x: x.prod(), ZEROS[0]),
    "prod of all with two zeros": (lambda x: x.prod(), ZEROS[1]),
    "var of equal elements": (lambda x: x.var(1), LEVEL),
    "var of one element less its correction": (lambda x: x.var(0, correction=0), LEVEL[:1]),
    "log_softmax far away": (lambda x: x.log_softmax(1), TIED * 1e4),
    "softmax far away": (lambda x: x.softmax(1), TIED * 1e4),
    "logsumexp far away": (lambda x: x.logsumexp(1), TIED * 1e4),
    "softmax with -inf": (lambda x: x.softmax(1), LOWS),
    "logsumexp with -inf": (lambda x: x.logsumexp(1), LOWS),
    "log_softmax with -inf, where it is finite": (lambda x: x.log_softmax(1)[:, 0][2:], LOWS),
    "std of all": (lambda x: x.std(), TIED),
    "nansum": (lambda x: x.nansum(1), np.array([[1.0, NAN, 2.0], [NAN, NAN, NAN]])),
    "nanmean": (lambda x: x.nanmean(1), np.array([[1.0, NAN, 2.0], [NAN, 1.0, NAN]])),
    "mean of a long row": (lambda x: x.mean(-1), np.linspace(-1, 1, 4096).reshape(2, -1)),
    **{f"norm {p}": (lambda x, p=p: x.norm(p, 1), TIED[[0, 1, 3]]) for p in NORMS},
}
# Without those whose second derivative at the kink is NaN or infinite in PyTorch, and 0 here.
FIRST: dict[str, tuple[Function, Array]] = {
    **{f"norm {p} of 0": (lambda x, p=p: x.norm(p, 1), np.zeros((2, 3))) for p in (*NORMS, 1.5, 0.5, -1)},
    **{f"norm {p} with zeros": (lambda x, p=p: x.norm(p, 1), TIED) for p in NORMS},
    "std of equal elements": (lambda x: x.std(1), LEVEL),
    "std of one element": (lambda x: x.std(0), LEVEL[:1]),
    "std of one element less its correction": (lambda x: x.std(0, correction=0), LEVEL[:1]),
    "var of one element": (lambda x: x.var(0), LEVEL[:1]),
    "norm 1.5 with zeros": (lambda x: x.norm(1.5, 1), TIED),
    "norm 0.5 with zeros": (lambda x: x.norm(0.5, 1), TIED),
    "norm -1 with zeros": (lambda x: x.norm(-1, 1), TIED),
    "norm with inf": (lambda x: x.norm(2, 1), np.array([[INF, 3.0, -3.0]])),
    "norm 1 with inf": (lambda x: x.norm(1, 1), np.array([[INF, 3.0, -3.0]])),
    "norm 3 with inf": (lambda x: x.norm(3, 1), np.array([[INF, 3.0, -3.0]])),
    "norm inf with inf": (lambda x: x.norm(INF, 1), np.array([[INF, 3.0, -3.0]])),
    "norm inf with NaN": (lambda x: x.norm(INF, 1), np.array([[NAN, 3.0], [1.0, 1.0]])),
    "amax with NaN": (lambda x: x.amax(1), np.array([[1.0, NAN, NAN], [1.0, 2.0, 2.0]])),
    "amin of all with NaN": (lambda x: x.amin((0, 1)), np.array([[1.0, NAN, NAN], [1.0, 2.0, 2.0]])),
    "max of all with NaN": (lambda x: x.max(), np.array([[1.0, NAN, NAN], [1.0, 2.0, 2.0]])),
    "max along a dim with NaN": (lambda x: x.max(1).values, np.array([[1.0, NAN, NAN], [1.0, 2.0, 2.0]])),
    "softmax of -inf only": (lambda x: x.softmax(1), np.array([[-INF, -INF], [1.0, -INF]])),
    "log_softmax of -inf only": (lambda x: x.log_softmax(1), np.array([[-INF, -INF], [1.0, 2.0]])),
    "log_softmax with -inf": (lambda x: x.log_softmax(1), LOWS),
    "logsumexp of -inf only": (lambda x: x.logsumexp(1), np.array([[-INF, -INF], [1.0, -INF]])),
    "softmax with inf": (lambda x: x.softmax(1), np.array([[INF, 1.0], [INF, -INF]])),
    "log_softmax with inf": (lambda x: x.log_softmax(1), np.array([[INF, 1.0], [INF, -INF]])),
    "logsumexp with inf": (lambda x: x.logsumexp(1), np.array([[INF, 1.0], [INF, INF], [INF, -INF]])),
    "softmax with NaN": (lambda x: x.softmax(1), np.array([[NAN, 1.0], [2.0, 1.0]])),
    "logsumexp with NaN": (lambda x: x.logsumexp(1), np.array([[NAN, 1.0], [2.0, 1.0]])),
    "prod with inf and 0": (lambda x: x.prod(1), np.array([[0.0, INF, 4.0], [INF, 2.0, 3.0]])),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("function, x", (SMOOTH | FIRST).values(), ids=SMOOTH | FIRST)
def test_values_and_gradients_are_pytorchs(function: Function, x: Array, dtype: Any) -> None:
    beside(function, function, (x.astype(dtype),), CLOSE[dtype])


@pytest.mark.parametrize("function, x", SMOOTH.values(), ids=SMOOTH)
def test_second_derivatives_are_pytorchs(function: Function, x: Array) -> None:
    second_beside(function, function, (x,))


def test_a_variance_corrected_by_more_than_there_are_is_infinite() -> None:
    for name in ("var", "std"):
        for dim in (None, 1):
            ours = getattr(Tensor(TIED), name)(dim, correction=12)
            theirs = getattr(torch.tensor(TIED), name)(dim, correction=12)
            np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


NAMES = ["sum", "prod", "mean", "var", "std", "any", "all", "count_nonzero", "norm", "nansum", "nanmean"]


@pytest.mark.parametrize("dim", [None, 0, 1])
@pytest.mark.parametrize("name", NAMES)
def test_reductions_of_nothing_are_pytorchs(name: str, dim: int | None) -> None:
    x = np.zeros((0, 3), np.float32)
    options = {} if dim is None else {"dim": dim}
    ours, theirs = getattr(Tensor(x), name)(**options), getattr(torch.tensor(x), name)(**options)
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    assert ours.dtype == theirs.numpy().dtype


@pytest.mark.parametrize("dim", [0, 1])
@pytest.mark.parametrize("name", ["logsumexp", "softmax", "log_softmax"])
def test_softmaxes_of_nothing_are_pytorchs(name: str, dim: int) -> None:
    x = np.zeros((0, 3), np.float32)
    np.testing.assert_array_equal(getattr(Tensor(x), name)(dim).numpy(), getattr(torch.tensor(x), name)(dim).numpy())


@pytest.mark.parametrize("name", ["amax", "amin", "argmax", "argmin", "max", "min"])
def test_there_is_no_extreme_of_nothing(name: str) -> None:
    x = np.zeros((0, 3), np.float32)
    for options in ({}, {"dim": 0}):
        for tensor in (Tensor(x), torch.tensor(x)):
            with pytest.raises((ValueError, RuntimeError, IndexError)):
                getattr(tensor, name)(**options)


@pytest.mark.parametrize("p", [0, 1, 2, 3, -1, INF, -INF])
def test_norms_of_nothing_are_pytorchs_and_raise_where_its_do(p: float) -> None:
    x = np.zeros((0, 3), np.float32)
    for dim in (None, 0):
        if p in (-1, INF, -INF):
            with pytest.raises(ValueError, match=r"norm.*no elements.*\(0, 3\)"):
                Tensor(x).norm(p, dim)
            with pytest.raises(RuntimeError):
                torch.tensor(x).norm(p, dim)
        else:
            np.testing.assert_array_equal(Tensor(x).norm(p, dim).numpy(), torch.tensor(x).norm(p, dim).numpy())


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", [None, 0, -1])
@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_the_first_extreme_is_named(name: str, dim: int | None, keepdim: bool) -> None:
    for x in (TIED, np.array([[1.0, NAN], [NAN, NAN]]), TIED.astype(np.int64)):
        ours, theirs = getattr(Tensor(x), name)(dim, keepdim), getattr(torch.tensor(x), name)(dim, keepdim)
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), strict=True)


@pytest.mark.parametrize("x", [[True, False], [1, 2], [0.5, NAN], [0.0, -0.0]], ids=str)
def test_what_is_true_is_as_in_pytorch(x: Any) -> None:
    array = np.array(x)
    for name in ("any", "all", "count_nonzero"):
        ours, theirs = getattr(Tensor(array), name)(), getattr(torch.tensor(array), name)()
        assert (ours.item(), ours.dtype) == (theirs.item(), theirs.numpy().dtype)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.int32, np.int64])
def test_sums_and_products_of_integers_are_int64(dtype: Any) -> None:
    x = np.array([[1, 1], [1, 0]], dtype)
    for name in ("sum", "prod", "nansum"):
        for options in ({}, {"dim": 1}):
            ours, theirs = getattr(Tensor(x), name)(**options), getattr(torch.tensor(x), name)(**options)
            np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), strict=True)


def test_a_dtype_converts_first_as_in_pytorch() -> None:
    x = np.array([[1, 2], [3, 4]])
    for name in ("sum", "mean", "prod", "nansum"):
        ours = getattr(Tensor(x), name)(0, dtype=np.float32)
        np.testing.assert_array_equal(
            ours.numpy(), getattr(torch.tensor(x), name)(0, dtype=torch.float32).numpy(), strict=True
        )
    for name in ("softmax", "log_softmax"):
        ours = getattr(Tensor(x), name)(0, dtype=np.float32)
        np.testing.assert_allclose(ours.numpy(), getattr(torch.tensor(x), name)(0, dtype=torch.float32).numpy())


def test_means_and_deviations_come_in_pytorchs_order() -> None:
    for name in ("var_mean", "std_mean"):
        ours, theirs = getattr(kytorch, name)(Tensor(TIED), 1), getattr(torch, name)(torch.tensor(TIED), 1)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-15)


# Sizes at which the kernels work in blocks, in columns or by products.
LARGE = [
    ((1000, 70), 1), ((1000, 70), 0), ((5000, 10), 1), ((5000, 10), 0), ((40, 1000), 1), ((40, 1000), 0),
    ((3, 40000), 1), ((3, 40000), 0), ((7, 300, 50), 1), ((2, 9000, 5), 1), ((70000,), 0), ((20, 30, 3, 40), 2),
]  # fmt: skip
OVER = ["sum", "mean", "var", "std", "amax", "norm", "logsumexp", "softmax", "log_softmax", "prod"]


@pytest.mark.parametrize("shape, dim", LARGE, ids=str)
@pytest.mark.parametrize("name", OVER)
def test_reductions_of_many_elements_are_pytorchs(name: str, shape: tuple[int, ...], dim: int) -> None:
    x = np.random.default_rng(3).uniform(0.9, 1.1, shape).astype(np.float32)
    if name == "prod":
        x = x.astype(np.float64)
    close = {"rtol": 2e-4, "atol": 1e-5} if x.dtype == np.float32 else {"rtol": 1e-9, "atol": 1e-30}
    for layout in (x, np.asfortranarray(x)):
        beside(*[lambda x: getattr(x, name)(dim=dim)] * 2, (layout,), close)
        if name not in ("logsumexp", "softmax", "log_softmax", "prod"):
            beside(*[lambda x: getattr(x, name)()] * 2, (layout,), close)
