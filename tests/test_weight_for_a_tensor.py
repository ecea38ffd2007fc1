"""A weight taken for a Tensor says how it is read."""

from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

import kytorch as kt
from kytorch import TrainableWeight, optim

w: Any = TrainableWeight(np.arange(4.0).reshape(2, 2))
x = kt.ones(2, 2, dtype=np.float64)

BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor", "lshift", "rshift")
COMPARISONS = ("lt", "le", "gt", "ge")


def called(name: str, *operands: object) -> Callable[[], object]:
    return lambda: getattr(operator, name)(*operands)


SLIPS: dict[str, Callable[[], object]] = {
    **{name: called(name, w, 2) for name in BINARY + COMPARISONS},
    **{f"{name} reflected": called(name, 2, w) for name in BINARY + COMPARISONS},
    **{f"{name} of two": called(name, w, w) for name in BINARY + COMPARISONS},
    **{f"{name} with a Tensor": called(name, w, x) for name in ("mul", "matmul", "sub")},
    **{name: called(name, w) for name in ("neg", "pos", "abs", "invert")},
    "in place": lambda: operator.isub(w, x * 0.1),
    "index": lambda: w[0],
    "set": lambda: operator.setitem(w, 0, 1.0),
    "length": lambda: len(w),
    "iterate": lambda: list(w),
    "contains": lambda: 1.0 in w,
    "float": lambda: float(w),
}


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_an_operator_says_how_a_weight_is_read(slip: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match=r"a TrainableWeight is not a Tensor; weight\.tensor\(\) reads it"):
        slip()


def test_whatever_a_tensor_has_says_how_a_weight_is_read() -> None:
    names = {name for name in dir(x) if not name.startswith("_")} - {*dir(w)}
    assert names > {"sum", "T", "exp", "item", "detach", "backward", "at"}
    for name in names:
        with pytest.raises(AttributeError, match=rf"no attribute '{name}'; .*weight\.tensor\(\) reads it"):
            getattr(w, name)


def test_what_no_tensor_has_is_just_missing() -> None:
    for name in ("smu", "_missing", "__array_namespace__", "__iter__", "__index__"):
        with pytest.raises(AttributeError, match=rf"^'TrainableWeight' object has no attribute '{name}'$"):
            getattr(w, name)


def test_a_weight_is_still_a_weight() -> None:
    for twin in (copy.copy(w), copy.deepcopy(w), pickle.loads(pickle.dumps(w))):
        np.testing.assert_array_equal(twin.data, w.data)
    assert bool(w) and w == w and w != 2 and w in {w} and not isinstance(w, Iterable)
    assert all(hasattr(w, name) for name in ("dtype", "shape", "__array__", "__array_ufunc__"))
    np.testing.assert_array_equal(np.asarray(w), w.data)
    np.testing.assert_array_equal(np.asarray([w, w])[1], w.data)
    one = TrainableWeight([1.0])
    optim.gradient_descent((one.tensor() ** 2).sum().backward(), lr=0.25)
    assert one.data.tolist() == [0.5]


BUFFER_SLIPS: dict[str, Callable[[Any], object]] = {
    "an operator": lambda b: b + x,
    "a reflected one": lambda b: x * b,
    "an index": lambda b: b[0],
    "a number": lambda b: 2 * b,
    "a function": kt.exp,
    "a function of two": lambda b: kt.maximum(x, b),
    "a method's argument": x.maximum,
    "a function of NumPy's": lambda b: np.add(x, b),
    "a layer": lambda b: kt.nn.functional.linear(x, b),
}


@pytest.mark.parametrize("slip", BUFFER_SLIPS.values(), ids=BUFFER_SLIPS)
def test_a_buffer_says_how_it_is_read_too(slip: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError, match=r"Buffer.*buffer\.tensor\(\) reads it"):
        slip(kt.nn.Buffer(np.ones((2, 2))))


def test_what_a_buffer_has_not_says_how_it_is_read() -> None:
    with pytest.raises(
        AttributeError, match=r"no attribute 'sum'; a Buffer is not a Tensor; buffer\.tensor\(\) reads it"
    ):
        kt.nn.Buffer([1.0]).sum()  # type: ignore[attr-defined]
