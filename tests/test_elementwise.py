"""Elementwise mathematics: exact to the dtype, and no NaN where no gradient comes in."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch as kt
from kytorch import Tensor, TrainableWeight, func

Array = Any
Function = Callable[..., Any]

# The error function

EVERYWHERE = np.concatenate([
    np.linspace(-6.0, 6.0, 4001), np.linspace(-27.0, 27.0, 2001), np.exp2(np.arange(-1074.0, 5.0)),
    np.nextafter([0.46875, 0.46875, 4.0, 4.0], [0.0, 1.0, 0.0, 9.0]), [0.46875, 4.0, 0.0, -0.0],
])  # fmt: skip
ERRORS: list[tuple[Function, Callable[[float], float]]] = [(kt.erf, math.erf), (kt.erfc, math.erfc)]
errors = pytest.mark.parametrize("function, reference", ERRORS, ids=["erf", "erfc"])


def _references(reference: Callable[[float], float], x: Array) -> Array:
    return np.array([reference(v) for v in x.tolist()])


@errors
def test_an_error_function_is_exact_in_float64(function: Function, reference: Callable[[float], float]) -> None:
    expected = _references(reference, EVERYWHERE)
    np.testing.assert_allclose(function(Tensor(EVERYWHERE)).numpy(), expected, rtol=1e-15, atol=1e-307)


@errors
def test_an_error_function_is_exact_in_float32(function: Function, reference: Callable[[float], float]) -> None:
    x = np.concatenate([np.linspace(-10.5, 10.5, 40001), np.exp2(np.linspace(-149, 4, 4001))]).astype(np.float32)
    expected = _references(reference, x)
    ulp = np.spacing(np.abs(expected).astype(np.float32)).astype(np.float64)
    assert np.max(np.abs(function(Tensor(x)).numpy() - expected) / ulp) <= 2.5


@errors
def test_few_elements_are_as_exact_as_many(function: Function, reference: Callable[[float], float]) -> None:
    for dtype in (np.float16, np.float32, np.float64):
        x = np.array([-3.0, -0.3, 0.0, 0.2, 1.0, 3.5], dtype)
        many = function(Tensor(np.tile(x, 100))).numpy().reshape(100, -1)
        few = function(Tensor(x)).numpy()
        assert few.dtype == many.dtype == dtype
        np.testing.assert_array_max_ulp(few, many[0], 2)
        assert (many == many[0]).all()


@pytest.mark.parametrize("size", [5, 200])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_error_functions_at_zeros_infinities_and_nan(dtype: type, size: int) -> None:
    x = Tensor(np.resize(np.array([0.0, -0.0, np.inf, -np.inf, np.nan], dtype), size))
    np.testing.assert_array_equal(x.erf().numpy()[:5], np.array([0.0, -0.0, 1.0, -1.0, np.nan], dtype))
    assert np.signbit(x.erf().numpy()[:2]).tolist() == [False, True]
    np.testing.assert_array_equal(x.erfc().numpy()[:5], np.array([1.0, 1.0, 0.0, 2.0, np.nan], dtype))


def test_the_complement_keeps_its_digits_in_the_tail() -> None:
    x = np.array([5.0, 10.0, 20.0, 26.0] * 20)
    np.testing.assert_allclose(Tensor(x).erfc().numpy(), _references(math.erfc, x), rtol=1e-15)
    assert Tensor(np.float32(9.0)).erfc().item() == pytest.approx(math.erfc(9.0), rel=1e-6)


def test_blocks_join() -> None:
    x = np.linspace(-4.0, 4.0, 100_003)
    for function, reference in ERRORS:
        expected = _references(reference, x)
        np.testing.assert_allclose(function(x), expected, rtol=1e-15)
        np.testing.assert_allclose(function(x.astype(np.float32)), expected, rtol=3e-5)
        assert (np.diff(function(x.astype(np.float32))) * np.sign(expected[-1] - expected[0]) > -3e-7).all()


# Values

INF, NAN = math.inf, math.nan
VALUES: dict[str, tuple[Callable[[], Any], list[float]]] = {
    "xlogy": (lambda: kt.xlogy(Tensor([0.0, 0.0, 0.0, 0.0, 2.0, NAN]), Tensor([0.0, -1.0, INF, NAN, 0.0, 1.0])),
              [0, 0, 0, NAN, -INF, NAN]),
    "xlogy by a number": (lambda: kt.xlogy(Tensor([0.0, 2.0]), 0.0), [0, -INF]),
    "xlogy of a number": (lambda: kt.xlogy(0, Tensor([0.0, 2.0, NAN])), [0, 0, NAN]),
    "xlogy of arrays": (lambda: kt.xlogy(np.zeros(2), np.array([0.0, NAN])), [0, NAN]),
    "lerp to its end": (lambda: kt.lerp(Tensor([1e8, 3.0]), Tensor([0.5, 0.25]), 1.0), [0.5, 0.25]),
    "lerp to its ends": (lambda: kt.lerp(Tensor([1e8, 3.0]), Tensor([0.5, 0.25]), Tensor([1.0, 0.0])), [0.5, 3]),
    "logit": (lambda: kt.logit(Tensor([0.0, 0.5, 1.0])), [-INF, 0, INF]),
    "logit within limits": (lambda: kt.logit(Tensor([-1.0, 0.5, 2.0]), 0.5), [0, 0, 0]),
    "sinc": (lambda: kt.sinc(Tensor([0.0, -0.0])), [1, 1]),
    "hypot without overflow": (lambda: kt.hypot(Tensor([3e30]), 4e30), [np.float32(5e30)]),
    "hypot of infinity": (lambda: kt.hypot(Tensor([INF]), NAN), [INF]),
    "atan2": (lambda: kt.atan2(Tensor([0.0, -0.0, 1.0]), Tensor([-1.0, -1.0, 0.0])),
              [np.float32(math.pi), -np.float32(math.pi), np.float32(math.pi / 2)]),
    "pow of a number": (lambda: kt.pow(2, Tensor([3.0, 0.5])), [8, np.float32(math.sqrt(2.0))]),
    "pow of integers": (lambda: Tensor([1, 2, 3]) ** 2, [1, 4, 9]),
    "pow of integers to a float": (lambda: Tensor([1, 2, 4]) ** -1.0, [1, 0.5, 0.25]),
    "pow of an integer by integers": (lambda: 2 ** Tensor([0, 1, 3]), [1, 2, 8]),
    "reciprocal of integers": (lambda: Tensor([1, 2, 4]).reciprocal(), [1, 0.5, 0.25]),
    "rsqrt of integers": (lambda: Tensor([1, 4]).rsqrt(), [1, 0.5]),
    "square of integers": (lambda: Tensor([-3, 2]).square(), [9, 4]),
    "erf of integers": (lambda: Tensor([0, 1]).erf(), [0, math.erf(1.0)]),
    "expm1 near 0": (lambda: Tensor([1e-20]).expm1(), [np.float32(1e-20)]),
    "log1p near 0": (lambda: Tensor([1e-20]).log1p(), [np.float32(1e-20)]),
    "rsqrt at 0": (lambda: Tensor([INF]).rsqrt(), [0]),
    "softplus beyond a NaN": (lambda: kt.softplus(Tensor(np.array([NAN, 40.0, 1e4]))), [NAN, 40, 1e4]),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("call, expected", VALUES.values(), ids=VALUES)
def test_the_value_is_the_expected_one(call: Callable[[], Any], expected: list[float]) -> None:
    found = call()
    np.testing.assert_array_equal(found.numpy() if isinstance(found, Tensor) else found, expected)


def test_a_number_widens_nothing_on_either_side() -> None:
    for dtype in (np.float16, np.float32, np.float64):
        for x in (Tensor(np.array([0.25, 0.5], dtype)), np.array([0.25, 0.5], dtype)):
            found = [
                kt.atan2(1.0, x), kt.atan2(x, 2), kt.hypot(3.0, x), kt.hypot(x, 2), kt.xlogy(2.0, x), kt.xlogy(x, 3),
                kt.pow(2, x), kt.pow(x, 2), kt.pow(0.5, x), kt.lerp(0.0, 1.0, x), kt.lerp(0, x, 0.5),
                kt.lerp(x, 1, 0.5), kt.lerp(x, 1.0, x), kt.lerp(x, x, 1), x ** 0.5, x ** -1,
                kt.logit(x, 0.1), kt.softplus(x, 2, 1),
            ]  # fmt: skip
            assert {y.dtype for y in found} == {np.dtype(dtype)}


# Where a rule's factor is infinite or NaN, and no gradient comes in

# A function, where it is chosen, and where it or its derivatives are infinite or NaN and it is not chosen.
UNDEFINED: dict[str, tuple[Function, float, list[float]]] = {
    "log": (kt.log, 0.5, [0.0, -1.0]),
    "log2": (kt.log2, 0.5, [0.0, -1.0]),
    "log10": (kt.log10, 0.5, [0.0, -1.0]),
    "log1p": (kt.log1p, 0.5, [-1.0, -2.0]),
    "sqrt": (kt.sqrt, 0.5, [0.0, -1.0]),
    "rsqrt": (kt.rsqrt, 0.5, [0.0, -1.0]),
    "reciprocal": (kt.reciprocal, 0.5, [0.0, -0.0]),
    "x ** -1": (lambda x: x**-1, 0.5, [0.0, -0.0]),
    "x ** 0.5": (lambda x: x**0.5, 0.5, [0.0, -1.0]),
    "x ** -2": (lambda x: x**-2, 0.5, [0.0, -0.0]),
    "x ** 1.5": (lambda x: x**1.5, 0.5, [0.0, -1.0]),
    "x ** x": (lambda x: x**x, 0.5, [0.0, -1.0, -0.5]),
    "x ** -x": (lambda x: x ** (-x), 0.5, [0.0, -1.0, -0.5]),
    "asin": (kt.asin, 0.5, [1.0, -1.0, 2.0]),
    "acos": (kt.acos, 0.5, [1.0, -1.0, 2.0]),
    "acosh": (kt.acosh, 2.0, [1.0, -1.0, 0.0]),
    "atanh": (kt.atanh, 0.5, [1.0, -1.0, 2.0]),
    "logit": (kt.logit, 0.25, [0.0, 1.0, -1.0]),
    "logit within limits": (lambda x: kt.logit(x, 0.125), 0.25, [0.0, 1.0, -1.0]),
    "hypot": (lambda x: kt.hypot(x, 0.0), 0.5, [0.0, -0.0]),
    "hypot twice": (lambda x: kt.hypot(x, x), 0.5, [0.0, -0.0]),
    "atan2": (lambda x: kt.atan2(x, x * x), 0.5, [0.0, -0.0]),
    "xlogy in x": (lambda x: kt.xlogy(x, x - 1.0), 2.0, [1.0, 0.0]),
    "xlogy in other": (lambda x: kt.xlogy(2.0, x), 0.5, [0.0, -1.0]),
    "x / x": (lambda x: x / x, 0.5, [0.0]),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("function, fine, undefined", UNDEFINED.values(), ids=UNDEFINED)
def test_an_element_that_is_not_chosen_has_no_part_in_any_derivative(
    function: Function, fine: float, undefined: list[float]
) -> None:
    x = np.array([fine, *undefined])
    chosen = x == fine

    def safe(x: Tensor) -> Tensor:
        return kt.where(chosen, function(x), x).sum()

    def bare(x: Tensor) -> Tensor:
        return function(x).sum()

    for order in range(1, 4):
        safe, bare = _derivative(safe), _derivative(bare)
        found = safe(Tensor(x)).numpy()
        expected = np.where(chosen, bare(Tensor([fine], np.float64)).item(), 1.0 if order == 1 else 0.0)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12, err_msg=f"derivative {order}")
        safe, bare = _summed(safe), _summed(bare)


def _derivative(f: Function) -> Function:
    return func.grad(f)


def _summed(f: Function) -> Function:
    return lambda x: f(x).sum()


# Derivatives of any order at 0

SERIES: dict[str, tuple[Function, list[float]]] = {
    "sinc": (kt.sinc, [1, 0, -(math.pi**2) / 3, 0, math.pi**4 / 5, 0, -(math.pi**6) / 7]),
    "erf": (kt.erf, [0, 2 / math.sqrt(math.pi), 0, -4 / math.sqrt(math.pi), 0, 24 / math.sqrt(math.pi)]),
    "expm1": (kt.expm1, [0, 1, 1, 1, 1, 1]),
    "exp2": (kt.exp2, [math.log(2.0) ** n for n in range(5)]),
    "2 ** x": (lambda x: 2.0**x, [math.log(2.0) ** n for n in range(5)]),
    "log1p": (kt.log1p, [0, 1, -1, 2, -6, 24]),
    "tan": (kt.tan, [0, 1, 0, 2, 0, 16]),
    "asin": (kt.asin, [0, 1, 0, 1, 0, 9]),
    "acos": (kt.acos, [math.pi / 2, -1, 0, -1, 0, -9]),
    "atan": (kt.atan, [0, 1, 0, -2, 0, 24]),
    "sinh": (kt.sinh, [0, 1, 0, 1, 0, 1]),
    "cosh": (kt.cosh, [1, 0, 1, 0, 1, 0]),
    "tanh": (kt.tanh, [0, 1, 0, -2, 0, 16]),
    "asinh": (kt.asinh, [0, 1, 0, -1, 0, 9]),
    "atanh": (kt.atanh, [0, 1, 0, 2, 0, 24]),
    "square": (kt.square, [0, 0, 2, 0, 0]),
    "x ** 2": (lambda x: x**2, [0, 0, 2, 0, 0]),
    "x ** 3": (lambda x: x**3, [0, 0, 0, 6, 0, 0]),
    "x ** 1": (lambda x: x**1, [0, 1, 0, 0]),
    "x ** 0": (lambda x: x**0, [1, 0, 0, 0]),
    "hypot": (lambda x: kt.hypot(x, 1.0), [1, 0, 1, 0, -3]),
    "softplus": (kt.softplus, [math.log(2.0), 0.5, 0.25, 0, -0.125]),
    "sigmoid": (kt.sigmoid, [0.5, 0.25, 0, -0.125]),
    "atan2": (lambda x: kt.atan2(x, 1.0), [0, 1, 0, -2, 0, 24]),
}


@pytest.mark.parametrize("function, expected", SERIES.values(), ids=SERIES)
def test_the_derivatives_at_0(function: Function, expected: list[float]) -> None:
    derivative = function
    for order, value in enumerate(expected):
        found = derivative(Tensor(np.zeros(()))).item()
        assert found == pytest.approx(value, rel=1e-12, abs=1e-12), f"derivative {order}"
        derivative = func.grad(derivative)


def test_the_derivatives_of_sinc_keep_their_digits_near_0() -> None:
    """Against Taylor's series about 0 in exact coefficients, where (cos - sinc) / x has lost them all."""
    x = np.array([1e-9, -1e-5, 0.01, 0.1])
    terms = [(-1) ** m * math.pi ** (2 * m) / math.factorial(2 * m + 1) for m in range(12)]
    polynomial = np.polynomial.Polynomial([c for term in terms for c in (term, 0.0)])
    derivative: Function = kt.sinc
    for order in range(5):
        np.testing.assert_allclose(derivative(Tensor(x)).numpy(), polynomial.deriv(order)(x), rtol=1e-13)
        derivative = _derivative(_summed(derivative))


