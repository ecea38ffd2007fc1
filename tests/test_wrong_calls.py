"""A wrong call raises at once: which error, and the words that its message must have."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight, from_numpy

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
x23, x3, x4 = Tensor(np.ones((2, 3))), Tensor(np.ones(3)), Tensor(np.ones(4))
weight = TrainableWeight([1.0, 2.0, 3.0])
half = Tensor(np.ones(3, np.float16))
WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "a ragged list": (lambda: Tensor([[1.0, 2.0], [3.0]]), ValueError, "one array"),
    "a ragged list with a dtype": (lambda: Tensor([[1.0, 2.0], [3.0]], np.float32), ValueError, "one array"),
    "a string": (lambda: Tensor("abc"), TypeError, "'abc'.*numbers"),
    "a string with a dtype": (lambda: Tensor("1.5", np.float32), TypeError, "'1.5'.*numbers"),
    "strings": (lambda: Tensor(["1", "2"]), TypeError, "numbers"),
    "strings with a dtype": (lambda: Tensor(["1", "2"], np.float32), TypeError, "numbers"),
    "bytes": (lambda: Tensor(b"ab"), TypeError, "numbers"),
    "an object": (lambda: Tensor(object()), TypeError, "object.*numbers"),
    "objects": (lambda: Tensor([None, 1.0]), TypeError, "object.*numbers"),
    "an array of objects": (lambda: Tensor(np.array([1, None])), TypeError, "object.*numbers"),
    "a complex number": (lambda: Tensor(1j), TypeError, "complex.*numbers"),
    "complex numbers": (lambda: Tensor(np.ones(2, complex)), TypeError, "complex.*numbers"),
    "a complex dtype": (lambda: Tensor([1.0], complex), TypeError, "complex.*numbers"),
    "None": (lambda: Tensor(None), TypeError, "None.*numbers"),
    "a dictionary": (lambda: Tensor({1: 2}), TypeError, "numbers"),
    "a date": (lambda: Tensor(np.array(["2020-01-01"], "datetime64[D]")), TypeError, "datetime64.*numbers"),
    "an integer too large": (lambda: Tensor(2**70), TypeError, "numbers"),
    "a weight of strings": (lambda: TrainableWeight("abc"), TypeError, "numbers"),
    "from_numpy of a list": (lambda: from_numpy([1.0]), TypeError, "from_numpy.*list"),
    "from_numpy of strings": (lambda: from_numpy(np.array(["a"])), TypeError, "from_numpy.*<U1"),
    "full of a string": (lambda: kytorch.full((2,), "a"), TypeError, "numbers"),
    "zeros of a negative size": (lambda: kytorch.zeros(2, -1), ValueError, r"zeros.*\(2, -1\).*negative"),
    "zeros of a float size": (lambda: kytorch.zeros(2.5), TypeError, "zeros.*ints"),
    "zeros of strings": (lambda: kytorch.zeros(2, dtype=str), TypeError, "numbers"),
    "ones of objects": (lambda: kytorch.ones(2, dtype=object), TypeError, "numbers"),
    "full of complex numbers": (lambda: kytorch.full((2,), 1.0, complex), TypeError, "numbers"),
    "arange of strings": (lambda: kytorch.arange(2, dtype=str), TypeError, "numbers"),
    "from_numpy of long doubles": (lambda: from_numpy(np.ones(2, np.longdouble)), TypeError, "from_numpy"),
    "to long doubles": (lambda: x3.to(np.longdouble), TypeError, "to"),
    "transpose a scalar": (lambda: Tensor(1.0).transpose(5, 7), IndexError, "transpose.*dim 5"),
    "arange that never ends": (lambda: kytorch.arange(0, 3, -1), ValueError, "arange.*0.*3.*-1"),
    "arange without steps": (lambda: kytorch.arange(0, 3, 0), ValueError, "arange"),
    "rand of integers": (lambda: kytorch.rand(2, dtype=np.int64), TypeError, "int64.*floating"),
    "add": (lambda: x23 + x4, ValueError, r"add.*\(2, 3\).*\(4,\).*broadcast"),
    "sub": (lambda: x23 - x4, ValueError, r"sub.*\(2, 3\).*\(4,\).*broadcast"),
    "mul": (lambda: x23 * np.ones(4), ValueError, r"mul.*\(2, 3\).*\(4,\).*broadcast"),
    "div": (lambda: np.ones(4) / x23, ValueError, r"div.*\(4,\).*\(2, 3\).*broadcast"),
    "pow": (lambda: x23**x4, ValueError, r"pow.*\(2, 3\).*\(4,\).*broadcast"),
    "eq": (lambda: x23 == x4, ValueError, r"eq.*\(2, 3\).*\(4,\).*broadcast"),
    "lt": (lambda: x23 < x4, ValueError, r"less.*\(2, 3\).*\(4,\).*broadcast"),
    "maximum": (lambda: x23.maximum(x4), ValueError, r"maximum.*\(2, 3\).*\(4,\).*broadcast"),
    "where": (lambda: kytorch.where(x23 > 0, x4, 0.0), ValueError, r"where.*\(2, 3\).*\(4,\).*broadcast"),
    "clamp": (lambda: x23.clamp(x4), ValueError, r"\(2, 3\).*\(4,\).*broadcast"),
    "clamp without limits": (x23.clamp, ValueError, "clamp.*min.*max"),
    "where by numbers": (lambda: kytorch.where(x23, x23, 0.0), TypeError, "where.*float64.*bool"),
    "where of a string": (lambda: kytorch.where(x3 > 0, x3, "a"), TypeError, "where.*str"),
    "maximum of a string": (lambda: x3.maximum("a"), TypeError, "maximum.*str"),
    "pow of None": (lambda: x3.pow(None), TypeError, "pow.*None"),
    "to complex": (lambda: x3.to(complex), TypeError, "to.*complex"),
    "matmul": (lambda: x23 @ x23, ValueError, r"matmul.*\(2, 3\).*\(2, 3\).*3 columns.*2 rows"),
    "matmul of a vector": (lambda: x23 @ x4, ValueError, r"matmul.*\(2, 3\).*\(4,\)"),
    "matmul of a scalar": (lambda: x23 @ Tensor(2.0), ValueError, r"matmul.*\(\).*\*"),
    "matmul of a number": (lambda: x23 @ 2.0, (TypeError, ValueError), "matmul"),
    "matmul of batches": (lambda: kytorch.ones(2, 3, 4) @ kytorch.ones(5, 4, 3), ValueError, "matmul.*broadcast"),
    "mm of a vector": (lambda: x23.mm(x3), ValueError, r"mm.*\(2, 3\).*\(3,\)"),
    "mm": (lambda: x23.mm(x23), ValueError, r"mm.*\(2, 3\).*\(2, 3\)"),
    "sum over no such dim": (lambda: x23.sum(2), IndexError, "sum.*dim 2.*2 dimensions"),
    "sum over a float": (lambda: x23.sum(1.0), TypeError, "sum.*int.*float"),
    "sum over a dim twice": (lambda: x23.sum((0, -2)), ValueError, "sum.*twice"),
    "mean over no such dim": (lambda: x23.mean(-3), IndexError, "mean.*dim -3"),
    "var over no such dim": (lambda: x23.var(5), IndexError, "var.*dim 5"),
    "max over no such dim": (lambda: x23.max(2), IndexError, "max.*dim 2"),
    "max of nothing": (lambda: kytorch.zeros(0, 3).max(), ValueError, r"max.*no elements.*\(0, 3\)"),
    "min of nothing": (lambda: kytorch.zeros(0, 3).min(0), IndexError, r"min.*no elements.*\(0, 3\)"),
    "reshape": (lambda: x23.reshape(4, 2), ValueError, r"reshape.*6 elements.*\(2, 3\).*\(4, 2\)"),
    "reshape with two -1": (lambda: x23.reshape(-1, -1), ValueError, "reshape"),
    "reshape to floats": (lambda: x23.reshape(2.0, 3.0), TypeError, "reshape.*ints"),
    "flatten backwards": (lambda: x23.flatten(1, 0), ValueError, "flatten.*start_dim 1.*end_dim 0"),
    "flatten over no such dim": (lambda: x23.flatten(2), IndexError, "flatten.*dim 2"),
    "squeeze over no such dim": (lambda: x23.squeeze(2), IndexError, "squeeze.*dim 2"),
    "unsqueeze over no such dim": (lambda: x23.unsqueeze(4), IndexError, "unsqueeze.*dim 4"),
    "transpose over no such dim": (lambda: x23.transpose(0, 2), IndexError, "transpose.*dim 2"),
    "permute with a dim twice": (lambda: x23.permute(0, 0), ValueError, r"permute.*\(0, 0\).*once"),
    "permute with too few": (lambda: x23.permute(0), ValueError, "permute.*once"),
    "expand of 3 to 4": (lambda: x23.expand(2, 4), ValueError, r"expand.*\(2, 3\).*\(2, 4\)"),
    "expand to fewer": (lambda: x23.expand(3), ValueError, r"expand.*\(2, 3\).*\(3,\)"),
    "expand a new dim by -1": (lambda: x23.expand(-1, 2, 3), ValueError, "expand"),
    "expand to a negative size": (lambda: kytorch.ones(1).expand(-2), ValueError, "expand"),
    "sum_to_size": (lambda: x23.sum_to_size(4), ValueError, r"sum_to_size.*\(4,\).*\(2, 3\)"),
    "cat of other sizes": (lambda: kytorch.cat([x23, x3]), ValueError, r"cat.*\(2, 3\).*\(3,\).*equal"),
    "cat of scalars": (lambda: kytorch.cat([Tensor(1.0), Tensor(2.0)]), ValueError, "cat.*stack"),
    "cat of a vector and a scalar": (lambda: kytorch.cat([x3, Tensor(1.0)]), ValueError, r"cat.*\(3,\).*\(\)"),
    "cat of nothing": (lambda: kytorch.cat([]), ValueError, "cat.*at least one"),
    "cat along no such dim": (lambda: kytorch.cat([x23, x23], 2), IndexError, "cat.*dim 2"),
    "cat of a weight": (lambda: kytorch.cat([x3, weight]), TypeError, "cat"),
    "cat of a list": (lambda: kytorch.cat([x3, [1.0]]), TypeError, "cat"),
    "stack of other shapes": (lambda: kytorch.stack([x3, x4]), ValueError, r"stack.*\(3,\).*\(4,\)"),
    "stack of nothing": (lambda: kytorch.stack([]), ValueError, "stack.*at least one"),
    "stack along no such dim": (lambda: kytorch.stack([x3, x3], 3), IndexError, "dim 3"),
    "an index out of range": (lambda: x3[3], IndexError, r"3.*\(3,\)"),
    "too many indices": (lambda: x3[0, 0], IndexError, r"\(3,\)"),
    "an index of floats": (lambda: x3[np.array([0.5])], IndexError, "float64"),
    "a Tensor of floats as index": (lambda: x3[x3], IndexError, "float64"),
    "a list of floats as index": (lambda: x3[[0.5]], IndexError, "float"),
    "a string as index": (lambda: x3["a"], IndexError, r"\(3,\)"),
    "a float as index": (lambda: x3[1.5], IndexError, r"\(3,\)"),
    "a mask of another shape": (lambda: x3[np.array([True, False])], IndexError, r"\(3,\)"),
    "set a value of another shape": (lambda: x3.at[:2].set(x3), ValueError, r"set.*\(3,\).*\(2,\)"),
    "add a value of another shape": (lambda: x3.at[:2].add(x3), ValueError, r"add.*\(3,\).*\(2,\)"),
    "mul a value of more dims": (lambda: x3.at[:2].mul(kytorch.ones(1, 2)), ValueError, r"mul.*\(1, 2\).*\(2,\)"),
    "set out of range": (lambda: x3.at[3].set(1.0), IndexError, r"3.*\(3,\)"),
    "set a float in integers": (lambda: Tensor([1, 2]).at[0].set(0.5), TypeError, "set.*float.*int64.*to"),
    "set a string": (lambda: x3.at[0].set("a"), TypeError, "set.*str"),
    "set a weight": (lambda: x3.at[0].set(weight), TypeError, r"TrainableWeight.*tensor\(\)"),
    "cat of a generator": (lambda: kytorch.cat(x for x in [x3]), TypeError, "cat.*list or tuple.*generator"),
    "stack of a generator": (lambda: kytorch.stack(x for x in [x3]), TypeError, "stack.*list or tuple.*generator"),
    "cat of None": (lambda: kytorch.cat(None), TypeError, "cat.*NoneType"),
    "chunk into a shape": (lambda: x3.chunk((2, 2)), TypeError, "chunk.*int.*tuple"),
    "chunk of nothing into very many": (lambda: kytorch.ones(0).chunk(10**30), ValueError, "chunk"),
    "tensor_split into very many": (lambda: x3.tensor_split(10**30), ValueError, "tensor_split.*sections"),
    "select a shape": (lambda: x3.select(0, (0, 1)), TypeError, "select.*int.*tuple"),
    "linspace with a shape": (lambda: kytorch.linspace(0, 1, (1, 2)), TypeError, "linspace.*int.*tuple"),
    "linspace from a string": (lambda: kytorch.linspace("a", 1, 2), TypeError, "linspace.*numbers.*str"),
    "logspace with a shape": (lambda: kytorch.logspace(0, 1, (1, 2)), TypeError, "logspace.*int.*tuple"),
    "linspace with fewer than none": (lambda: kytorch.linspace(0, 1, -1), ValueError, "linspace.*-1"),
    "randperm of a shape": (lambda: kytorch.randperm((1, 2)), TypeError, "randperm.*int.*tuple"),
    "arange to infinity": (lambda: kytorch.arange(float("inf")), ValueError, "arange.*inf"),
    "arange to NaN": (lambda: kytorch.arange(float("nan")), ValueError, "arange.*nan"),
    "arange to a string": (lambda: kytorch.arange("a"), TypeError, "arange.*numbers.*str"),
    "arange to nowhere": (kytorch.arange, TypeError, "arange.*end"),
    "arange of too many": (lambda: kytorch.arange(0, 1e30), ValueError, "arange.*1e[+]30"),
    "arange of integers in steps of less than 1": (lambda: kytorch.arange(0, 3, 0.5, np.int64), ValueError, "arange"),
    "topk of a string": (lambda: x3.topk("1"), TypeError, "topk.*int.*str"),
    "topk of a float": (lambda: x3.topk(1.5), TypeError, "topk.*int.*float"),
    "kthvalue of a string": (lambda: x3.kthvalue("1"), TypeError, "kthvalue.*int.*str"),
    "diff a string of times": (lambda: x3.diff("1"), TypeError, "diff.*int.*str"),
    "a slice with step 0": (lambda: x3[::0], ValueError, "index.*step"),
    "set a slice with step 0": (lambda: x3.at[::0].set(1.0), ValueError, "index.*step"),
    "neg of bool": (lambda: -Tensor([True]), TypeError, "neg.*bool"),
    "& of floats": (lambda: x3 & 1, TypeError, "bitwise_and.*float64.*integers"),
    "1 | of floats": (lambda: 1 | x3, TypeError, "bitwise_or.*float64.*integers"),
    "<< of floats": (lambda: x3 << 1, TypeError, "shift.*float64.*integers"),
    "max of nothing along a dim": (lambda: kytorch.max(kytorch.ones(0), 0), IndexError, "max.*no elements"),
    "min of nothing along a dim": (lambda: kytorch.min(kytorch.ones(0), 0), IndexError, "min.*no elements"),
    "median of nothing along a dim": (lambda: kytorch.median(kytorch.ones(0), 0), IndexError, "median.*no elements"),
    "amax of nothing": (lambda: kytorch.amax(kytorch.ones(0)), ValueError, "amax.*no elements"),
    "amin of nothing along a dim": (lambda: kytorch.amin(kytorch.ones(0), 0), IndexError, "amin.*no elements"),
    "one_hot of -1": (lambda: kytorch.one_hot(Tensor([-1])), IndexError, "one_hot.*class -1.*from 0"),
    "one_hot of no classes": (lambda: kytorch.one_hot(Tensor([0]), 0), ValueError, "one_hot.*num_classes is 0"),
    "full of a vector": (lambda: kytorch.full((2,), x3), ValueError, r"full.*\(3,\)"),
    "full_like of a vector": (lambda: kytorch.full_like(x3, x3), ValueError, r"full_like.*\(3,\)"),
    "a generator that is none": (lambda: kytorch.rand(2, generator=3), TypeError, "Generator.*int"),
    "bernoulli of a string": (lambda: kytorch.bernoulli(x3, "a"), TypeError, "bernoulli.*number as p.*str"),
    "bernoulli with p above 1": (lambda: kytorch.bernoulli(x3, 1.5), ValueError, "bernoulli.*at most 1"),
    "randint above the dtype": (lambda: kytorch.randint(0, 300, (8,), dtype=np.uint8), ValueError, "uint8.*255.*299"),
    "randint below the dtype": (lambda: kytorch.randint(-1, 3, (8,), dtype=np.uint8), ValueError, "uint8"),
    "randint of floats": (lambda: kytorch.randint(0.0, 3.0, (8,)), TypeError, "randint.*int.*float"),
    "masked_fill that overflows": (lambda: half.masked_fill(half > 0, -1e9), ValueError, "masked_fill: -1.*float16"),
    "set what overflows": (lambda: half.at[0].set(-1e9), ValueError, "set.*float16"),
    "add what overflows": (lambda: half.at[0].add(1e9), ValueError, "add.*float16"),
    "set what integers do not hold": (
        lambda: kytorch.ones(2, dtype=np.uint8).at[0].set(300),
        ValueError,
        "set.*300.*uint8",
    ),
    "index_fill that overflows": (lambda: half.index_fill(0, Tensor([0]), 1e9), ValueError, "index_fill.*float16"),
    "softplus of a string beta": (lambda: x3.softplus("a"), TypeError, "."),
}


@pytest.mark.parametrize("call, error, words", WRONG.values(), ids=WRONG)
def test_a_wrong_call_raises_the_named_error(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


OPERATORS = [*ARITHMETIC, operator.matmul, operator.lt, operator.le, operator.gt, operator.ge]


@pytest.mark.parametrize("other", ["a", None, [1.0, 2.0, 3.0], 1j, object(), {}], ids=repr)
@pytest.mark.parametrize("function", OPERATORS, ids=lambda f: f.__name__)
def test_an_operand_that_is_no_number_raises(function: Any, other: Any) -> None:
    with pytest.raises(TypeError):
        function(x3, other)
    with pytest.raises(TypeError):
        function(other, x3)


@pytest.mark.parametrize("function", [*OPERATORS, operator.eq, operator.ne], ids=lambda f: f.__name__)
def test_a_weight_as_an_operand_raises_and_says_how_to_read_it(function: Any) -> None:
    for left, right in [(x3, weight), (weight, x3)]:
        with pytest.raises(TypeError, match=r"TrainableWeight.*\.tensor\(\)"):
            function(left, right)


@pytest.mark.parametrize(
    "other", [np.array(["a", "b", "c"]), np.array([None] * 3), np.ones(3, complex)], ids=["str", "object", "complex"]
)
@pytest.mark.parametrize("function", OPERATORS, ids=lambda f: f.__name__)
def test_an_array_of_no_real_numbers_raises(function: Any, other: Any) -> None:
    with pytest.raises(TypeError, match="numbers"):
        function(x3, other)
