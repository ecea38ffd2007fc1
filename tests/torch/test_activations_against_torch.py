"""Activations beside PyTorch's where the table does not go: at kinks, far away and in large arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from beside import CLOSE, beside, second_beside

from kytorch.nn import functional

torch = pytest.importorskip("torch")

NAMES = [
    "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "hardtanh", "hardswish", "softshrink", "hardshrink",
    "softsign", "silu", "mish", "gelu", "tanh", "tanhshrink", "sigmoid", "logsigmoid", "softplus",
]  # fmt: skip
CASES: dict[str, tuple[str, dict[str, Any]]] = {name: (name, {}) for name in NAMES}
CASES["gelu by tanh"] = ("gelu", {"approximate": "tanh"})
CASES["threshold"] = ("threshold", {"threshold": 1.0, "value": 3.0})
CASES["leaky_relu, steep"] = ("leaky_relu", {"negative_slope": 2.0})
CASES["leaky_relu, negative"] = ("leaky_relu", {"negative_slope": -0.5})
CASES["elu, negative"] = ("elu", {"alpha": -0.5})
CASES["hardtanh of a point"] = ("hardtanh", {"min_val": 1.0, "max_val": 1.0})
CASES["softplus, early"] = ("softplus", {"beta": 2.0, "threshold": 1.5})
every_case = pytest.mark.parametrize("name, keywords", CASES.values(), ids=CASES)

POINTS = np.array([
    -1000.0, -100.0, -40.0, -20.0, -6.0, -3.5, -3.0, -1.0, -0.5, -0.25, -1e-3, -0.0, 0.0, 1e-3, 0.25, 0.5, 1.0, 2.9,
    3.0, 6.0, 7.0, 19.0, 40.0, 100.0, 1000.0,
])  # fmt: skip


def pair(name: str, keywords: dict[str, Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    ours, theirs = getattr(functional, name), getattr(torch.nn.functional, name)
    return lambda x: ours(x, **keywords), lambda x: theirs(x, **keywords)


@every_case
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_and_gradients_at_kinks_and_far_away_are_pytorchs(
    name: str, keywords: dict[str, Any], dtype: Any
) -> None:
    beside(*pair(name, keywords), (POINTS.astype(dtype),), CLOSE[dtype])


@every_case
def test_second_derivatives_at_kinks_are_pytorchs(name: str, keywords: dict[str, Any]) -> None:
    second_beside(*pair(name, keywords), (POINTS[1:-1],))


@every_case
def test_large_arrays_are_pytorchs(name: str, keywords: dict[str, Any]) -> None:
    x = np.random.default_rng(0).normal(0, 3, (3, 30_001)).astype(np.float32)
    beside(*pair(name, keywords), (x,), CLOSE[np.float32])


@pytest.mark.parametrize("name, keywords", [("glu", {}), ("glu", {"dim": 0}), ("softmin", {"dim": 1})])
def test_large_arrays_along_a_dim_are_pytorchs(name: str, keywords: dict[str, Any]) -> None:
    x = np.random.default_rng(0).normal(0, 3, (4, 300, 200)).astype(np.float32)
    beside(*pair(name, keywords), (x,), CLOSE[np.float32])


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_mish_far_away_is_pytorchs(dtype: Any) -> None:
    x = np.array([39.0, 41.0, 1e4, 1e18, -41.0], dtype)
    beside(functional.mish, torch.nn.functional.mish, (x,), CLOSE[dtype])


@pytest.mark.parametrize("name", ["softplus", "logsigmoid"])
def test_gradients_that_are_nearly_0_have_all_their_digits(name: str) -> None:
    x = np.linspace(-60, 60, 241).astype(np.float32)
    beside(getattr(functional, name), getattr(torch.nn.functional, name), (x,), {"rtol": 1e-6, "atol": 0.0})
