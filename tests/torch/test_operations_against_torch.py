"""Values, gradients and second derivatives beside PyTorch's."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from operations import CHOSEN, HALVES, ROWS, Array, Row, Shapes

import kytorch
from kytorch import Tensor, TrainableWeight

torch = pytest.importorskip("torch")
functional = torch.nn.functional

Function = Callable[..., Any]

# PyTorch warns of a variance of nothing.
pytestmark = pytest.mark.filterwarnings("ignore:.*degrees of freedom")

CLOSE = {
    np.float32: {"rtol": 2e-5, "atol": 1e-5},
    np.float64: {"rtol": 1e-12, "atol": 1e-12},
}

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


def _places(x: Any, index: Any) -> Any:
    """The flat places of `index`; PyTorch's own indexing has no negative steps."""
    return torch.from_numpy(np.array(np.arange(x.numel()).reshape(tuple(x.shape))[index]))


EDITS: dict[str, Function] = {
    "at_set": lambda old, value: value,
    "at_add": operator.add,
    "at_mul": operator.mul,
}


def _edited(row: Row) -> Function:
    """An edit one place after the other, so that what is named twice is edited twice."""
    edit = EDITS[row.name]

    def function(x: Any, v: Any, index: Any) -> Any:
        places = _places(x, index)
        y, values = x.reshape(-1), v.expand(places.shape).reshape(-1)
        for place, value in zip(places.reshape(-1, 1), values.reshape(-1, 1)):
            y = y.index_copy(0, place, edit(y[place], value))
        return y.reshape(x.shape)

    return function


def _var(x: Any, dim: Any = None, **options: Any) -> Any:
    return x.var(dim=None if dim == () else dim, **options)


TORCH: dict[str, Function] = {
    "pow-number as first argument": lambda x: torch.pow(2.5, x),
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "maximum-0.25": lambda x, n: torch.maximum(x, torch.tensor(n, dtype=x.dtype)),
    "minimum-0.25": lambda x, n: torch.minimum(x, torch.tensor(n, dtype=x.dtype)),
    f"maximum-{HALVES}": lambda x, array: torch.maximum(x, torch.from_numpy(array).to(x.dtype)),
    f"minimum-{HALVES}": lambda x, array: torch.minimum(x, torch.from_numpy(array).to(x.dtype)),
    "where-array condition": lambda x, y: torch.where(torch.from_numpy(CHOSEN), x, y),
    "where-condition that broadcasts": lambda x, y: torch.where(torch.from_numpy(CHOSEN[:, :1]), x, y),
    "where-computed condition": lambda x, y: torch.where(x < y, x * x, y),
    "where-number on the right": lambda x: torch.where(x > 0, x, 2.0),
    "where-number on the left": lambda x: torch.where(x > 0, 2.0, x),
    "where-method": lambda x, y: x.where(x > y, y),
    "clamp-Tensors as limits": lambda x, low, high: x.clamp(low, high),
    "to-float64": lambda x, _: x.to(torch.float64),
    "to-its own dtype": lambda x: x,
    "cat": lambda *xs: torch.cat(xs),
    "cat-dim=1": lambda *xs: torch.cat(xs, 1),
    "cat-dim=-1": lambda *xs: torch.cat(xs, -1),
    "cat-of one twice": lambda x: torch.cat([x, x * x]),
    "stack": lambda *xs: torch.stack(xs),
    "stack-dim=1": lambda *xs: torch.stack(xs, 1),
    "stack-dim=-1": lambda *xs: torch.stack(xs, -1),
    "mm-of one twice": lambda x: x.mm(x.T),
    "max-None, False": lambda x, *_: x.amax(),
    "max-None, True": lambda x, *_: x.amax(dim=tuple(range(x.ndim)), keepdim=True),
    "min-None, False": lambda x, *_: x.amin(),
    "min-None, True": lambda x, *_: x.amin(dim=tuple(range(x.ndim)), keepdim=True),
    "at_set-all, to a number": lambda x: x * 0 + 2.5,
    "at_add-a number": lambda x: x + 2,
    "at_mul-an array": lambda x: x * torch.from_numpy(HALVES),
    "at_mul-of one twice": lambda x: x * x,
}


def torch_version(row: Row) -> Function:
    """PyTorch's function for a row, called with the inputs and the row's options."""
    if row.id in TORCH:
        return TORCH[row.id]
    if row.option.startswith("array on the"):
        return _on_halves(row)
    if row.option in AS_IS:
        return row.call
    if row.option.startswith("values"):
        return lambda x, *options: getattr(x, row.name)(*options).values
    if row.name == "getitem":
        return lambda x, index: x.reshape(-1)[_places(x, index)]
    if row.name.startswith("at_"):
        return _edited(row)
    if row.name == "softplus":
        return functional.softplus
    if row.name == "var":
        return _var
    if row.name == "reversed_dims":
        return lambda x: x.permute(tuple(reversed(range(x.ndim))))
    return lambda x, *rest, **options: getattr(x, row.name)(*rest, **options)


