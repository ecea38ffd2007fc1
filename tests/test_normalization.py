"""Normalisations: running statistics, layouts of memory, accuracy, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight, nn
from kytorch.func import functional_call
from kytorch.nn import functional

Array = np.ndarray[Any, Any]


def draw(*shape: int) -> Array:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def batch_first(x: Array) -> Array:
    return x


def batch_last(x: Array) -> Array:
    """The same numbers with the batch innermost in memory."""
    return np.ascontiguousarray(np.moveaxis(x, 0, -1)).transpose(x.ndim - 1, *range(x.ndim - 1))


def channels_last(x: Array) -> Array:
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)


def reversed_rows(x: Array) -> Array:
    return np.ascontiguousarray(x[:, ::-1])[:, ::-1]


def _normalized(x: Array, dims: tuple[int, ...], eps: float = 1e-5) -> Array:
    x = x.astype(np.float64)
    y: Array = (x - x.mean(dims, keepdims=True)) / np.sqrt(x.var(dims, keepdims=True) + eps)
    return y


SHAPES = [(70, 6, 5, 41), (3, 6, 40, 40), (700, 6, 3, 1), (2, 6, 1, 3), (9, 66, 2, 3)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("layout", [batch_first, batch_last, channels_last, reversed_rows])
def test_every_layout_of_memory_has_its_kernel(layout: Callable[[Array], Array], shape: tuple[int, ...]) -> None:
    """In float32, in several blocks; beside the definition in float64, and the composition's gradients."""
    x = layout(draw(*shape) + 3)
    parts = x.reshape(shape[0], 3, -1)
    cases: list[tuple[nn.Module, Array]] = [
        (nn.BatchNorm2d(shape[1]), _normalized(x, (0, 2, 3))),
        (nn.GroupNorm(3, shape[1]), _normalized(parts, (2,)).reshape(shape)),
        (nn.InstanceNorm2d(shape[1], affine=True), _normalized(x, (2, 3))),
    ]
    for layer, expected in cases:
        for weight in layer.weights():
            weight.update(weight.data + np.random.default_rng(1).standard_normal(weight.shape).astype(np.float32))
        w, b = (weight.data.reshape(1, -1, 1, 1) for weight in layer.weights())
        given = kytorch.from_numpy(x) + kytorch.tensor(0.0, requires_grad=True)
        y = layer(given)
        np.testing.assert_allclose(y.numpy(), expected * w + b, rtol=1e-4, atol=1e-4)
        for lay in (batch_first, layout):
            g = Tensor(lay(draw(*shape)[::-1] + 0.5))
            targets = [given, *layer.weights()]
            fast = kytorch.grad(y, targets, g)
            slow = kytorch.grad(y, targets, g, create_graph=True)
            for found, composed in zip(fast, slow):
                size = max(1.0, float(np.abs(composed.numpy()).max()))
                np.testing.assert_allclose(found.numpy(), composed.numpy(), rtol=1e-4, atol=2e-5 * size)


@pytest.mark.parametrize("shape", [(3000, 100), (50, 1025), (2, 140_000), (40, 3, 9000), (300_000, 1), (5, 7, 4)])
@pytest.mark.parametrize("name", ["LayerNorm", "RMSNorm"])
def test_rows_of_every_length_are_normalised(name: str, shape: tuple[int, ...]) -> None:
    layer = getattr(nn, name)(shape[-1])
    for weight in layer.weights():
        weight.update(weight.data + np.random.default_rng(1).standard_normal(weight.shape).astype(np.float32))
    x = draw(*shape) + 1
    if name == "LayerNorm":
        expected = _normalized(x, (-1,)) * layer.weight.data + layer.bias.data
    else:
        wide = x.astype(np.float64)
        expected = wide / np.sqrt((wide**2).mean(-1, keepdims=True) + np.finfo(np.float32).eps) * layer.weight.data
    given = kytorch.tensor(x, requires_grad=True)
    y = layer(given)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-4, atol=1e-4)
    g = Tensor(draw(*shape)[::-1] + 0.5)
    fast = kytorch.grad(y, [given, *layer.weights()], g)
    slow = kytorch.grad(y, [given, *layer.weights()], g, create_graph=True)
    for found, composed in zip(fast, slow):
        size = max(1.0, float(np.abs(composed.numpy()).max()))
        np.testing.assert_allclose(found.numpy(), composed.numpy(), rtol=1e-4, atol=2e-5 * size)


