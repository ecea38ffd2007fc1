"""Layers, losses, states and a whole training run beside PyTorch's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight, nn
from kytorch.optim import gradient_descent

pytest.importorskip("torch.version", reason="PyTorch is not installed", exc_type=ImportError)
import torch
from test_operations_against_torch import CLOSE, beside, second_beside

Function = Callable[..., Any]
Arrays = tuple[np.ndarray, ...]

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_reduction = pytest.mark.parametrize("reduction", ["mean", "sum", "none"])


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def as_dtype(inputs: Arrays, dtype: Any) -> Arrays:
    return tuple([np.asarray(x).astype(dtype) for x in inputs])


# Linear


@pytest.mark.parametrize("shape", [(4,), (1, 4), (5, 4), (2, 3, 4), (2, 1, 3, 4), (0, 4)])
@pytest.mark.parametrize("bias", [True, False])
class TestLinear:
    def inputs(self, shape: tuple[int, ...], bias: bool) -> Arrays:
        draw = rng().standard_normal
        return (draw(shape), draw((3, 4)), draw(3)) if bias else (draw(shape), draw((3, 4)))

    @every_dtype
    def test_values_and_gradients_are_pytorchs(self, shape: tuple[int, ...], bias: bool, dtype: Any) -> None:
        inputs = as_dtype(self.inputs(shape, bias), dtype)
        beside(nn.functional.linear, torch.nn.functional.linear, inputs, CLOSE[dtype])

    def test_second_derivatives_are_pytorchs(self, shape: tuple[int, ...], bias: bool) -> None:
        second_beside(nn.functional.linear, torch.nn.functional.linear, self.inputs(shape, bias))


# Activations

ACTIVATIONS: dict[str, tuple[nn.Module, Function]] = {
    "Sin": (nn.Sin(), torch.sin),
    "ReLU": (nn.ReLU(), torch.nn.ReLU()),
    "Sigmoid": (nn.Sigmoid(), torch.nn.Sigmoid()),
    "Tanh": (nn.Tanh(), torch.nn.Tanh()),
}
every_activation = pytest.mark.parametrize("ours, theirs", ACTIVATIONS.values(), ids=ACTIVATIONS)
POINTS = np.concatenate([rng().normal(0, 3, 40), [0.0, -0.0, 20.0, -20.0, 90.0, -90.0]])


@every_activation
@every_dtype
def test_activations_are_pytorchs(ours: nn.Module, theirs: Function, dtype: Any) -> None:
    close = CLOSE[dtype]
    beside(ours, theirs, as_dtype((POINTS,), dtype), close)
    beside(ours, theirs, as_dtype((POINTS[:40].reshape(2, 4, 5),), dtype), close)


@every_activation
def test_second_derivatives_of_activations_are_pytorchs(ours: nn.Module, theirs: Function) -> None:
    second_beside(ours, theirs, (POINTS,))


# Losses of an input and a target of one shape


def probabilities(shape: tuple[int, ...]) -> np.ndarray:
    return rng(1).uniform(0.02, 0.98, shape)


def numbers(shape: tuple[int, ...]) -> np.ndarray:
    return rng(2).normal(0, 3, shape)


def composed_bce(reduction: str) -> Function:
    """The cross-entropy in PyTorch's primitives, whose second derivative is exact; that of its own has an epsilon."""

    def loss(p: Any, t: Any) -> Any:
        elements = -(t * p.log() + (1 - t) * (1 - p).log())
        return elements if reduction == "none" else getattr(elements, reduction)()

    return loss


PAIRED = {
    "BCELoss": (nn.BCELoss, torch.nn.BCELoss, probabilities),
    "BCEWithLogitsLoss": (nn.BCEWithLogitsLoss, torch.nn.BCEWithLogitsLoss, numbers),
    "MSELoss": (nn.MSELoss, torch.nn.MSELoss, numbers),
}


@pytest.mark.parametrize("ours, theirs, draw", PAIRED.values(), ids=PAIRED)
@every_reduction
class TestPairedLosses:
    @every_dtype
    @pytest.mark.parametrize("shape", [(), (7,), (4, 3), (2, 3, 4)])
    def test_values_and_gradients_in_input_and_target_are_pytorchs(
        self, ours: Function, theirs: Function, draw: Function, reduction: str, shape: tuple[int, ...], dtype: Any
    ) -> None:
        inputs = as_dtype((draw(shape), rng(3).uniform(0, 1, shape)), dtype)
        beside(ours(reduction=reduction), theirs(reduction=reduction), inputs, CLOSE[dtype])

    @pytest.mark.parametrize("shape", [(), (7,), (2, 3, 4)])
    def test_second_derivatives_in_input_and_target_are_pytorchs(
        self, ours: Function, theirs: Function, draw: Function, reduction: str, shape: tuple[int, ...]
    ) -> None:
        oracle = composed_bce(reduction) if ours is nn.BCELoss else theirs(reduction=reduction)
        second_beside(ours(reduction=reduction), oracle, (draw(shape), rng(3).uniform(0, 1, shape)))

    @every_dtype
    def test_an_empty_batch_is_as_in_pytorch(
        self, ours: Function, theirs: Function, draw: Function, reduction: str, dtype: Any
    ) -> None:
        beside(
            ours(reduction=reduction), theirs(reduction=reduction), as_dtype((draw((0, 3)),) * 2, dtype), CLOSE[dtype]
        )


