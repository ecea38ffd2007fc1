"""The laws that every operation of the table obeys."""

from __future__ import annotations

import inspect
import operator
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from operations import ROWS
from operations.derivatives import directions, dot, gradient_arrays, gradients, incoming, moved, slope, value
from operations.table import Array, Row, Shapes
from trials import trials

import kytorch
from kytorch import Tensor, TrainableWeight, from_numpy, func
from kytorch.tensor.core import CONSTANT, GradFn, make
from kytorch.tensor.methods import Methods
from kytorch.tensor.methods.registry import METHODS

DIFFERENTIABLE = [row for row in ROWS if row.differentiable]


# The error of a few roundings.
CLOSE = {
    np.dtype(np.float16): {"rtol": 1e-2, "atol": 1e-2},
    np.dtype(np.float32): {"rtol": 1e-5, "atol": 1e-5},
    np.dtype(np.float64): {"rtol": 1e-12, "atol": 1e-12},
}


# Values


@trials(ROWS)
def test_the_value_is_the_references(row: Row, shapes: Shapes, dtype: Any) -> None:
    inputs = row.inputs(shapes, dtype)
    y = value(row, inputs)
    expected = row.expected(*inputs)
    assert y.shape == expected.shape
    np.testing.assert_allclose(y.astype(np.float64), expected.astype(np.float64), **CLOSE[np.dtype(dtype)])


@trials(ROWS)
def test_the_dtype_is_kept(row: Row, shapes: Shapes, dtype: Any) -> None:
    assert value(row, row.inputs(shapes, dtype)).dtype == (row.kind or dtype)


@trials([row for row in ROWS if row.on_arrays])
def test_arrays_and_tensors_give_the_same_bits(row: Row, shapes: Shapes, dtype: Any) -> None:
    inputs = row.inputs(shapes, dtype)
    y, on_arrays = value(row, inputs), row(*inputs)
    assert not isinstance(on_arrays, Tensor)
    assert (y.shape, y.dtype) == (np.shape(on_arrays), on_arrays.dtype)
    assert y.tobytes() == on_arrays.tobytes()


@trials([row for row in ROWS if row.has_method])
def test_the_method_answers_as_the_function(row: Row, shapes: Shapes) -> None:
    inputs = [Tensor(x) for x in row.inputs(shapes)]
    function, method = row(*inputs), row.method(*inputs)
    if isinstance(function, tuple):
        function, method = function.values, method.values
    assert method.numpy().tobytes() == function.numpy().tobytes()
    assert method.shape == function.shape


@trials(ROWS)
def test_an_operation_on_constants_is_a_constant(row: Row, shapes: Shapes) -> None:
    assert row(*[Tensor(x) for x in row.inputs(shapes)]).grad_fn is CONSTANT


@trials(ROWS)
def test_an_operation_on_weights_is_live_if_it_is_differentiable(row: Row, shapes: Shapes) -> None:
    y = row(*[TrainableWeight(x).tensor() for x in row.inputs(shapes)])
    assert y.requires_grad is row.differentiable


# Memory


def _transposed(x: Array) -> Array:
    return np.array(x.T).T


def _strided(x: Array) -> Array:
    wide = np.full([2 * n + 1 for n in x.shape], np.nan if x.dtype.kind == "f" else 1, x.dtype)
    wide[tuple([slice(1, None, 2)] * x.ndim)] = x
    return wide[tuple([slice(1, None, 2)] * x.ndim)]


def _backwards(x: Array) -> Array:
    reverse = tuple([slice(None, None, -1)] * x.ndim)
    return np.array(x[reverse], order="C")[reverse]


@trials(ROWS)
def test_the_layout_in_memory_changes_nothing(row: Row, shapes: Shapes) -> None:
    inputs = row.inputs(shapes)
    y = value(row, inputs)
    g = incoming(y)
    gradients_there = gradient_arrays(row, inputs, g) if row.differentiable else []

    def loss(*xs: Tensor) -> Tensor:
        weighted: Tensor = (row(*xs) * Tensor(g)).sum()
        return weighted

    for layout in (_transposed, _strided, _backwards):
        others = [from_numpy(np.asarray(layout(x))) for x in inputs]
        np.testing.assert_allclose(row(*others).numpy(), y, rtol=1e-12, atol=1e-12)
        if row.differentiable:
            found = func.grad(loss, argnums=tuple(range(len(inputs))))(*others)
            for gradient, expected in zip(found, gradients_there):
                np.testing.assert_allclose(gradient.numpy(), expected, rtol=1e-12, atol=1e-12)