@pytest.mark.parametrize(
    "layer",
    [nn.LayerNorm(300), nn.BatchNorm1d(40), nn.GroupNorm(4, 40), nn.InstanceNorm1d(40), nn.LayerNorm((40, 300))],
)
def test_what_is_equal_everywhere_becomes_zero(layer: nn.Module) -> None:
    for value in (1e4 / 3, 0.1, 0.0, -12345.678):
        assert np.abs(layer(Tensor(np.full((5, 40, 300), value, np.float32))).numpy()).max() < 1e-3


@pytest.mark.parametrize("layer", [nn.LayerNorm(64), nn.BatchNorm1d(6), nn.GroupNorm(2, 6), nn.InstanceNorm1d(6)])
def test_a_large_mean_costs_few_digits(layer: nn.Module) -> None:
    x = (draw(8, 6, 64) + 1000).astype(np.float32)
    dims = {"LayerNorm": (2,), "BatchNorm1d": (0, 2), "InstanceNorm1d": (2,)}
    expected = (
        _normalized(x, dims[type(layer).__name__])
        if type(layer).__name__ in dims
        else _normalized(x.reshape(8, 2, -1), (2,)).reshape(x.shape)
    )
    np.testing.assert_allclose(layer(Tensor(x)).numpy(), expected, atol=2e-4)


@pytest.mark.parametrize("name", ["LayerNorm", "RMSNorm", "BatchNorm1d", "InstanceNorm1d", "GroupNorm"])
def test_float16_is_summed_in_float32(name: str) -> None:
    x = (draw(4, 8, 4096) * 30 + 100).astype(np.float16)
    arguments = {"LayerNorm": (4096,), "RMSNorm": (4096,), "GroupNorm": (2, 8)}.get(name, (8,))
    layer = getattr(nn, name)(*arguments, dtype=np.float16)
    wide = getattr(nn, name)(*arguments)
    given, wider = (kytorch.tensor(x.astype(dtype), requires_grad=True) for dtype in (np.float16, np.float32))
    y, expected = layer(given), wide(wider)
    assert y.dtype == np.float16
    np.testing.assert_allclose(y.numpy(), expected.numpy(), atol=5e-3)
    g = draw(*x.shape)
    (found,) = kytorch.grad(y, given, Tensor(g.astype(np.float16)))
    (other,) = kytorch.grad(expected, wider, Tensor(g))
    assert found.dtype == np.float16
    np.testing.assert_allclose(found.numpy(), other.numpy(), atol=1e-3)


# Running statistics


def test_running_statistics_are_averages_over_batches() -> None:
    batches = [draw(8, 3) * k + k for k in (1.0, 2.0, 3.0)]
    moving, average = nn.BatchNorm1d(3, momentum=0.25), nn.BatchNorm1d(3, momentum=None)
    mean, variance = np.zeros(3), np.ones(3)
    for x in batches:
        with kytorch.no_grad():  # which does not concern buffers
            moving(Tensor(x))
        average(Tensor(x))
        mean = 0.75 * mean + 0.25 * x.mean(0)
        variance = 0.75 * variance + 0.25 * x.var(0, ddof=1)
    np.testing.assert_allclose(moving.state_dict()["running_mean"], mean, rtol=1e-5)
    np.testing.assert_allclose(moving.state_dict()["running_var"], variance, rtol=1e-5)
    np.testing.assert_allclose(
        average.state_dict()["running_mean"], np.mean([x.mean(0) for x in batches], 0), rtol=1e-5
    )
    assert average.state_dict()["num_batches_tracked"] == 3
    moving.reset_running_stats()
    fresh = nn.BatchNorm1d(3).state_dict()
    for name, array in moving.state_dict().items():
        np.testing.assert_array_equal(array, fresh[name])


def test_a_refused_batch_changes_no_state() -> None:
    layer = nn.BatchNorm1d(3)
    before = layer.state_dict()
    for wrong in (draw(1, 3), draw(4, 2), draw(4, 3, 1, 1), np.ones((4, 3))):
        with pytest.raises((ValueError, TypeError)):
            layer(Tensor(wrong))
    for name, array in layer.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_a_buffer_given_to_the_function_is_updated_and_a_tensor_stays() -> None:
    x = Tensor(draw(8, 3) + 2)
    buffer, tensor = nn.Buffer(np.zeros(3, np.float32)), Tensor(np.ones(3, np.float32))
    functional.batch_norm(x, buffer, tensor, training=True, momentum=0.5)
    np.testing.assert_allclose(buffer.data, 0.5 * x.numpy().mean(0), rtol=1e-5)
    np.testing.assert_array_equal(tensor.numpy(), np.ones(3))
    evaluated = functional.batch_norm(x, buffer, tensor)
    np.testing.assert_allclose(evaluated.numpy(), (x.numpy() - buffer.data) / np.sqrt(1 + 1e-5), rtol=1e-5)