# Powers

POWERS: dict[str, tuple[list[float], list[float], list[float], list[float]]] = {
    "a = b = 0": ([0.0], [0.0], [0], [0]),
    "a = 0 < b": ([0.0, 0.0], [1.0, 2.0], [1, 0], [0, 0]),
    "b = 0 < a": ([3.0], [0.0], [0], [math.log(3.0)]),
    "a < 0": ([-2.0], [2.0], [-4], [NAN]),
    "a = 0 > b": ([0.0], [-1.0], [-INF], [-INF]),
    "a = 1, b NaN": ([1.0], [NAN], [NAN], [0]),
    "a NaN, b = 0": ([NAN], [0.0], [0], [NAN]),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("a, b, in_a, in_b", POWERS.values(), ids=POWERS)
def test_the_gradient_of_a_power(a: list[float], b: list[float], in_a: list[float], in_b: list[float]) -> None:
    bases, exponents = TrainableWeight(np.array(a)), TrainableWeight(np.array(b))
    y = bases.tensor() ** exponents.tensor()
    found = {weight: gradient for gradient, weight in y.backward(Tensor(np.ones(len(a))))}
    np.testing.assert_allclose(found[bases].numpy(), in_a)
    np.testing.assert_allclose(found[exponents].numpy(), in_b)


def test_the_mixed_derivative_of_a_power_at_exponent_0_is_1_over_the_base() -> None:
    a, b = Tensor(np.array(4.0)), Tensor(np.array(0.0))
    assert func.grad(func.grad(kt.pow, 0), 1)(a, b).item() == 0.25
    assert func.grad(func.grad(kt.pow, 1), 0)(a, b).item() == 0.25


# Wrong calls

x3, weight = Tensor([0.25, 0.5, 0.75]), TrainableWeight([0.25, 0.5, 0.75])
UNARY = "exp exp2 expm1 log log2 log10 log1p sqrt rsqrt square reciprocal sin cos tan asin acos atan sinh cosh tanh " \
    "asinh acosh atanh erf erfc sinc logit sigmoid relu softplus"  # fmt: skip
WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    **{f"{name} of a weight": (lambda name=name: getattr(kt, name)(weight), TypeError, rf"{name}.*\.tensor\(\)")
       for name in UNARY.split()},
    **{f"{name} of a string": (lambda name=name: getattr(kt, name)("a"), TypeError, f"{name}.*str")
       for name in UNARY.split()},
    **{f"{name} of a weight": (lambda name=name: getattr(kt, name)(x3, weight), TypeError, r"\.tensor\(\)")
       for name in ("atan2", "hypot", "xlogy", "pow")},
    **{f"{name} of None": (lambda name=name: getattr(kt, name)(x3, None), TypeError, f"{name}.*None")
       for name in ("atan2", "hypot", "xlogy", "pow")},
    **{f"{name} of other shapes": (lambda name=name: getattr(kt, name)(x3, kt.ones(2)), ValueError,
                                   rf"{name}.*\(3,\).*\(2,\).*broadcast")
       for name in ("atan2", "hypot", "xlogy", "pow")},
    "atan2 of a weight and a number": (lambda: kt.atan2(weight, 1.0), TypeError, r"atan2.*\.tensor\(\)"),
    "lerp of a weight": (lambda: kt.lerp(x3, weight, 0.5), TypeError, r"\.tensor\(\)"),
    "lerp of a string": (lambda: kt.lerp(x3, "a", 0.5), TypeError, "lerp.*str"),
    "lerp by None": (lambda: x3.lerp(x3, None), TypeError, "lerp.*None"),
    "lerp of other shapes": (lambda: x3.lerp(kt.ones(2), 0.5), ValueError, r"lerp.*\(3,\).*\(2,\).*broadcast"),
    "lerp by another shape": (lambda: x3.lerp(x3, kt.ones(2)), ValueError, r"lerp.*\(3,\).*\(2,\).*broadcast"),
    "logit with a string": (lambda: x3.logit("a"), TypeError, "logit.*eps.*str"),
    "integers to a negative power": (lambda: Tensor([1, 2]) ** -1, ValueError, r"pow.*int64.*-1\.0"),
}  # fmt: skip


@pytest.mark.parametrize("call, error, words", WRONG.values(), ids=WRONG)
def test_a_wrong_call_raises_the_named_error(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
