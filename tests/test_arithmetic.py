"""Arithmetic, choice, rounding and logic: operators, dtypes, edges and wrong calls."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight

nan, inf = float("nan"), float("inf")

# NumPy warns of divisions by 0 and of infinity less infinity.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
x = Tensor([1.5, -2.5, 0.0])
n = Tensor([6, 3, -5])
t = Tensor([True, False, True])
weight = TrainableWeight([1.0, 2.0, 3.0])

VALUES: dict[str, tuple[Callable[[], Tensor], list[Any], Any]] = {
    "a // b rounds down": (lambda: n // 4, [1, 0, -2], np.int64),
    "a % b has b's sign": (lambda: n % 4, [2, 3, 3], np.int64),
    "a % -b has b's sign": (lambda: n % -4, [-2, -1, -1], np.int64),
    "fmod has a's sign": (lambda: n.fmod(4), [2, 3, -1], np.int64),
    "number // Tensor": (lambda: 7 // n, [1, 2, -2], np.int64),
    "number % Tensor": (lambda: 7 % n, [1, 1, -3], np.int64),
    "array // Tensor": (lambda: np.array([7, 7, 7]) // n, [1, 2, -2], np.int64),
    "float // 0": (lambda: x // 0.0, [inf, -inf, nan], np.float32),
    "float % 0": (lambda: x % 0.0, [nan, nan, nan], np.float32),
    "bits of integers": (lambda: (n & 3) | (n ^ 1), [7, 3, -5 & 3 | -5 ^ 1], np.int64),
    "number & Tensor": (lambda: 3 & n, [2, 3, 3], np.int64),
    "number | Tensor": (lambda: 3 | n, [7, 3, -5], np.int64),
    "number ^ Tensor": (lambda: 3 ^ n, [5, 0, 3 ^ -5], np.int64),
    "number << Tensor": (lambda: 1 << Tensor([0, 3]), [1, 8], np.int64),
    "number >> Tensor": (lambda: 16 >> Tensor([0, 3]), [16, 2], np.int64),
    "bool and comparison": (lambda: t & (x > 0), [True, False, False], np.bool_),
    "not bool": (lambda: ~t, [False, True, False], np.bool_),
    "not integers": (lambda: ~n, [-7, -4, 4], np.int64),
    "add with alpha": (lambda: n.add(n, alpha=2), [18, 9, -15], np.int64),
    "sub with alpha": (lambda: kytorch.sub(1.0, x, alpha=2), [-2, 6, 1], np.float32),
    "eq with the number first": (lambda: kytorch.eq(1.5, x), [True, False, False], np.bool_),
    "lt with the number first": (lambda: kytorch.lt(1, n), [True, True, False], np.bool_),
    "floor of integers": (n.floor, [6, 3, -5], np.int64),
    "round of integers": (n.round, [6, 3, -5], np.int64),
    "round to the even neighbour": (lambda: Tensor([0.5, 1.5, 2.5, -0.5]).round(), [0, 2, 2, 0], np.float32),
    "round to tens": (lambda: Tensor([125.0, 235.0]).round(decimals=-1), [120, 240], np.float32),
    "sign of NaN": (lambda: Tensor([nan, -inf, inf, -0.0]).sign(), [0, -1, 1, 0], np.float32),
    "sign of integers": (n.sign, [1, 1, -1], np.int64),
    "sign of bool": (t.sign, [True, False, True], np.bool_),
    "clamp of NaN": (lambda: Tensor([nan, 2.0]).clamp(0.0, 1.0), [nan, 1], np.float32),
    "clamp with min above max": (lambda: x.clamp(1.0, -1.0), [-1, -1, -1], np.float32),
    "clamp of integers": (lambda: n.clamp(min=0), [6, 3, 0], np.int64),
    "clip": (lambda: x.clip(-1.0, 1.0), [1, -1, 0], np.float32),
    "where of two numbers": (lambda: kytorch.where(x > 0, 1.0, 2.0), [1, 2, 2], np.float32),
    "where of two integers": (lambda: kytorch.where(x > 0, 1, 2), [1, 2, 2], np.int64),
    "where of an integer and a float": (lambda: kytorch.where(x > 0, 1, 2.0), [1, 2, 2], np.float32),
    "where of a float and an integer": (lambda: kytorch.where(x > 0, 1.5, 2), [1.5, 2, 2], np.float32),
    "nan_to_num": (lambda: Tensor([nan, inf, -inf]).nan_to_num(), [0, *[s * np.finfo("f").max for s in (1, -1)]],
                   np.float32),
    "nan_to_num of integers": (n.nan_to_num, [6, 3, -5], np.int64),
    "fmax of NaN": (lambda: kytorch.fmax(Tensor([nan, 1.0, nan]), Tensor([2.0, nan, nan])), [2, 1, nan], np.float32),
    "fmin of NaN": (lambda: kytorch.fmin(Tensor([nan, 1.0, nan]), 2.0), [2, 1, 2], np.float32),
    "logical_and of NaN": (lambda: Tensor([nan, 0.0]).logical_and(1), [True, False], np.bool_),
    "isclose of infinities": (lambda: Tensor([inf, -inf, inf, 1.0]).isclose(Tensor([inf, inf, 1.0, inf])),
                              [True, False, False, False], np.bool_),
    "isclose with an infinite tolerance": (lambda: Tensor([inf, 1.0]).isclose(Tensor([1.0, 2.0]), rtol=inf),
                                           [False, True], np.bool_),
    "isclose of bool": (lambda: t.isclose(Tensor([True, True, True])), [True, False, True], np.bool_),
    "isclose of NaN": (lambda: Tensor([nan]).isclose(Tensor([nan])), [False], np.bool_),
    "half": (x.half, [1.5, -2.5, 0], np.float16),
    "float": (n.float, [6, 3, -5], np.float32),
    "double": (x.double, [1.5, -2.5, 0], np.float64),
    "int": (x.int, [1, -2, 0], np.int32),
    "long": (x.long, [1, -2, 0], np.int64),
    "bool": (x.bool, [True, True, False], np.bool_),
}  # fmt: skip


@pytest.mark.parametrize("call, values, dtype", VALUES.values(), ids=VALUES)
def test_a_value_at_an_edge(call: Callable[[], Tensor], values: list[Any], dtype: Any) -> None:
    y = call()
    assert y.dtype == dtype
    np.testing.assert_array_equal(y.numpy(), np.array(values, dtype))


def test_methods_of_bits_and_shifts_are_the_operators() -> None:
    pairs = [("and", operator.and_), ("or", operator.or_), ("xor", operator.xor), ("left_shift", operator.lshift),
             ("right_shift", operator.rshift)]  # fmt: skip
    for name, symbol in pairs:
        assert getattr(n, f"bitwise_{name}")(3).tolist() == symbol(n, 3).tolist()
        assert getattr(n, f"bitwise_{name}")(Tensor([1, 2, 3])).tolist() == symbol(n, Tensor([1, 2, 3])).tolist()
    assert n.bitwise_not().tolist() == (~n).tolist()


def test_in_place_operators_make_new_tensors() -> None:
    y = n
    y //= 4
    y &= 1
    assert (y.tolist(), n.tolist()) == ([1, 0, 0], [6, 3, -5])


def test_allclose_and_equal_answer_bools() -> None:
    near = x + 1e-9
    assert x.allclose(near) is True
    assert x.double().allclose(x.double() + 1e-3) is False
    assert x.allclose(x + 0.5, atol=1.0) is True
    assert x.equal(x * 1) is True
    assert x.equal(x + 1) is False
    assert x.equal(x.reshape(1, 3)) is False
    assert n.equal(n.float()) is True
    assert Tensor([nan]).allclose(Tensor([nan])) is False
    assert Tensor([nan]).allclose(Tensor([nan]), equal_nan=True) is True


def test_the_gradient_of_a_conversion_comes_back_in_the_inputs_dtype() -> None:
    w = TrainableWeight([1.0, 2.0])
    [(gradient, _)] = (w.tensor().double() * 3.0).sum().backward()
    assert gradient.dtype == np.float32
    assert gradient.tolist() == [3.0, 3.0]
    assert w.tensor().half().requires_grad
    assert not w.tensor().long().requires_grad


@pytest.mark.parametrize("name", ["floor", "ceil", "round", "trunc", "sign"])
def test_the_gradient_of_a_step_is_zero_to_any_order(name: str) -> None:
    w = TrainableWeight(np.array([0.5, nan, inf]))
    y = getattr(w.tensor(), name)()
    [(gradient, _)] = y.backward(Tensor(np.array([1.0, inf, nan])), create_graph=True)
    assert gradient.tolist() == [0.0, 0.0, 0.0]
    other = TrainableWeight([2.0])
    [(first, _)] = y.backward(other.tensor().double().expand(3), create_graph=True)
    [(second, _)] = first.sum().backward()
    assert second.tolist() == [0.0]


def test_a_chosen_gradient_is_kept_where_it_is_not_finite_and_zero_elsewhere() -> None:
    w = TrainableWeight(np.array([1.0, 2.0, 3.0]))
    g = Tensor(np.array([inf, nan, 5.0]))
    [(gradient, _)] = kytorch.where(w.tensor() > 2.5, w.tensor(), 0.0).backward(g)
    assert gradient.tolist() == [0.0, 0.0, 5.0]
    [(gradient, _)] = w.tensor().clamp(max=1.5).backward(g)
    assert gradient.tolist() == [inf, 0.0, 0.0]


def test_a_remainder_of_float32_is_exact_at_every_size() -> None:
    generator = np.random.default_rng(0)
    for scale in (1.0, 1e3, 1e12):
        a = (scale * generator.standard_normal(20000)).astype(np.float32)
        b = generator.standard_normal(20000).astype(np.float32)
        a[::5] = b[::5] * 7  # at a step of the quotient
        for ours, exact in [(kytorch.fmod, np.fmod), (kytorch.remainder, np.remainder)]:
            np.testing.assert_array_equal(ours(Tensor(a), Tensor(b)).numpy(), exact(a, b))
            np.testing.assert_array_equal(ours(Tensor(a), 0.3).numpy(), exact(a, np.float32(0.3)))
            np.testing.assert_array_equal(ours(a, b), exact(a, b))
    wide = np.floor(a[:9000].astype(np.float64) / 3)
    np.testing.assert_array_equal(kytorch.floor_divide(Tensor(a[:9000]), 3.0).numpy(), wide.astype(np.float32))


@pytest.mark.parametrize("name", ["floor_divide", "remainder", "fmod"])
def test_an_infinite_divisor_of_many_leaves_the_dividend_or_infinity(name: str) -> None:
    a, b = np.tile(np.array([[1.0, -1.0], [np.inf, np.inf]], np.float32), (1, 1000))
    expected = getattr(np, name)(a, b)
    np.testing.assert_array_equal(getattr(kytorch, name)(Tensor(a), Tensor(b)).numpy(), expected)
    np.testing.assert_array_equal(getattr(kytorch, name)(Tensor(a), np.inf).numpy(), expected)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32, np.uint8, np.bool_])
def test_where_of_many_chooses_as_numpys(dtype: Any) -> None:
    generator = np.random.default_rng(1)
    a, b = generator.integers(0, 5, (2, 60, 70)).astype(dtype)
    chosen = generator.random((60, 70)) < 0.5
    for left, right in [(a, b), (a[:1], b), (a, b[:, :1]), (a[0, 0], b[1, 1])]:
        for condition in (chosen, chosen[:, :1], chosen[0]):
            y = kytorch.where(Tensor(condition), Tensor(left), Tensor(right))
            np.testing.assert_array_equal(y.numpy(), np.where(condition, left, right))
            assert y.dtype == dtype


x23, x4 = Tensor(np.ones((2, 3))), Tensor(np.ones(4))
WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "integers // 0": (lambda: n // 0, ZeroDivisionError, "floor_divide.*0"),
    "integers % 0": (lambda: n % 0, ZeroDivisionError, "remainder.*0"),
    "fmod of integers by 0": (lambda: n.fmod(0), ZeroDivisionError, "fmod.*0"),
    "// of shapes": (lambda: x23 // x4, ValueError, r"floor_divide.*\(2, 3\).*\(4,\).*broadcast"),
    "% of shapes": (lambda: x23 % x4, ValueError, r"remainder.*\(2, 3\).*\(4,\).*broadcast"),
    "remainder of a string": (lambda: x.remainder("a"), TypeError, "remainder.*str"),
    "& of floats": (lambda: x & 1, TypeError, "bitwise_and.*float32"),
    "~ of floats": (lambda: ~x, TypeError, "bitwise_not.*float32.*integers or bool"),
    "<< by floats": (lambda: n << 1.5, TypeError, "left_shift.*float64"),
    "& of shapes": (lambda: n & Tensor([1, 2]), ValueError, r"bitwise_and.*\(3,\).*\(2,\).*broadcast"),
    "logical_and of shapes": (lambda: x23.logical_and(x4), ValueError, r"logical_and.*\(2, 3\).*\(4,\).*broadcast"),
    "isclose of shapes": (lambda: x23.isclose(x4), ValueError, r"isclose.*\(2, 3\).*\(4,\).*broadcast"),
    "isclose with a negative tolerance": (lambda: x.isclose(x, rtol=-1), ValueError, "isclose.*-1"),
    "allclose with NaN as tolerance": (lambda: x.allclose(x, atol=nan), ValueError, "isclose.*nan"),
    "equal to a number": (lambda: x.equal(1.0), TypeError, "equal.*float"),
    "equal to a weight": (lambda: x.equal(weight), TypeError, r"equal.*TrainableWeight.*tensor\(\)"),
    "maximum of a weight": (lambda: kytorch.maximum(1.0, weight), TypeError, "."),
    "maximum of a weight and a Tensor": (lambda: kytorch.maximum(weight, x), TypeError, r"TrainableWeight.*tensor\(\)"),
    "maximum with a string first": (lambda: kytorch.maximum("a", x), TypeError, "maximum.*str"),
    "clamp to a string": (lambda: x.clamp("a"), TypeError, "clamp.*limit.*str"),
    "clamp to three shapes": (lambda: x23.clamp(0.0, x4), ValueError, r"clamp.*\(2, 3\).*\(4,\).*broadcast"),
    "sub of bool": (lambda: t - t, TypeError, "sub of bool"),
    "round by position": (lambda: kytorch.round(x, 1), TypeError, "positional"),
}


@pytest.mark.parametrize("call, error, words", WRONG.values(), ids=WRONG)
def test_a_wrong_call_raises_the_named_error(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


OPERATORS = [operator.floordiv, operator.mod, operator.and_, operator.or_, operator.xor, operator.lshift,
             operator.rshift]  # fmt: skip


@pytest.mark.parametrize("other", ["a", None, [1, 2, 3], 1j, object(), {}], ids=repr)
@pytest.mark.parametrize("function", OPERATORS, ids=lambda f: f.__name__)
def test_an_operand_that_is_no_number_raises(function: Any, other: Any) -> None:
    with pytest.raises(TypeError):
        function(n, other)
    if not (function is operator.mod and other == "a"):  # which is Python's formatting, and refuses as well
        with pytest.raises(TypeError):
            function(other, n)


@pytest.mark.parametrize("function", OPERATORS, ids=lambda f: f.__name__)
def test_a_weight_as_an_operand_raises_and_says_how_to_read_it(function: Any) -> None:
    for left, right in [(x, weight), (weight, x)]:
        with pytest.raises(TypeError, match=r"TrainableWeight.*\.tensor\(\)"):
            function(left, right)


@pytest.mark.parametrize("function", OPERATORS, ids=lambda f: f.__name__)
def test_an_operand_may_define_the_reflected_operator(function: Any) -> None:
    class Other:
        def answer(self, other: object) -> str:
            return "mine"

        __rfloordiv__ = __rmod__ = __rand__ = __ror__ = __rxor__ = __rlshift__ = __rrshift__ = answer

    assert function(n, Other()) == "mine"
