"""The laws that every layer and every function of nn.functional obeys."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import numpy as np
from layers import ROWS
from layers.table import Array, Row, Shapes, outputs
from operations import ROWS as OPERATIONS
from trials import trials

import kytorch
from kytorch import Tensor, nn
from kytorch.ops.join import cat
from kytorch.tensor.core import CONSTANT
from kytorch.testing import check_gradients

LAYERS = [row for row in ROWS if row.is_layer]

# The error of a few roundings.
CLOSE = {
    np.float16: {"rtol": 2e-2, "atol": 2e-2},
    np.float32: {"rtol": 2e-5, "atol": 2e-5},
    np.float64: {"rtol": 1e-11, "atol": 1e-11},
}


def values(row: Row, inputs: list[Array], dtype: Any, training: bool = False) -> list[Array]:
    answer = row.function(dtype, training)(*[Tensor(x) for x in inputs])
    return [y.numpy() for y in outputs(answer)]


def live_inputs(row: Row, inputs: list[Array]) -> list[Tensor]:
    live = row.live(inputs)
    return [kytorch.tensor(x, requires_grad=i in live) for i, x in enumerate(inputs)]


def test_every_layer_and_function_has_a_row() -> None:
    layers = {
        name
        for name in nn.__all__
        if isinstance(found := getattr(nn, name), type) and issubclass(found, nn.Module)
        and found.forward not in (nn.Module.forward, nn.Sequential.forward)
    }  # fmt: skip
    assert not layers - {row.name for row in LAYERS}
    assert not set(nn.functional.__all__) - {row.name for row in [*ROWS, *OPERATIONS]}


def test_the_names_of_the_rows_differ() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS)


# Kinds


@trials(ROWS)
def test_floats_stay_of_their_dtype(row: Row, shapes: Shapes, dtype: Any) -> None:
    inputs = row.inputs(shapes, dtype)
    for training in (True, False):
        for y in values(row, inputs, dtype, training):
            assert y.dtype == dtype or y.dtype.kind != "f"


@trials(LAYERS)
def test_a_layer_takes_its_weights_dtype(row: Row, shapes: Shapes, dtype: Any) -> None:
    found = getattr(nn, row.name)
    weights = dict(row.layer(dtype).named_weights())
    if weights and not any(isinstance(part, nn.Module) for part in row.arguments):  # whose weights they are
        assert "dtype" in inspect.signature(found).parameters
        arguments, keywords = row.adapted(dtype)
        made = dict(found(*arguments, **{**keywords, "dtype": dtype}).named_weights())
        assert {name: (weight.shape, weight.dtype) for name, weight in made.items()} == {
            name: (weight.shape, np.dtype(dtype)) for name, weight in weights.items()
        }


@trials(LAYERS)
def test_no_dtype_is_float32_as_in_pytorch(row: Row, shapes: Shapes) -> None:
    found = getattr(nn, row.name)
    if "dtype" in inspect.signature(found).parameters:
        arguments, keywords = row.adapted(np.float32)
        made = found(*arguments, **{**keywords, "dtype": None})
        assert {weight.dtype for weight in made.weights()} <= {np.dtype(np.float32)}


# Derivatives


@trials(ROWS)
def test_derivatives_are_those_of_finite_differences(row: Row, shapes: Shapes) -> None:
    """To second order, of inputs and weights; and the kernels' gradients are those of the compositions."""
    inputs = row.inputs(shapes, np.float64)
    live = row.live(inputs)
    function, weights = row.of_weights(np.float64, training=not row.random)
    if not live and not weights:
        return

    def joined(*tensors: Tensor) -> Tensor:
        given = iter(tensors)
        every = [next(given) if i in live else Tensor(x) for i, x in enumerate(inputs)]
        ys = [y.reshape(-1) for y in outputs(function(*every, *given)) if y.dtype.kind == "f"]
        return ys[0] if len(ys) == 1 else cat(ys)

    tensors = [Tensor(inputs[i]) for i in live] + [Tensor(weight) for weight in weights]
    check_gradients(joined, *tensors, order=2 if row.second else 1, rtol=1e-5, atol=1e-6)


