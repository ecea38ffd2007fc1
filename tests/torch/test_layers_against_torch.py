"""Every layer and function of nn.functional beside PyTorch's: values, gradients, second derivatives and states."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from layers import ROWS
from layers.table import Array, Row, Shapes, outputs
from trials import trials

import kytorch
from kytorch import Tensor, TrainableWeight, nn

torch = pytest.importorskip("torch")

BESIDE = [row for row in ROWS if row.oracle]
LAYERS = [row for row in BESIDE if row.is_layer]


def as_torch(value: Any, dtype: Any) -> Any:
    """`value` with arrays in it, of floats in `dtype`, as PyTorch's tensors."""
    if isinstance(value, np.ndarray):
        return torch.tensor(value.astype(dtype) if value.dtype.kind == "f" else value)
    if isinstance(value, (tuple, list)):
        return type(value)([as_torch(x, dtype) for x in value])
    return value


def keywords_of(row: Row, keywords: dict[str, Any], dtype: Any) -> dict[str, Any]:
    return {key: as_torch(value, dtype) for key, value in keywords.items() if key != "generator"}


def made(row: Row, dtype: Any, training: bool) -> Any:
    """PyTorch's layer, with the weights and buffers of ours."""
    create = row.theirs or getattr(torch.nn, row.name)
    theirs = create(*as_torch(row.arguments, dtype), **keywords_of(row, row.keywords, dtype))
    theirs = theirs.to(torch.tensor(np.zeros(0, dtype)).dtype).train(training)
    state = {name: torch.tensor(array) for name, array in row.layer(dtype).state_dict().items()}
    theirs.load_state_dict(state)
    return theirs


def leaves(answer: Any) -> Iterable[Any]:
    if isinstance(answer, torch.Tensor):
        yield answer
    elif isinstance(answer, (tuple, list)):
        for part in answer:
            yield from leaves(part)


def close(found: Array, expected: Array, dtype: Any, what: str) -> None:
    """Equal up to a few roundings of the largest of the numbers."""
    assert found.shape == expected.shape, f"{what}: {found.shape}, PyTorch {expected.shape}"
    assert found.dtype == expected.dtype, f"{what}: {found.dtype}, PyTorch {expected.dtype}"
    if found.dtype.kind != "f":
        np.testing.assert_array_equal(found, expected, what)
        return
    size = np.abs(expected[np.isfinite(expected)]).max(initial=1.0)
    rounding = {np.float16: 2e-3, np.float32: 1e-5, np.float64: 1e-11}[dtype]
    np.testing.assert_allclose(found, expected, rtol=rounding, atol=rounding * size, err_msg=what)


class Sides:
    """A call of ours and one of theirs, with what they made and what they are differentiated in."""

    def __init__(self, row: Row, shapes: Shapes, dtype: Any, training: bool) -> None:
        inputs = row.inputs(shapes, dtype)
        live = row.live(inputs)
        self.ours, self.weights = self._ours(row, dtype, training)
        self.theirs = self._theirs(row, dtype, training)
        self.xs = [kytorch.tensor(x, requires_grad=i in live) for i, x in enumerate(inputs)]
        self.their_xs = [torch.tensor(x, requires_grad=i in live) for i, x in enumerate(inputs)]
        call = row.call_keywords(dtype) if row.is_layer else {}
        their_call = keywords_of(row, row.call, dtype)
        if not row.is_layer:
            arguments, call = row.adapted(dtype)
            their_call = keywords_of(row, row.keywords, dtype)
            self.ys = outputs(self.ours(*self.xs, *arguments, **call))
            self.their_ys = list(leaves(self.theirs(*self.their_xs, *as_torch(row.arguments, dtype), **their_call)))
        else:
            self.ys = outputs(self.ours(*self.xs, **call))
            self.their_ys = list(leaves(self.theirs(*self.their_xs, **their_call)))
        self.inputs: list[Tensor | TrainableWeight] = [x for x in self.xs if x.requires_grad]
        self.inputs += [weight for _, weight in self.weights]
        self.their_inputs = [x for x in self.their_xs if x.requires_grad]
        if self.weights:
            named = dict(self.theirs.named_parameters())
            self.their_inputs += [named[name] for name, _ in self.weights]

    def _ours(self, row: Row, dtype: Any, training: bool) -> tuple[Any, list[tuple[str, TrainableWeight]]]:
        if not row.is_layer:
            return getattr(nn.functional, row.name), []
        layer = row.layer(dtype, training)
        return layer, list(layer.named_weights())

    def _theirs(self, row: Row, dtype: Any, training: bool) -> Any:
        if row.is_layer:
            return made(row, dtype, training)
        return row.theirs or getattr(torch.nn.functional, row.name)

    def gradients(self, seed: int, create_graph: bool = False) -> tuple[Any, Any]:
        """The gradients of the outputs that are recorded, for one gradient that comes in at each."""
        draw = np.random.default_rng(seed).standard_normal
        places = [i for i, y in enumerate(self.their_ys) if y.requires_grad]
        gs = [draw(self.ys[i].shape).astype(self.ys[i].dtype) for i in places]
        if not places or not self.inputs:
            return [], []
        found = kytorch.grad(
            [self.ys[i] for i in places], self.inputs, [Tensor(g) for g in gs], create_graph=create_graph,
            allow_unused=True, materialize_grads=True,
        )  # fmt: skip
        expected = torch.autograd.grad(
            [self.their_ys[i] for i in places], self.their_inputs, [torch.tensor(g) for g in gs],
            create_graph=create_graph, allow_unused=True, materialize_grads=True,
        )  # fmt: skip
        return found, expected