@trials(DIFFERENTIABLE)
def test_the_layout_of_the_gradient_changes_nothing(row: Row, shapes: Shapes) -> None:
    inputs = row.inputs(shapes)
    g = incoming(value(row, inputs))
    expected = gradient_arrays(row, inputs, g)
    weights = [TrainableWeight(x) for x in inputs]
    for layout in (_transposed, _strided, _backwards):
        y = row(*[weight.tensor() for weight in weights])
        found = {weight: gradient for gradient, weight in y.backward(from_numpy(np.asarray(layout(g))))}
        for weight, other in zip(weights, expected):
            np.testing.assert_allclose(found[weight].numpy(), other, rtol=1e-12, atol=1e-12)


def slots(node: GradFn) -> list[str]:
    """The names of what a node holds besides its inputs and their shapes."""
    own = [kind for kind in type(node).__mro__ if kind is not GradFn]
    return [name for kind in own for name in getattr(kind, "__slots__", ()) if hasattr(node, name)]


def saved_arrays(node: GradFn) -> Iterator[Array]:
    """The arrays that a node holds."""
    held = [getattr(node, name) for name in slots(node)]
    while held:
        part = held.pop()
        if isinstance(part, np.ndarray):
            yield part
        elif isinstance(part, (tuple, list)):
            held.extend(part)


def nodes(y: Tensor) -> list[tuple[GradFn, tuple[int, ...]]]:
    """Every recorded operation from y down, with its output's shape."""
    found = {y.grad_fn: y.shape} if y.grad_fn.inputs else {}
    unseen = list(found)
    while unseen:
        node = unseen.pop()
        for child, shape in zip(node.inputs, node.shapes):
            if child not in found and child.inputs:
                found[child] = shape
                unseen.append(child)
    return list(found.items())


@trials(DIFFERENTIABLE)
def test_a_rule_writes_neither_to_g_nor_to_what_is_saved(row: Row, shapes: Shapes) -> None:
    inputs = row.inputs(shapes)
    y = row(*[TrainableWeight(x).tensor() for x in inputs])
    for node, shape in nodes(y):
        g = np.random.default_rng(5).standard_normal(shape)
        before = g.copy()
        saved = [(array, array.copy()) for array in saved_arrays(node)]
        node.vjps(g, lambda array, grad_fn: array)
        node.vjps(make(g.copy(), CONSTANT), make)
        assert np.array_equal(g, before)
        assert all(np.array_equal(array, copy) for array, copy in saved)


@trials(DIFFERENTIABLE)
def test_what_a_graph_has_saved_is_read_only(row: Row, shapes: Shapes) -> None:
    y = row(*[TrainableWeight(x).tensor() for x in row.inputs(shapes)])
    for node, _ in nodes(y):
        assert not any(array.flags.writeable for array in saved_arrays(node)), node


# What a rule that reads it may not show, of a class's slot.
UNREAD = {
    "PowGradFn._b": "in the exponent's rule it is only compared, where a is 0",
    "XlogyGradFn._a": "in a's rule it is only compared, where b <= 0",
    "ClampBetweenGradFn._low": "in the upper limit's rule it is only compared, where that is below it",
    "IndexExtremumGradFn._x": "in v's rule it is only compared, for ties",
    "IndexExtremumGradFn._v": "in x's rule it is only compared, for ties",
    "EigenvaluesGradFn._w": "the eigenvectors' own rule reads it, when this one's is differentiated",
    "ValuesGradFn._factors[1]": "the singular vectors' own rules read it, when this one's is differentiated",
}


def saved_floats(node: GradFn) -> Iterator[tuple[str, Array, Callable[[Array], None]]]:
    """The name of each array of floats that a node holds, the array, and what puts another in its place."""
    for name in slots(node):
        held = getattr(node, name)
        for i, part in enumerate(held if isinstance(held, tuple) else [held]):
            if not isinstance(part, np.ndarray) or part.dtype.kind != "f" or not part.size:
                continue

            def put(array: Array, name: str = name, held: Any = held, i: int = i) -> None:
                setattr(node, name, (*held[:i], array, *held[i + 1 :]) if isinstance(held, tuple) else array)

            yield (f"{name}[{i}]" if isinstance(held, tuple) else name), part, put


