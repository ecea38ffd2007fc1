"""Elementwise mathematics beside PyTorch's, at zeros, ends of domains, infinities and NaN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from beside import CLOSE, beside, second_beside
from operations.table import Array

import kytorch as kt
from kytorch import Tensor

torch = pytest.importorskip("torch")

Function = Callable[..., Any]

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

inf, nan = np.inf, np.nan
ENDS = np.array([0.0, -0.0, 1.0, -1.0, inf, -inf, nan])
ALL = np.array([0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 3.0, -3.0, inf, -inf, nan])

# Where each function is compared. Left out: where PyTorch's gradient of a NaN is NaN and the formula's is a number.
POINTS: dict[str, Array] = {
    **dict.fromkeys(["exp", "exp2", "expm1", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "asinh", "erf",
                     "erfc", "square", "sigmoid"], ALL),
    **dict.fromkeys(["log", "log2", "log10", "log1p", "sqrt", "rsqrt", "reciprocal"], ALL),
    **dict.fromkeys(["asin", "acos", "atanh"], np.array([0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 3.0, nan])),
    "relu": ALL[:-1],
    "acosh": np.array([1.0, 2.0, 0.5, 3.0, inf, nan]),
    "logit": np.array([0.0, 0.25, 0.5, 1.0, nan]),
    "sinc": np.array([0.0, -0.0, 0.5, -0.5, 3.0, inf, nan]),
}  # fmt: skip
A = np.array([0.0, -0.0, 1.0, -1.0, 2.0, inf, -inf, nan])


def _grid(*values: Array) -> tuple[Array, ...]:
    return tuple(np.ravel(x) for x in np.meshgrid(*values))


TWO: dict[str, tuple[Function, Function, tuple[Array, ...]]] = {
    "atan2": (kt.atan2, torch.atan2, _grid(A, A)),
    "hypot": (kt.hypot, torch.hypot, _grid(A, A)),
    "xlogy": (kt.xlogy, torch.xlogy, _grid(A, A)),
    # Not at infinite bases to -1, where PyTorch's 0 log(inf) is NaN, and 0 here.
    "pow": (kt.pow, torch.pow, _grid(A, np.array([0.0, 0.5, 1.0, 2.0, 3.0, nan]))),
    "pow of finite numbers": (kt.pow, torch.pow, _grid(A[:5], np.array([0.0, 0.5, 1.0, 2.0, 3.0, -1.0, nan]))),
    **{f"pow to {n}": (lambda x, n=n: x**n, lambda x, n=n: x**n, (ALL,))
       for n in (0, 1, 2, 3, -1, -2, 0.5, 1.5, -0.5, nan)},
    **{f"pow of {n}": (lambda x, n=n: kt.pow(n, x), lambda x, n=n: torch.pow(n, x), (ALL,))
       for n in (0, 1, 2, 0.5, nan)},
    "lerp": (kt.lerp, torch.lerp, _grid(A[:6], A[:6], np.array([0.0, 0.25, 0.5, 0.75, 1.0, 2.0]))),
    **{f"lerp by {w}": (lambda a, b, w=w: kt.lerp(a, b, w), lambda a, b, w=w: torch.lerp(a, b, w), _grid(A, A))
       for w in (0.0, 0.25, 0.5, 0.75, 1.0, -1.0)},
    "logit within limits": (lambda x: x.logit(0.25), lambda x: x.logit(0.25),
                            (np.array([0.0, 0.25, 0.5, 0.75, 1.0, 2.0, nan]),)),
    "softplus": (kt.softplus, torch.nn.functional.softplus, (np.array([0.0, -0.0, 19.0, 21.0, -30.0, 1e4, inf, nan]),)),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("name, x", POINTS.items(), ids=POINTS)
def test_a_function_and_its_gradient_where_they_are_extreme(name: str, x: Array, dtype: Any) -> None:
    beside(getattr(kt, name), getattr(torch, name), (x.astype(dtype),), CLOSE[dtype])


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("ours, theirs, inputs", TWO.values(), ids=TWO)
def test_a_function_of_several_where_it_is_extreme(
    ours: Function, theirs: Function, inputs: tuple[Array, ...], dtype: Any
) -> None:
    beside(ours, theirs, tuple([x.astype(dtype) for x in inputs]), CLOSE[dtype])


FINITE = np.array([0.0, -0.0, 0.25, -0.5])


SMOOTH = ["exp2", "expm1", "log1p", "tan", "asin", "acos", "atan", "sinh", "cosh", "asinh", "atanh", "erf", "erfc",
          "square", "sinc", "sigmoid"]  # fmt: skip


@pytest.mark.parametrize("name", SMOOTH)
def test_second_derivatives_at_0_are_pytorchs(name: str) -> None:
    x = FINITE[2:] if name == "sinc" else FINITE  # PyTorch's is NaN at 0
    second_beside(getattr(kt, name), getattr(torch, name), (x,))


@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_an_error_function_of_float32_is_within_two_ulp_of_pytorchs(name: str) -> None:
    generator = np.random.default_rng(3)
    magnitudes = np.ldexp(generator.uniform(0.5, 1.0, (156, 1000)), np.arange(-149, 7)[:, None]).ravel()
    x = np.concatenate([magnitudes, -magnitudes, np.linspace(-10.1, 10.1, 300_001)]).astype(np.float32)
    ours, theirs = getattr(Tensor(x), name)().numpy(), getattr(torch.tensor(x), name)().numpy()
    np.testing.assert_array_max_ulp(ours, theirs, 2)


def test_powers_of_integers_have_pytorchs_values_and_kinds() -> None:
    ints = [1, -2, 0, 3]
    for function in (lambda x: x**2, lambda x: x**3, lambda x: x**2.0, lambda x: x**0, lambda x: x.square()):
        ours, theirs = function(Tensor(ints)), function(torch.tensor(ints))
        assert ours.tolist() == theirs.tolist()
        assert ours.dtype.kind == theirs.numpy().dtype.kind
    for call in (lambda x: 2**x, lambda x: 2.5**x, lambda x: x**x):
        assert call(Tensor([1, 2, 0])).tolist() == call(torch.tensor([1, 2, 0])).tolist()
