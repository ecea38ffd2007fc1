"""Values, gradients and second derivatives beside PyTorch's."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from beside import CLOSE, beside, second_beside
from operations import ROWS
from operations.table import HALVES, Array, Row

import kytorch
from kytorch import Tensor, TrainableWeight

torch = pytest.importorskip("torch")
functional = torch.nn.functional

Function = Callable[..., Any]

# PyTorch warns of a variance of nothing.
pytestmark = pytest.mark.filterwarnings("ignore:.*degrees of freedom")

# Rows whose call is made of operators and methods that PyTorch has too.
AS_IS = {"operator", "number on the left", "of one twice", "builtin", "mT"}
SYMBOLS = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "pow": operator.pow,
           "matmul": operator.matmul}  # fmt: skip


def _on_halves(row: Row) -> Function:
    symbol = SYMBOLS[row.name]
    left = "left" in row.option
    array = np.abs(HALVES) if row.name == "pow" and left else HALVES

    def function(x: Any) -> Any:  # in x's dtype: PyTorch lets a shape of () decide no dtype
        halves = torch.from_numpy(array).to(x.dtype)
        return symbol(halves, x) if left else symbol(x, halves)

    return function


def torch_version(row: Row) -> Function:
    """PyTorch's function for a row, called with the inputs and the row's options."""
    if row.torch is not None:
        return row.torch
    if row.option.startswith("array on the"):
        return _on_halves(row)
    if row.option in AS_IS:
        return row.call
    return lambda x, *rest, **options: getattr(x, row.name)(*rest, **options)


every_row = pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in ROWS if row.differentiable])


def _bound(row: Row) -> Function:
    function = torch_version(row)
    return lambda *inputs: function(*inputs, *row.arguments, **row.keywords)


@every_row
def test_values_and_gradients_are_pytorchs(row: Row) -> None:
    for shapes in row.shapes:
        for dtype in row.dtypes:
            if dtype in CLOSE:  # PyTorch has no float16 for much on a CPU
                beside(row, _bound(row), row.inputs(shapes, dtype), CLOSE[dtype])


@every_row
def test_second_derivatives_are_pytorchs(row: Row) -> None:
    for shapes in row.shapes:
        second_beside(row, _bound(row), row.inputs(shapes))


# Ties and kinks

LEVEL = np.array([[0.0, -0.0, 1.0], [-1.0, 0.5, -0.5]])
TIED = np.array([[1.0, 3.0, 3.0], [3.0, 1.0, 2.0], [0.0, 0.0, 0.0]])
OTHER = np.array([[1.0, 2.0, 3.0], [4.0, 1.0, 2.0], [0.0, 1.0, -1.0]])
BASES = np.array([0.0, 0.0, 0.0, 2.0, 1.0, 0.5])
EXPONENTS = np.array([0.0, 1.0, 2.0, 0.0, 0.0, 3.0])

KINKS: dict[str, tuple[Function, Function, tuple[Array, ...]]] = {
    "abs at 0": (kytorch.abs, torch.abs, (LEVEL,)),
    "relu at 0": (kytorch.relu, torch.relu, (LEVEL,)),
    "clamp at its limits": (lambda x: x.clamp(-0.5, 0.5), lambda x: x.clamp(-0.5, 0.5), (LEVEL,)),
    "clamp at its lower limit": (lambda x: x.clamp(min=0.0), lambda x: x.clamp(min=0.0), (LEVEL,)),
    "clamp at its upper limit": (lambda x: x.clamp(max=0.5), lambda x: x.clamp(max=0.5), (LEVEL,)),
    "clamp with limits that cross": (lambda x: x.clamp(0.5, -0.5), lambda x: x.clamp(0.5, -0.5), (LEVEL,)),
    "maximum at ties": (kytorch.maximum, torch.maximum, (TIED, OTHER)),
    "minimum at ties": (kytorch.minimum, torch.minimum, (TIED, OTHER)),
    "maximum of one twice": (lambda x: x.maximum(x), lambda x: x.maximum(x), (TIED,)),
    "max at ties": (kytorch.max, torch.max, (TIED,)),
    "min at ties": (kytorch.min, torch.min, (TIED,)),
    "max along a dim at ties": (lambda x: x.max(1).values, lambda x: x.max(1).values, (TIED,)),
    "max along another dim at ties": (lambda x: x.max(0).values, lambda x: x.max(0).values, (TIED,)),
    "min along a dim at ties": (lambda x: x.min(1).values, lambda x: x.min(1).values, (TIED,)),
    "where at equality": (
        lambda x, y: kytorch.where(x >= y, x * 2, y * 3), lambda x, y: torch.where(x >= y, x * 2, y * 3), (TIED, OTHER)
    ),
    "pow at 0": (lambda x, y: x**y, lambda x, y: x**y, (BASES, EXPONENTS)),
    "softplus at its threshold": (
        lambda x: x.softplus(1.0, 0.5), lambda x: functional.softplus(x, 1.0, 0.5), (LEVEL,)
    ),
    "softplus far away": (kytorch.softplus, functional.softplus, (LEVEL * 100,)),
    "sigmoid far away": (kytorch.sigmoid, torch.sigmoid, (LEVEL * 100,)),
    "tanh far away": (kytorch.tanh, torch.tanh, (LEVEL * 100,)),
    "a product with zeros": (operator.mul, operator.mul, (LEVEL, LEVEL * 0)),
    "var of equal elements": (lambda x: x.var(1), lambda x: x.var(1), (TIED * 0 + 3,)),
    **{
        f"x ** {n} at 0": (lambda x, n=n: x**n, lambda x, n=n: x**n, (LEVEL,)) for n in (0, 1, 2, 3, 4, 0.0, 1.0, 2.0)
    },
}  # fmt: skip
every_kink = pytest.mark.parametrize("ours, theirs, inputs", KINKS.values(), ids=KINKS)


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@every_kink
def test_gradients_at_ties_and_kinks_are_pytorchs(
    ours: Function, theirs: Function, inputs: tuple[Array, ...], dtype: Any
) -> None:
    beside(ours, theirs, tuple([x.astype(dtype) for x in inputs]), CLOSE[dtype])


# Without those where conventions differ: 0 ** 1 along the base, the formula that holds at the threshold itself.
SECOND = {name: kink for name, kink in KINKS.items() if name not in ("pow at 0", "softplus at its threshold")}


@pytest.mark.parametrize("ours, theirs, inputs", SECOND.values(), ids=SECOND)
def test_second_derivatives_at_ties_and_kinks_are_pytorchs(
    ours: Function, theirs: Function, inputs: tuple[Array, ...]
) -> None:
    second_beside(ours, theirs, inputs)


def test_a_root_at_0_is_infinitely_steep() -> None:
    for ours, theirs in [(lambda x: x.sqrt(), lambda x: x.sqrt()), (lambda x: x**0.5, lambda x: x**0.5)]:
        weight, leaf = TrainableWeight(np.array([0.0, 4.0])), torch.tensor([0.0, 4.0], requires_grad=True)
        [(gradient, _)] = ours(weight.tensor()).sum().backward()
        theirs(leaf).sum().backward()
        assert gradient.tolist() == leaf.grad.tolist()


def test_the_first_greatest_element_is_the_one_that_max_names() -> None:
    for dim in (0, 1, -1):
        for name in ("max", "min"):
            ours, theirs = getattr(Tensor(TIED), name)(dim), getattr(torch.tensor(TIED), name)(dim)
            assert ours.indices.tolist() == theirs.indices.tolist()


def test_nan_wins_in_extrema_as_in_pytorch() -> None:
    x = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, 0.0], [2.0, 1.0, 0.0]])
    for name in ("max", "min"):
        ours, theirs = getattr(Tensor(x), name), getattr(torch.tensor(x), name)
        np.testing.assert_array_equal(ours().numpy(), theirs().numpy())
        np.testing.assert_array_equal(ours(1).values.numpy(), theirs(1).values.numpy())
        assert ours(1).indices.tolist() == theirs(1).indices.tolist()
        np.testing.assert_array_equal(
            getattr(Tensor(x), f"{name}imum")(Tensor(x.T)).numpy(),
            getattr(torch.tensor(x), f"{name}imum")(torch.tensor(x.T)).numpy(),
        )


def test_comparisons_and_sign_at_nan_and_infinity_are_pytorchs() -> None:
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0])
    for symbol in (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge):
        ours = symbol(Tensor(x[:, None]), Tensor(x))
        assert ours.tolist() == symbol(torch.tensor(x[:, None]), torch.tensor(x)).tolist()
    assert kytorch.sign(Tensor(x[1:])).tolist() == torch.sign(torch.tensor(x[1:])).tolist()