def modes(row: Row) -> tuple[bool, ...]:
    return (False,) if row.random or not row.is_layer else (True, False)


@pytest.mark.filterwarnings("ignore:reduction.*divides")  # kl_div's, of its default
@trials(BESIDE)
def test_values_gradients_and_buffers_are_pytorchs(row: Row, shapes: Shapes, dtype: Any) -> None:
    for training in modes(row):
        sides = Sides(row, shapes, dtype, training)
        assert len(sides.ys) == len(sides.their_ys)
        for y, expected in zip(sides.ys, sides.their_ys):
            close(y.numpy(), expected.detach().numpy(), dtype, f"value, training={training}")
        for i, (g, expected) in enumerate(zip(*sides.gradients(11))):
            close(g.numpy(), expected.numpy(), dtype, f"gradient {i}, training={training}")
        if row.is_layer:
            for name, expected in sides.theirs.state_dict().items():
                close(sides.ours.state_dict()[name], expected.numpy(), dtype, f"{name} afterwards")


@pytest.mark.filterwarnings("ignore:reduction.*divides")  # kl_div's, of its default
@pytest.mark.filterwarnings("ignore:TF32 acceleration")  # PyTorch's, of what is switched off below
@trials([row for row in BESIDE if row.second])
def test_second_derivatives_are_pytorchs(row: Row, shapes: Shapes) -> None:
    """Of the gradients along a direction, with respect to inputs and weights."""
    with torch.backends.mkldnn.flags(enabled=False):  # whose own layers have none
        for training in modes(row):
            sides = Sides(row, shapes, np.float64, training)
            first, others = sides.gradients(11, create_graph=True)
            draw = np.random.default_rng(13).standard_normal
            along = [draw(x.shape) for x in sides.inputs]
            live = [i for i, other in enumerate(others) if other.requires_grad]
            if not live:  # a gradient that is the same everywhere
                continue
            slope = sum([(first[i] * Tensor(along[i])).sum() for i in live], Tensor(0.0, np.float64))
            their_slope = sum([(others[i] * torch.tensor(along[i])).sum() for i in live])
            expected = torch.autograd.grad(their_slope, sides.their_inputs, allow_unused=True, materialize_grads=True)
            found = (
                kytorch.grad(slope, sides.inputs, allow_unused=True, materialize_grads=True)
                if slope.requires_grad
                else [Tensor(np.zeros(x.shape)) for x in sides.inputs]
            )
            for i, (g, other) in enumerate(zip(found, expected)):
                close(g.numpy(), other.numpy(force=True), np.float64, f"second derivative {i}, training={training}")


@trials(LAYERS)
def test_states_have_pytorchs_names_shapes_and_order_and_load_both_ways(row: Row, shapes: Shapes) -> None:
    theirs = made(row, np.float32, training=True)
    ours = row.layer(np.float32)
    mine = {name: (array.shape, array.dtype) for name, array in ours.state_dict().items()}
    other = {name: (tuple(x.shape), x.numpy().dtype) for name, x in theirs.state_dict().items()}
    assert list(mine.items()) == list(other.items())
    changed = {name: x + 1 for name, x in theirs.state_dict().items()}
    ours.load_state_dict(changed)
    for name, array in ours.state_dict().items():
        np.testing.assert_array_equal(array, changed[name].numpy())
    theirs.load_state_dict({name: torch.tensor(array) for name, array in ours.state_dict().items()})


@trials([row for row in LAYERS if row.repr])
def test_a_layer_is_shown_as_pytorchs(row: Row, shapes: Shapes) -> None:
    assert repr(row.layer(np.float32)) == repr(made(row, np.float32, training=True))