def test_statistics_given_in_a_call_are_read_and_not_changed() -> None:
    layer = nn.BatchNorm1d(3)
    before = layer.state_dict()
    mean = Tensor(np.full(3, 5.0, np.float32))
    x = Tensor(draw(8, 3))
    functional_call(layer, {"running_mean": mean, "running_var": mean}, (x,))
    np.testing.assert_array_equal(layer.state_dict()["running_mean"], before["running_mean"])
    layer.eval()
    y = functional_call(layer, {"running_mean": mean, "running_var": mean}, (x,))
    np.testing.assert_allclose(y.numpy(), (x.numpy() - 5) / np.sqrt(5 + 1e-5), rtol=1e-5)


def test_statistics_that_are_live_get_gradients() -> None:
    x = Tensor(draw(4, 3).astype(np.float64))
    mean = kytorch.tensor(np.zeros(3), requires_grad=True)
    y = functional.batch_norm(x, mean, Tensor(np.ones(3)), eps=0.0)
    (g,) = kytorch.grad(y.sum(), mean)
    np.testing.assert_allclose(g.numpy(), [-4.0] * 3)


def test_only_the_gradients_that_are_asked_for_are_made() -> None:
    for layer in (nn.LayerNorm(3), nn.GroupNorm(1, 3), nn.BatchNorm1d(3), nn.BatchNorm1d(3).eval()):
        x, g = kytorch.tensor(draw(5, 3), requires_grad=True), Tensor(draw(5, 3)[::-1])
        every = kytorch.grad(layer(x), [x, *layer.weights()], g)
        alone = layer(x.detach()).backward(g)
        for expected, (found, _) in zip(every[1:], alone):
            np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-5)
        for weight in layer.weights():
            weight.requires_grad_(False)
        (found,) = kytorch.grad(layer(x), x, g)
        np.testing.assert_allclose(found.numpy(), every[0].numpy(), rtol=1e-5)