@trials(ROWS)
def test_gradients_have_their_inputs_dtype_and_shape(row: Row, shapes: Shapes, dtype: Any) -> None:
    inputs = live_inputs(row, row.inputs(shapes, dtype))
    function, weights = row.of_weights(dtype, training=not row.random)
    targets = [x for x in inputs if x.requires_grad] + [
        kytorch.tensor(weight, requires_grad=True) for weight in weights
    ]
    ys = [y for y in outputs(function(*inputs, *targets[len(targets) - len(weights) :])) if y.requires_grad]
    if ys:
        gs = [Tensor(np.ones(y.shape, y.dtype)) for y in ys]
        for x, g in zip(targets, kytorch.grad(ys, targets, gs, allow_unused=True)):
            assert g is None or (g.shape, g.dtype) == (x.shape, x.dtype)


# Values do not depend on what they should not depend on


def strided(x: Array) -> Array:
    """The same numbers, in the reverse order of memory with gaps."""
    if not x.ndim:
        return x
    wide = np.zeros((*x.shape[::-1][:-1], 2 * x.shape[0]), x.dtype)[..., ::2].T
    wide[...] = x
    return wide


@trials(ROWS)
def test_the_order_in_memory_does_not_matter(row: Row, shapes: Shapes, dtype: Any) -> None:
    inputs = row.inputs(shapes, dtype)
    expected = values(row, inputs, dtype)
    others = row.function(dtype, False)(*[kytorch.from_numpy(strided(x)) for x in inputs])
    for y, other in zip(expected, outputs(others)):
        np.testing.assert_allclose(other.numpy(), y, **CLOSE[dtype])


@trials(ROWS)
def test_gradients_do_not_depend_on_the_order_in_memory(row: Row, shapes: Shapes) -> None:
    inputs = row.inputs(shapes, np.float64)
    live = row.live(inputs)
    function = row.function(np.float64, training=not row.random)
    found = []
    for laid_out in (lambda x: x, strided):
        tensors = [kytorch.from_numpy(laid_out(x)) for x in inputs]
        starts = [kytorch.tensor(0.0, dtype=np.float64, requires_grad=True) for _ in tensors]
        # Adding 0 keeps the order in memory, and makes the input live.
        given = [x + zero if i in live else x for i, (x, zero) in enumerate(zip(tensors, starts))]
        ys = [y for y in outputs(function(*given)) if y.requires_grad]
        gs = [Tensor(laid_out(np.random.default_rng(5).standard_normal(y.shape))) for y in ys]
        found.append(kytorch.grad(ys, [given[i] for i in live], gs, allow_unused=True) if ys and live else ())
    for one, other in zip(*found):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            np.testing.assert_allclose(other.numpy(), one.numpy(), **CLOSE[np.float64])


@trials(ROWS)
def test_a_call_is_repeatable_and_the_same_without_recording(row: Row, shapes: Shapes) -> None:
    inputs = [Tensor(x) for x in row.inputs(shapes, np.float32)]
    function = row.function(np.float32, training=False)
    with kytorch.no_grad():
        first = outputs(function(*inputs))
    assert all(y.grad_fn is CONSTANT for y in first)
    for y, again in zip(first, outputs(function(*inputs))):
        np.testing.assert_array_equal(again.numpy(), y.numpy())


# A layer's state


@trials(LAYERS)
def test_a_state_that_is_loaded_a_copy_and_a_pickled_layer_answer_the_same(row: Row, shapes: Shapes) -> None:
    inputs = [Tensor(x) for x in row.inputs(shapes, np.float32)]
    layer = row.layer(np.float32, training=False)
    other = row.layer(np.float32, training=False)
    for weight in other.weights():
        weight.update(np.zeros(weight.shape, weight.dtype))
    other.load_state_dict(layer.state_dict())
    call = row.call_keywords(np.float32)
    expected = outputs(layer(*inputs, **call))
    for same in (other, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert repr(same) == repr(layer)
        for y, again in zip(expected, outputs(same(*inputs, **call))):
            np.testing.assert_array_equal(again.numpy(), y.numpy())


@trials(LAYERS)
def test_evaluation_changes_no_state(row: Row, shapes: Shapes) -> None:
    layer = row.layer(np.float32, training=False)
    before = layer.state_dict()
    layer(*[Tensor(x) for x in row.inputs(shapes, np.float32)], **row.call_keywords(np.float32))
    for name, array in layer.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
