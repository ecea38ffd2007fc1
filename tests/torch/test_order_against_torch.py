"""Order at ties, NaN and zeros, beside PyTorch's."""

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

nan, inf = np.nan, np.inf
TIED = np.random.default_rng(0).integers(0, 4, (5, 6)).astype(float)
GAPS = TIED.copy()
GAPS[1, 2] = GAPS[0, 5] = nan
GAPS[3] = nan
PLAIN = np.random.default_rng(1).standard_normal((5, 6))
INPUTS: dict[str, Array] = {
    "ties": TIED,
    "nan": GAPS,
    "float32": PLAIN.astype(np.float32),
    "int64": TIED.astype(np.int64),
    "uint8": TIED.astype(np.uint8),
    "bool": TIED > 1,
    "no lines": np.zeros((0, 3)),
    "empty lines": np.zeros((3, 0)),
    "scalar": np.array(3.0),
}


def same(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, tuple):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs):
            same(one, other)
        return
    expected = theirs.detach().numpy()
    assert (ours.shape, ours.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(ours.numpy(), expected, rtol=1e-6, atol=1e-6)


CALLS: dict[str, Callable[[Any, int], Any]] = {
    "cumsum": lambda x, dim: x.cumsum(dim),
    "cumprod": lambda x, dim: x.cumprod(dim),
    "cummax": lambda x, dim: x.cummax(dim),
    "cummin": lambda x, dim: x.cummin(dim),
    "sort": lambda x, dim: x.sort(dim=dim).values,
    "stable sort": lambda x, dim: x.sort(dim=dim, stable=True),
    "stable sort, descending": lambda x, dim: x.sort(dim=dim, descending=True, stable=True),
    "argsort": lambda x, dim: x.argsort(dim=dim, descending=True, stable=True),
}
NO_BOOL: dict[str, Callable[[Any, int], Any]] = {
    "topk": lambda x, dim: x.topk(min(3, x.shape[dim] if x.ndim else 1), dim).values,
    "least": lambda x, dim: x.topk(min(3, x.shape[dim] if x.ndim else 1), dim, False).values,
}
NO_SCALAR: dict[str, Callable[[Any, int], Any]] = {"diff": lambda x, dim: x.diff(dim=dim)}
NOT_EMPTY: dict[str, Callable[[Any, int], Any]] = {
    "kthvalue": lambda x, dim: x.kthvalue(1, dim, True).values,
    "median": lambda x, dim: x.median(dim).values,
    "nanmedian": lambda x, dim: x.nanmedian(dim, True).values,
}


@pytest.mark.parametrize("dim", [0, -1])
@pytest.mark.parametrize("name", INPUTS)
def test_values_indices_and_dtypes_at_ties_nan_and_nothing_are_pytorchs(name: str, dim: int) -> None:
    x = INPUTS[name]
    calls = dict(CALLS)
    if name != "bool":
        calls |= NO_BOOL
        if not x.ndim or x.shape[dim]:
            calls |= NOT_EMPTY
    if x.ndim:
        calls |= NO_SCALAR
    if x.dtype.kind == "f":
        calls |= {"logcumsumexp": lambda x, dim: x.logcumsumexp(dim), "of all": lambda x, dim: x.median()}
    for call in calls.values():
        same(call(Tensor(x), dim), call(torch.tensor(x), dim))


@pytest.mark.parametrize("interpolation", ["linear", "lower", "higher", "nearest", "midpoint"])
@pytest.mark.parametrize("name", ["ties", "nan", "float32", "scalar"])
def test_quantiles_are_pytorchs(name: str, interpolation: str) -> None:
    x = INPUTS[name]
    for q in (np.array(0.3), np.array([0.0, 0.25, 0.4, 1.0]), np.zeros(0)):
        q = q.astype(x.dtype)
        for dim in (0, -1, None):
            for keepdim in (False, True):
                for which in ("quantile", "nanquantile"):
                    ours = getattr(Tensor(x), which)(Tensor(q), dim, keepdim, interpolation=interpolation)
                    theirs = getattr(torch.tensor(x), which)(torch.tensor(q), dim, keepdim, interpolation=interpolation)
                    same(ours, theirs)


@pytest.mark.parametrize("options", [{}, {"return_inverse": True}, {"return_counts": True}], ids=str)
@pytest.mark.parametrize("name", INPUTS)
def test_unique_elements_are_pytorchs(name: str, options: dict[str, Any]) -> None:
    x = INPUTS[name]
    same(Tensor(x).unique(**options), torch.tensor(x).unique(**options))
    if x.size and x.ndim and name != "nan":  # with NaN PyTorch's slices are in no order
        for dim in (0, 1):
            same(Tensor(x).unique(dim=dim, **options), torch.tensor(x).unique(dim=dim, **options))


@pytest.mark.parametrize("rows", [3, 50])
def test_searchsorted_of_nan_and_ties_is_pytorchs(rows: int) -> None:
    generator = np.random.default_rng(4)
    lines = np.sort(generator.integers(0, 9, (rows, 2, 7)).astype(float), -1)
    sought = generator.integers(-1, 10, (rows, 2, 5)).astype(float)
    sought[0, 0, :2] = nan, inf
    for right in (False, True):
        for sequence in (lines, lines[0, 0].copy()):
            ours = kytorch.searchsorted(Tensor(sequence), Tensor(sought), right=right)
            same(ours, torch.searchsorted(torch.tensor(sequence), torch.tensor(sought), right=right))


def test_histograms_are_pytorchs() -> None:
    x = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    for values in (x, x.astype(np.float64), np.ones(3), np.zeros(0), np.array([1.0, 2.0, 3.0, 4.0, 5.0])):
        for options in ((7,), (4, -1, 1), (3, 1, 4)):
            same(Tensor(values).histc(*options), torch.tensor(values).histc(*options))


KINKS: dict[str, tuple[Callable[[Any], Any], Array]] = {
    "cumprod with zeros": (lambda x: x.cumprod(1), TIED - 1),
    "cumprod with zeros down": (lambda x: x.cumprod(0), TIED - 1),
    "cumprod of zeros": (lambda x: x.cumprod(0), TIED * 0),
    "cummax at ties": (lambda x: x.cummax(1).values, TIED),
    "cummin at ties": (lambda x: x.cummin(0).values, TIED),
    "logcumsumexp far apart": (lambda x: x.logcumsumexp(1), PLAIN * 100),
    "logcumsumexp at -inf": (lambda x: x.logcumsumexp(0), np.array([1.0, -inf, 2.0, -200.0, 200.0])),
    "stable sort at ties": (lambda x: x.sort(dim=1, stable=True).values, TIED),
    "stable sort at ties, descending": (lambda x: x.sort(dim=0, stable=True, descending=True).values, TIED),
    "median at ties": (lambda x: x.median(), TIED),
    "nanmedian at ties": (lambda x: x.nanmedian(), GAPS),
    "median of nan": (lambda x: x.median(), GAPS),
    **{
        f"{name}, {interpolation}, {q}": (
            lambda x, name=name, q=q, i=interpolation: getattr(x, name)(q, 1, interpolation=i), PLAIN
        )
        for name in ("quantile", "nanquantile")
        for interpolation in ("linear", "lower", "higher", "nearest", "midpoint")
        for q in (0.0, 0.4, 0.5, 0.9)
    },
}  # fmt: skip
every_kink = pytest.mark.parametrize("function, x", KINKS.values(), ids=KINKS)


@every_kink
def test_gradients_at_ties_nan_and_zeros_are_pytorchs(function: Callable[[Any], Any], x: Array) -> None:
    beside(function, function, (x,), CLOSE[np.float64])


@every_kink
def test_second_derivatives_at_ties_nan_and_zeros_are_pytorchs(function: Callable[[Any], Any], x: Array) -> None:
    if not np.isfinite(x).all():
        return
    second_beside(function, function, (x,))


def test_the_gradient_with_respect_to_the_place_of_a_quantile_is_pytorchs() -> None:
    places = np.array([0.3, 0.7])
    for x in (PLAIN, np.where(np.isnan(GAPS), nan, PLAIN)):
        beside(lambda x, q: x.nanquantile(q, 1), lambda x, q: x.nanquantile(q, 1), (x, places), CLOSE[np.float64])
    second_beside(lambda x, q: x.quantile(q, 0), lambda x, q: x.quantile(q, 0), (PLAIN, places))