@every_dtype
@every_reduction
def test_bce_of_certain_probabilities_is_pytorchs(reduction: str, dtype: Any) -> None:
    p = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1e-30, 1e-13, 0.5])
    t = np.array([0.0, 0.5, 1.0, 0.0, 0.5, 1.0, 1.0, 0.0, 0.0])
    p, t = as_dtype((p, t), dtype)
    ours, theirs = nn.BCELoss(reduction=reduction), torch.nn.BCELoss(reduction=reduction)
    beside(lambda p: ours(p, Tensor(t)), lambda p: theirs(p, torch.tensor(t)), (p,), {"rtol": 2e-6, "atol": 1e-12})


@every_dtype
@every_reduction
def test_bce_of_extreme_logits_is_pytorchs(reduction: str, dtype: Any) -> None:
    x = np.array([1e4, -1e4, 1e4, -1e4, 0.0, -0.0, 88.0, -88.0, 1e-8])
    t = np.array([0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.5, 0.5, 0.5])
    inputs = as_dtype((x, t), dtype)
    theirs = torch.nn.BCEWithLogitsLoss(reduction=reduction)
    beside(nn.BCEWithLogitsLoss(reduction=reduction), theirs, inputs, CLOSE[dtype])


# Cross-entropy

SHAPES = [(5,), (1, 1), (1, 5), (6, 2), (7, 3), (4, 64), (4, 65), (3, 500), (2, 5, 4), (2, 3, 2, 4)]


def labels_for(shape: tuple[int, ...]) -> np.ndarray:
    dim = 1 if len(shape) > 1 else 0
    return np.asarray(rng(4).integers(0, shape[dim], shape[:dim] + shape[dim + 1 :]))


class CrossEntropies:
    """Both libraries' losses for a reduction."""

    def __init__(self, reduction: str) -> None:
        self.ours = nn.CrossEntropyLoss(reduction=reduction)  # type: ignore[arg-type]  # one of the three
        self.theirs = torch.nn.CrossEntropyLoss(reduction=reduction)

    def of(self, labels: np.ndarray) -> tuple[Function, Function]:
        return lambda x: self.ours(x, Tensor(labels)), lambda x: self.theirs(x, torch.tensor(labels))


def class_probabilities(shape: tuple[int, ...]) -> np.ndarray:
    p = rng(5).uniform(0.1, 1, shape)
    return p / p.sum(1 if len(shape) > 1 else 0, keepdims=True)


@every_reduction
@pytest.mark.parametrize("shape", SHAPES, ids=str)
class TestCrossEntropy:
    @every_dtype
    def test_values_and_gradients_of_class_indices_are_pytorchs(
        self, shape: tuple[int, ...], reduction: str, dtype: Any
    ) -> None:
        both = CrossEntropies(reduction).of(labels_for(shape))
        beside(*both, as_dtype((numbers(shape),), dtype), CLOSE[dtype])

    def test_second_derivatives_of_class_indices_are_pytorchs(self, shape: tuple[int, ...], reduction: str) -> None:
        second_beside(*CrossEntropies(reduction).of(labels_for(shape)), (numbers(shape),))

    @every_dtype
    def test_values_and_gradients_of_probabilities_are_pytorchs(
        self, shape: tuple[int, ...], reduction: str, dtype: Any
    ) -> None:
        both = CrossEntropies(reduction)
        inputs = as_dtype((numbers(shape), class_probabilities(shape)), dtype)
        beside(both.ours, both.theirs, inputs, CLOSE[dtype])

    def test_second_derivatives_of_probabilities_are_pytorchs(self, shape: tuple[int, ...], reduction: str) -> None:
        both = CrossEntropies(reduction)
        second_beside(both.ours, both.theirs, (numbers(shape), class_probabilities(shape)))


@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_cross_entropy_of_an_empty_batch_is_pytorchs(reduction: str) -> None:
    both, nothing = CrossEntropies(reduction), np.zeros((0, 3))
    of_indices = both.of(np.zeros(0, np.int64))
    beside(*of_indices, (nothing,), CLOSE[np.float64])
    second_beside(*of_indices, (nothing,))
    beside(both.ours, both.theirs, (nothing, nothing), CLOSE[np.float64])
    second_beside(both.ours, both.theirs, (nothing, nothing))