def answered(node: GradFn, g: Array) -> Any:
    """What a node's rule answers on arrays, or the error it raises, as something to compare."""
    try:
        with np.errstate(all="ignore"):
            found = node.vjps(g, lambda array, grad_fn: array)
    except ValueError as error:  # LinAlgError is one
        return str(error)
    return [None if x is None else (np.shape(x), np.array(x).tobytes()) for x in found]


def test_a_node_holds_only_what_its_rule_reads() -> None:
    """Every saved array, replaced by NaN, changes a gradient in some row, for the same live inputs."""
    read: dict[tuple[str, tuple[bool, ...]], bool] = {}
    for row in DIFFERENTIABLE:
        inputs = row.inputs(row.shapes[0])
        several = [range(len(inputs)), *[[i] for i in range(len(inputs))]]
        for live in several if len(inputs) > 1 else several[:1]:
            y = row(*[TrainableWeight(x).tensor() if i in live else Tensor(x) for i, x in enumerate(inputs)])
            for node, shape in nodes(y):
                g = np.random.default_rng(5).standard_normal(shape)
                before = answered(node, g)
                for name, array, put in saved_floats(node):
                    key = f"{node.name}.{name}", tuple([fn is not CONSTANT for fn in node.inputs])
                    put(np.full_like(array, np.nan))
                    read[key] = answered(node, g) != before or read.get(key, False)
                    put(array)
    unread = {f"{name} with live inputs {live}" for (name, live), is_read in read.items() if not is_read}
    assert {text for text in unread if text.split(" ")[0] not in UNREAD} == set()
    assert {text.split(" ")[0] for text in unread} == UNREAD.keys()


@trials(ROWS)
def test_an_operation_changes_no_input_and_its_answer_cannot_be_written_to(row: Row, shapes: Shapes) -> None:
    inputs = row.inputs(shapes)
    tensors = [Tensor(x) for x in inputs]
    data = row(*tensors).numpy()
    assert not data.flags.writeable
    with pytest.raises(ValueError):
        data.setflags(write=True)
    for tensor, x in zip(tensors, inputs):
        assert tensor.numpy().tobytes() == x.tobytes()


# First derivatives


@trials(DIFFERENTIABLE)
def test_the_derivative_agrees_with_finite_differences(row: Row, shapes: Shapes) -> None:
    inputs = row.inputs(shapes)
    g = incoming(value(row, inputs))
    along = directions(inputs, 3)
    numeric = slope(lambda h: float(np.sum(g * value(row, moved(inputs, h, along)))))
    np.testing.assert_allclose(dot(gradient_arrays(row, inputs, g), along), numeric, rtol=1e-8, atol=1e-8)


@trials(DIFFERENTIABLE)
def test_a_gradient_has_its_inputs_shape_and_dtype(row: Row, shapes: Shapes, dtype: Any) -> None:
    inputs = row.inputs(shapes, dtype)
    for create_graph in (False, True):
        found = gradients(row, inputs, incoming(value(row, inputs)), create_graph)
        assert [(gradient.shape, gradient.dtype) for gradient in found] == [(x.shape, x.dtype) for x in inputs]


@trials(DIFFERENTIABLE)
def test_a_gradient_in_few_digits_is_that_in_many(row: Row, shapes: Shapes, dtype: Any) -> None:
    inputs = row.inputs(shapes, dtype)
    g = incoming(value(row, inputs))
    many = gradient_arrays(row, tuple([x.astype(np.float64) for x in inputs]), g.astype(np.float64))
    share = {np.float16: 1e-2, np.float32: 1e-5, np.float64: 1e-12}[dtype]
    for few, expected in zip(gradient_arrays(row, inputs, g), many):
        size = np.abs(expected).max(initial=0.0)
        if size < 1e-12:  # it cancels; then its parts are as great as g
            size = np.abs(g).max(initial=0.0)
        np.testing.assert_allclose(few.astype(np.float64), expected, rtol=share, atol=share * size)


@trials(DIFFERENTIABLE)
def test_the_walk_on_tensors_gives_the_gradients_of_the_walk_on_arrays(row: Row, shapes: Shapes) -> None:
    inputs = row.inputs(shapes)
    g = incoming(value(row, inputs))
    for recorded, plain in zip(gradients(row, inputs, g, create_graph=True), gradients(row, inputs, g)):
        assert recorded.numpy().tobytes() == plain.numpy().tobytes()
        assert plain.grad_fn is CONSTANT