X = Tensor(np.ones((2, 4, 3), np.float32))


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: nn.LayerNorm(4)(X), ValueError, "shape (2, 4, 3) does not end in the normalized shape (4,)"),
        (lambda: functional.layer_norm(X, (3,), Tensor([1.0])), ValueError, "the weight has shape (1,)"),
        (lambda: nn.LayerNorm(()), ValueError, "LayerNorm: the normalized shape is ()"),
        (lambda: nn.LayerNorm(2.5), TypeError, "LayerNorm: sizes are ints"),
        (lambda: nn.LayerNorm(3, dtype=np.float64)(X), TypeError, "dtype float32 and the weight float64"),
        (lambda: nn.LayerNorm(3)(Tensor([1, 2, 3])), TypeError, "expected an input of floats, not of int64"),
        (lambda: nn.LayerNorm(3)([1.0]), TypeError, "layer_norm: expected a Tensor, not list"),
        (lambda: functional.layer_norm(X, (3,), TrainableWeight([1.0] * 3)), TypeError, "weight.tensor()"),
        (lambda: nn.RMSNorm(4)(X), ValueError, "rms_norm: an input of shape (2, 4, 3)"),
        (lambda: nn.RMSNorm(3)(1.0), TypeError, "rms_norm: expected a Tensor, not float"),
        (lambda: nn.BatchNorm1d(5)(X), ValueError, "BatchNorm1d: expected 5 channels, not an input of shape"),
        (lambda: nn.BatchNorm2d(4)(X), ValueError, "BatchNorm2d: expected 4 dimensions, not"),
        (lambda: nn.BatchNorm1d(4)(X[0, :, 0]), ValueError, "BatchNorm1d: expected 2 or 3 dimensions"),
        (lambda: nn.BatchNorm1d(4)(X[:1, :, 0]), ValueError, "expected more than 1 value per channel in training"),
        (lambda: nn.BatchNorm1d(4)(X.to(np.int64)), TypeError, "batch_norm: expected an input of floats"),
        (lambda: nn.BatchNorm1d(4)(np.ones((2, 4))), TypeError, "BatchNorm1d: expected a Tensor, not ndarray"),
        (lambda: nn.BatchNorm1d(0), ValueError, "BatchNorm1d: num_features is to be at least 1, not 0"),
        (lambda: nn.BatchNorm3d("4"), TypeError, "BatchNorm3d: num_features is to be an int, not str"),
        (lambda: functional.batch_norm(X, None, None), ValueError, "running_mean and running_var are to be given"),
        (lambda: functional.batch_norm(X, Tensor([1.0]), None, training=True), ValueError, "running_mean has shape"),
        (lambda: functional.batch_norm(X, None, None, training=True, eps=0), ValueError, "eps is to be positive"),
        (lambda: functional.batch_norm(X, 0, 1), TypeError, "batch_norm: expected a Tensor, not int"),
        (lambda: functional.batch_norm(X[0, 0], None, None), ValueError, "expected an input (N, C, ...)"),
        (lambda: nn.InstanceNorm1d(4)(X[:, :, :1]), ValueError, "expected more than 1 value per channel"),
        (lambda: nn.InstanceNorm2d(4)(X[0]), ValueError, "InstanceNorm2d: expected 3 or 4 dimensions"),
        (lambda: nn.InstanceNorm1d(5, affine=True)(X), ValueError, "InstanceNorm1d: expected 5 channels"),
        (lambda: nn.GroupNorm(3, 4), ValueError, "num_channels 4 does not divide into num_groups 3"),
        (lambda: nn.GroupNorm(0, 4), ValueError, "GroupNorm: num_groups is to be at least 1, not 0"),
        (lambda: nn.GroupNorm(2, 6)(X), ValueError, "GroupNorm: expected 6 channels"),
        (lambda: functional.group_norm(X, 3), ValueError, "do not divide into 3 groups"),
        (lambda: functional.group_norm(X[:1, :, 0], 4), ValueError, "expected more than 1 value per group"),
        (lambda: nn.LocalResponseNorm(0), ValueError, "LocalResponseNorm: size is to be at least 1"),
        (lambda: nn.LocalResponseNorm(2)(X[0]), ValueError, "expected an input (N, C, L, ...)"),
        (lambda: nn.LocalResponseNorm(2)(X.to(np.int64)), TypeError, "expected an input of floats"),
        (lambda: functional.normalize(np.ones((2, 2))), TypeError, "normalize: expected a Tensor"),
        (lambda: functional.normalize(Tensor([[3, 4]])), TypeError, "normalize: expected an input of floats"),
        (lambda: nn.LocalResponseNorm(2, alpha="a"), TypeError, "alpha is to be a number, not str"),
        (lambda: functional.normalize(X, dim=3), IndexError, "dim 3 is out of range"),
    ],
)  # fmt: skip
def test_a_wrong_call_says_what_is_wrong(call: Callable[[], object], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert words in str(caught.value)


def test_a_functional_call_with_all_state_given_changes_none() -> None:
    layer = nn.BatchNorm1d(3, momentum=None)
    layer(Tensor(np.ones((2, 3), np.float32)))
    before = layer.state_dict()
    given = {name: Tensor(array) for name, array in before.items()}
    functional_call(layer, given, Tensor(np.arange(12.0, dtype=np.float32).reshape(4, 3)))
    for name, array in layer.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: nn.BatchNorm1d(3, eps="a"), "BatchNorm1d: eps is to be a number, not str"),
        (lambda: nn.BatchNorm2d(3, momentum="a"), "BatchNorm2d: momentum is to be a number, not str"),
        (lambda: nn.LayerNorm(3, eps="a"), "LayerNorm: eps is to be a number, not str"),
        (lambda: nn.RMSNorm(3, eps="a"), "RMSNorm: eps is to be a number, not str"),
        (lambda: nn.GroupNorm(1, 3, eps=None), "GroupNorm: eps is to be a number, not NoneType"),
        (lambda: nn.BatchNorm1d(True), "BatchNorm1d: num_features is to be an int, not bool"),
        (lambda: nn.BatchNorm1d(3, affine=False, dtype=int), "BatchNorm1d: weights are of floats, not int64"),
        (lambda: nn.LayerNorm(3, dtype="cpu"), "LayerNorm: 'cpu' is no dtype"),
    ],
)
def test_a_wrong_option_is_refused_at_once(call: Callable[[], object], words: str) -> None:
    with pytest.raises(TypeError) as caught:
        call()
    assert words in str(caught.value)
