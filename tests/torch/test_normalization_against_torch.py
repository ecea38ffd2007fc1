"""Normalisations beside PyTorch's over several batches, and at sizes at which the kernels take blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, nn
from kytorch.nn import functional

torch = pytest.importorskip("torch")


def draw(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("BatchNorm2d", {}),
        ("BatchNorm2d", {"momentum": None}),
        ("BatchNorm2d", {"momentum": 0.7, "affine": False}),
        ("BatchNorm2d", {"momentum": 0.0}),
        ("InstanceNorm2d", {"track_running_stats": True}),
        ("InstanceNorm2d", {"track_running_stats": True, "momentum": 0.6, "affine": True}),
        ("InstanceNorm2d", {"track_running_stats": True, "momentum": None}),
    ],
)
def test_running_statistics_of_several_batches_are_pytorchs(name: str, options: dict[str, Any]) -> None:
    ours, theirs = getattr(nn, name)(6, **options), getattr(torch.nn, name)(6, **options)
    for k in range(4):
        x = draw(5, 6, 3, 7)[:, :, : k + 1] * (k + 1) + k
        last = np.ascontiguousarray(x.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)
        y, expected = ours(kytorch.from_numpy(last if k % 2 else x)), theirs(torch.tensor(x))
        np.testing.assert_allclose(y.numpy(), expected.detach().numpy(), rtol=1e-5, atol=1e-5)
        for key, array in theirs.state_dict().items():
            np.testing.assert_allclose(ours.state_dict()[key], array.numpy(), rtol=1e-5, atol=1e-6)
    y, expected = ours.eval()(Tensor(x)), theirs.eval()(torch.tensor(x))
    np.testing.assert_allclose(y.numpy(), expected.detach().numpy(), rtol=1e-5, atol=1e-5)


def test_a_buffer_moves_as_pytorchs_tensor() -> None:
    x = draw(9, 4) + 1
    for function in ("batch_norm", "instance_norm"):
        given = x if function == "batch_norm" else x.reshape(3, 4, 3)
        on = {"training": True} if function == "batch_norm" else {"use_input_stats": True}
        mean, variance = nn.Buffer(np.zeros(4, np.float32)), nn.Buffer(np.ones(4, np.float32))
        their_mean, their_variance = torch.zeros(4), torch.ones(4)
        getattr(functional, function)(Tensor(given), mean, variance, momentum=0.3, **on)
        getattr(torch.nn.functional, function)(torch.tensor(given), their_mean, their_variance, momentum=0.3, **on)
        np.testing.assert_allclose(mean.data, their_mean.numpy(), rtol=1e-5)
        np.testing.assert_allclose(variance.data, their_variance.numpy(), rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "arguments", "shape"),
    [
        ("LayerNorm", (128,), (2048, 128)),
        ("LayerNorm", (1100,), (300, 1100)),
        ("LayerNorm", ((6, 50, 41),), (20, 6, 50, 41)),
        ("RMSNorm", (128,), (16, 128, 128)),
        ("BatchNorm1d", (128,), (1300, 128)),
        ("BatchNorm2d", (6,), (64, 6, 24, 24)),
        ("GroupNorm", (2, 6), (64, 6, 24, 24)),
        ("InstanceNorm2d", (6, 1e-5, 0.1, True), (64, 6, 24, 24)),
    ],
)
def test_large_inputs_are_normalised_as_pytorchs(name: str, arguments: Any, shape: tuple[int, ...]) -> None:
    ours, theirs = getattr(nn, name)(*arguments), getattr(torch.nn, name)(*arguments)
    for k, parameter in enumerate(theirs.parameters()):
        parameter.data += torch.tensor(np.random.default_rng(k).standard_normal(parameter.shape).astype(np.float32))
    ours.load_state_dict({key: x.numpy() for key, x in theirs.state_dict().items()})
    x, g = draw(*shape) * 2 + 1, draw(*shape)[::-1] + 0.25
    given, leaf = kytorch.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, expected = ours(given), theirs(leaf)
    np.testing.assert_allclose(y.numpy(), expected.detach().numpy(), rtol=2e-5, atol=2e-5)
    found = kytorch.grad(y, [given, *ours.weights()], Tensor(g))
    others = torch.autograd.grad(expected, [leaf, *theirs.parameters()], torch.tensor(g.copy()))
    for one, other in zip(found, others):
        size = float(other.abs().max())
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-4, atol=2e-5 * size)