@trials([row for row in DIFFERENTIABLE if any(len(shapes) > 1 for shapes in row.shapes)])
def test_each_input_alone_gets_the_gradient_that_it_gets_in_company(row: Row, shapes: Shapes) -> None:
    if len(shapes) == 1:
        return
    inputs = row.inputs(shapes)
    g = incoming(value(row, inputs))
    for i, expected in enumerate(gradient_arrays(row, inputs, g)):
        weight = TrainableWeight(inputs[i])
        y = row(*[weight.tensor() if j == i else Tensor(x) for j, x in enumerate(inputs)])
        for create_graph in (False, True):
            [(gradient, found)] = y.backward(Tensor(g), create_graph=create_graph)
            assert found is weight
            np.testing.assert_allclose(gradient.numpy(), expected, rtol=1e-12, atol=1e-12)


# Second derivatives


@trials(DIFFERENTIABLE)
def test_the_second_derivative_agrees_with_finite_differences(row: Row, shapes: Shapes) -> None:
    inputs = row.inputs(shapes)
    g = incoming(value(row, inputs))
    along, across = directions(inputs, 3), directions((*inputs, g), 4)

    def first(h: float) -> float:
        """The derivative along `along`, with the inputs and the incoming gradient moved by h."""
        return dot(gradient_arrays(row, moved(inputs, h, across), g + h * across[-1]), along)

    weights = [TrainableWeight(x) for x in (*inputs, g)]
    *xs, live_g = [weight.tensor() for weight in weights]
    found = {weight: gradient for gradient, weight in row(*xs).backward(live_g, create_graph=True)}
    derivative = Tensor(np.zeros(()))
    for weight, d in zip(weights, along):
        derivative = derivative + (found[weight] * Tensor(d)).sum()
    second = {weight: gradient.numpy() for gradient, weight in derivative.backward()}
    analytic = dot([second.get(weight, np.zeros(weight.shape)) for weight in weights], across)
    np.testing.assert_allclose(analytic, slope(first), rtol=1e-7, atol=1e-7)


# What is no operand

# Under whose name the functions are refused that are another one by a second name.
_NAMED_AS = {
    "broadcast_to": "expand", "clip": "clamp", "inverse": "inv", "moveaxis": "movedim", "pinverse": "pinv",
    "swapaxes": "transpose", "view": "reshape",
}  # fmt: skip


def _is_the_function(row: Row) -> bool:
    return row.call is (METHODS.get(row.name) or operator.attrgetter(row.name)(kytorch))


@trials([row for row in ROWS if _is_the_function(row)])
def test_a_list_and_a_weight_are_refused_by_name(row: Row, shapes: Shapes) -> None:
    first, *others = row.inputs(shapes)
    name = _NAMED_AS.get(row.name, row.name.rpartition(".")[2])
    for rest in (others, [Tensor(x) for x in others]):
        for wrong in ([1.0, 2.0], "numbers"):
            with pytest.raises(TypeError, match=rf"\b{name}\b.*{type(wrong).__name__}"):
                row(wrong, *rest)
        with pytest.raises(TypeError, match=rf"\b{name}\b.*TrainableWeight.*weight\.tensor\(\)"):
            row(TrainableWeight(np.ones(first.shape)), *rest)


# The table is complete

# A function that takes no Tensor to operate on, and one of whose answer only the shape and the dtype are known, which
# `test_creation` looks at.
NO_OPERATIONS = {"tensor", "empty_like", "full"}


def _takes_tensors(function: Any) -> bool:
    if not isinstance(function, types.FunctionType):
        return False
    annotations = [str(parameter.annotation) for parameter in inspect.signature(function).parameters.values()]
    return any("Tensor" in text or "~A" in text for text in annotations)


def test_every_public_operation_has_a_row() -> None:
    public = {name for name in kytorch.__all__ if _takes_tensors(getattr(kytorch, name))}
    public |= {f"linalg.{name}" for name in kytorch.linalg.__all__}
    missing = (public | set(METHODS)) - NO_OPERATIONS - {row.name for row in ROWS}
    assert not missing, f"tests/operations/ has no row for {sorted(missing)}"


def test_every_method_has_an_operation() -> None:
    public = {name for kind in Methods.__mro__ for name in vars(kind) if not name.startswith("_")}
    assert public - set(METHODS) == {
        "T", "bool", "clone", "contiguous", "double", "float", "half", "int", "long", "mT"
    }  # fmt: skip


def test_the_names_of_the_rows_differ() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS)