def test_a_mean_over_nothing_is_nan_as_in_pytorch() -> None:
    assert math.isnan(nn.CrossEntropyLoss()(Tensor(np.zeros((0, 3))), Tensor(np.zeros(0, np.int64))).item())
    assert math.isnan(torch.nn.CrossEntropyLoss()(torch.zeros((0, 3)), torch.zeros(0, dtype=torch.int64)).item())


@every_dtype
@every_reduction
def test_cross_entropy_of_extreme_logits_is_pytorchs(reduction: str, dtype: Any) -> None:
    x = np.array([[1e4, 0.0, -1e4], [0.0, 0.0, 0.0], [-1e4, -1e4, -1e4], [1e4, 1e4, 0.0]])
    beside(*CrossEntropies(reduction).of(np.array([2, 0, 1, 2])), as_dtype((x,), dtype), CLOSE[dtype])


# Models


def both_models(dtype: Any = np.float32) -> tuple[nn.Sequential, Any]:
    kind = {np.float32: torch.float32, np.float64: torch.float64}[dtype]
    ours = nn.Sequential(
        nn.Linear(3, 8, dtype=dtype),
        nn.Tanh(),
        nn.Sequential(nn.Linear(8, 8, bias=False, dtype=dtype), nn.ReLU(), nn.Sequential(nn.Sigmoid())),
        nn.Linear(8, 4, dtype=dtype),
    )
    theirs = torch.nn.Sequential(
        torch.nn.Linear(3, 8, dtype=kind),
        torch.nn.Tanh(),
        torch.nn.Sequential(
            torch.nn.Linear(8, 8, bias=False, dtype=kind), torch.nn.ReLU(), torch.nn.Sequential(torch.nn.Sigmoid())
        ),
        torch.nn.Linear(8, 4, dtype=kind),
    )
    return ours, theirs


def test_a_state_has_pytorchs_names_in_its_order_with_its_shapes_and_dtypes() -> None:
    ours, theirs = both_models()
    found = [(path, array.shape, str(array.dtype)) for path, array in ours.state_dict().items()]
    assert found == [(path, tuple(t.shape), str(t.numpy().dtype)) for path, t in theirs.state_dict().items()]


def test_the_state_of_attributes_lists_buffers_and_shared_layers_is_named_and_ordered_as_pytorchs() -> None:
    class Ours(nn.Module):
        def __init__(self) -> None:
            self.first = nn.Linear(2, 2)
            self.scale = TrainableWeight(np.ones(2, np.float32))
            self.mean = nn.Buffer(np.zeros(2, np.float32))
            self.layers = [nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2, bias=False))]
            self.again = self.first

    class Theirs(torch.nn.Module):  # type: ignore[misc]  # PyTorch is untyped where it is missing
        def __init__(self) -> None:
            super().__init__()
            self.first = torch.nn.Linear(2, 2)
            self.scale = torch.nn.Parameter(torch.ones(2))
            self.register_buffer("mean", torch.zeros(2))
            self.layers = torch.nn.ModuleList(
                [torch.nn.Linear(2, 2), torch.nn.Sequential(torch.nn.Linear(2, 2, bias=False))]
            )
            self.again = self.first

    ours, theirs = Ours(), Theirs()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [path for path, _ in ours.named_weights()] == [path for path, _ in theirs.named_parameters()]
    assert [path for path, _ in ours.named_buffers()] == [path for path, _ in theirs.named_buffers()]


@every_dtype
def test_states_loaded_both_ways_give_equal_outputs(dtype: Any) -> None:
    x = rng(6).standard_normal((10, 3)).astype(dtype)
    for into_ours in (True, False):
        ours, theirs = both_models(dtype)
        before = ours(Tensor(x)).numpy()
        if into_ours:
            ours.load_state_dict({path: t.numpy() for path, t in theirs.state_dict().items()})
            assert not np.array_equal(before, ours(Tensor(x)).numpy())
        else:
            theirs.load_state_dict({path: torch.tensor(array) for path, array in ours.state_dict().items()})
        np.testing.assert_allclose(ours(Tensor(x)).numpy(), theirs(torch.tensor(x)).detach().numpy(), **CLOSE[dtype])


def test_the_repr_is_pytorchs() -> None:
    ours, theirs = both_models()
    assert repr(ours) == repr(theirs)
    assert repr(ours[2][0]) == repr(theirs[2][0])
    assert repr(ours[1:3]) == repr(theirs[1:3])
    assert list(ours[2:].state_dict()) == list(theirs[2:].state_dict())
    assert repr(nn.Sequential(nn.Sequential())) == repr(torch.nn.Sequential(torch.nn.Sequential()))
    for name in ("BCELoss", "BCEWithLogitsLoss", "MSELoss", "CrossEntropyLoss"):
        assert repr(getattr(nn, name)()) == repr(getattr(torch.nn, name)())