TRIALS = [(row, shapes) for row in ROWS if row.differentiable for shapes in row.shapes]
every_trial = pytest.mark.parametrize("row, shapes", TRIALS, ids=[f"{row.id}-{shapes}" for row, shapes in TRIALS])


def beside(ours: Function, theirs: Function, inputs: tuple[Array, ...], close: dict[str, float]) -> None:
    """Compare the values, the gradients for an incoming gradient other than 1, and their shapes and dtypes."""
    weights = [TrainableWeight(x) for x in inputs]
    leaves = [torch.tensor(x, requires_grad=True) for x in inputs]
    y, expected = ours(*[weight.tensor() for weight in weights]), theirs(*leaves)
    assert y.shape == tuple(expected.shape)
    np.testing.assert_allclose(y.numpy(), expected.detach().numpy(), **close)
    assert y.dtype == expected.detach().numpy().dtype
    g = np.asarray(np.random.default_rng(11).normal(1.0, 2.0, y.shape)).astype(y.dtype)
    found = {weight: gradient for gradient, weight in y.backward(Tensor(g))}
    others = torch.autograd.grad(expected, leaves, torch.tensor(g), materialize_grads=True)
    for weight, other in zip(weights, others):
        assert found[weight].dtype == other.numpy().dtype
        np.testing.assert_allclose(found[weight].numpy(), other.numpy(), **close)


def second_beside(ours: Function, theirs: Function, inputs: tuple[Array, ...]) -> None:
    """Compare the derivatives of the gradients along a direction, with respect to the inputs and to g."""
    generator = np.random.default_rng(13)
    weights = [TrainableWeight(x) for x in inputs]
    y = ours(*[weight.tensor() for weight in weights])
    g = np.asarray(generator.normal(1.0, 2.0, y.shape))
    along = [np.asarray(generator.standard_normal(x.shape)) for x in inputs]

    live = TrainableWeight(g)
    found = {weight: gradient for gradient, weight in y.backward(live.tensor(), create_graph=True)}
    derivative = Tensor(np.zeros(()))
    for weight, d in zip(weights, along):
        derivative = derivative + (found[weight] * Tensor(d)).sum()
    second = {weight: gradient.numpy() for gradient, weight in derivative.backward()}

    leaves = [torch.tensor(x, requires_grad=True) for x in (*inputs, g)]
    first = torch.autograd.grad(
        theirs(*leaves[:-1]), leaves[:-1], leaves[-1], create_graph=True, materialize_grads=True
    )
    slope = sum([(gradient * torch.tensor(d)).sum() for gradient, d in zip(first, along)])
    if slope.requires_grad:
        others = torch.autograd.grad(slope, leaves, materialize_grads=True)
    else:  # a gradient that is 0 everywhere, not even in terms of g
        others = tuple([torch.zeros_like(leaf) for leaf in leaves])
    for weight, other in zip([*weights, live], others):
        expected = other.numpy(force=True)
        np.testing.assert_allclose(second.get(weight, np.zeros(weight.shape)), expected, rtol=1e-11, atol=1e-11)


def _bound(row: Row) -> Function:
    function = torch_version(row)
    return lambda *inputs: function(*inputs, *row.arguments, **row.keywords)


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@every_trial
def test_values_and_gradients(row: Row, shapes: Shapes, dtype: Any) -> None:
    beside(row, _bound(row), row.inputs(shapes, dtype), CLOSE[dtype])


@every_trial
def test_second_derivatives(row: Row, shapes: Shapes) -> None:
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
def test_ties_and_kinks(ours: Function, theirs: Function, inputs: tuple[Array, ...], dtype: Any) -> None:
    beside(ours, theirs, tuple([x.astype(dtype) for x in inputs]), CLOSE[dtype])


# Without those where conventions differ: 0 ** 1 along the base, the formula that holds at the threshold itself.
SECOND = {name: kink for name, kink in KINKS.items() if name not in ("pow at 0", "softplus at its threshold")}


@pytest.mark.parametrize("ours, theirs, inputs", SECOND.values(), ids=SECOND)
def test_second_derivatives_at_ties_and_kinks(ours: Function, theirs: Function, inputs: tuple[Array, ...]) -> None:
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


def test_comparisons_and_sign_at_nan_and_infinity() -> None:
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0])
    for symbol in (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge):
        ours = symbol(Tensor(x[:, None]), Tensor(x))
        assert ours.tolist() == symbol(torch.tensor(x[:, None]), torch.tensor(x)).tolist()
    assert kytorch.sign(Tensor(x[1:])).tolist() == torch.sign(torch.tensor(x[1:])).tolist()