def test_the_repr_of_options_is_laid_out_as_pytorchs() -> None:
    for options in ("", "a=1", "a=1\nb=2"):
        for child in (False, True):
            shown = []
            for library in (nn, torch.nn):

                class Model(library.Module):  # type: ignore[name-defined, misc]  # one class for each library
                    def __init__(self, layer: Any, options: str = options) -> None:
                        super().__init__()
                        self.options = options
                        if layer is not None:
                            self.layer = layer

                    def extra_repr(self) -> str:
                        return self.options

                shown.append(repr(library.Sequential(Model(library.ReLU() if child else None))))
            assert shown[0] == shown[1]


@pytest.mark.parametrize("in_features", [1, 5, 64])
def test_linear_starts_with_pytorchs_distribution(in_features: int) -> None:
    n = 20_000
    sizes = in_features, n // in_features
    ours, theirs = nn.Linear(*sizes, generator=rng()), torch.nn.Linear(*sizes)
    bound = 1 / math.sqrt(in_features)
    for name in ("weight", "bias"):
        a, b = getattr(ours, name).data, getattr(theirs, name).detach().numpy()
        assert a.shape == b.shape and a.dtype == b.dtype
        for values in (a, b):
            assert bound * (1 - 30 / values.size) < np.abs(values).max() <= bound * (1 + 1e-6)
        # Kolmogorov and Smirnov's distance of two samples, which exceeds this for one pair in a million
        places = np.sort(np.concatenate([a.ravel(), b.ravel()]))
        below = [np.searchsorted(np.sort(x.ravel()), places, "right") / x.size for x in (a, b)]
        assert np.abs(below[0] - below[1]).max() < math.sqrt(-math.log(0.5e-6) / a.size)


@pytest.mark.parametrize("in_place", ["xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_"])
def test_initialisation_has_pytorchs_deviation(in_place: str) -> None:
    for shape in ((300, 100), (40, 30, 5, 5)):
        ours = getattr(nn.init, in_place)(TrainableWeight(np.zeros(shape, np.float32)), generator=rng())
        theirs = getattr(torch.nn.init, in_place)(torch.zeros(shape)).numpy()
        assert abs(ours.data.std() / theirs.std() - 1) < 5 / math.sqrt(ours.size)


@pytest.mark.parametrize("name", ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"])
def test_gains_are_pytorchs(name: str) -> None:
    assert nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)  # type: ignore[arg-type]  # one of six
    assert nn.init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain("leaky_relu", 0.3)


# Training

RUNS: dict[str, tuple[Function, Function, Function]] = {
    "mse": (nn.MSELoss(), torch.nn.MSELoss(), lambda draw: draw.standard_normal((20, 4))),
    "bce with logits": (
        nn.BCEWithLogitsLoss(reduction="sum"),
        torch.nn.BCEWithLogitsLoss(reduction="sum"),
        lambda draw: draw.integers(0, 2, (20, 4)).astype(float),
    ),
    "bce": (
        lambda x, t: nn.functional.binary_cross_entropy(x.sigmoid(), t),
        lambda x, t: torch.nn.functional.binary_cross_entropy(x.sigmoid(), t),
        lambda draw: draw.integers(0, 2, (20, 4)).astype(float),
    ),
    "cross-entropy": (nn.CrossEntropyLoss(), torch.nn.CrossEntropyLoss(), lambda draw: draw.integers(0, 4, 20)),
}


@pytest.mark.parametrize("our_loss, their_loss, targets", RUNS.values(), ids=RUNS)
def test_fifty_steps_of_training_agree(our_loss: Function, their_loss: Function, targets: Function) -> None:
    ours, theirs = both_models(np.float64)
    theirs.load_state_dict({path: torch.tensor(array) for path, array in ours.state_dict().items()})
    start = ours.state_dict()
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1)
    x = rng(7).standard_normal((20, 3))
    t = targets(rng(8))
    for _ in range(50):
        loss = our_loss(ours(Tensor(x)), Tensor(t))
        gradient_descent(loss.backward(), lr=0.1)
        optimizer.zero_grad()
        their = their_loss(theirs(torch.tensor(x)), torch.tensor(t))
        their.backward()
        optimizer.step()
        assert loss.item() == pytest.approx(their.item(), rel=1e-10)
    state = theirs.state_dict()
    for path, array in ours.state_dict().items():
        np.testing.assert_allclose(array, state[path].numpy(), rtol=0, atol=1e-10)
        assert np.abs(array - start[path]).max() > 1e-3
