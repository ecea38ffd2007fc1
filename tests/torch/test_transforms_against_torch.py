"""Clipping and averages beside torch.nn.utils and torch.optim.swa_utils."""

import math

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight, nn
from kytorch.optim import AverageState, average_weights, clip_by_norm, clip_by_value, norm

torch = pytest.importorskip("torch")

SHAPES = [(3, 2), (2,), (), (4, 3, 2)]


def lists(dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    start = [np.asarray(rng.standard_normal(shape), dtype) for shape in SHAPES]
    parameters = [torch.nn.Parameter(torch.tensor(np.zeros_like(g))) for g in start]
    for parameter, g in zip(parameters, start):
        parameter.grad = torch.tensor(g)
    return parameters, [(Tensor(g), TrainableWeight(g)) for g in start]


def assert_agree(gradients, parameters, rtol):
    for (g, _), parameter in zip(gradients, parameters):
        np.testing.assert_allclose(g.numpy(), parameter.grad.numpy(), rtol=rtol)


@pytest.mark.parametrize("order", [1.0, 2.0, 3.5, 0.5, math.inf])
@pytest.mark.parametrize("limit", [0.0, 0.1, 1.0, 100.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clipping_by_norm_agrees(limit, order, dtype):
    parameters, gradients = lists(dtype)
    rtol = 1e-12 if dtype is np.float64 else 2e-6
    found = torch.nn.utils.clip_grad_norm_(parameters, limit, order)
    assert norm(gradients, order).item() == pytest.approx(found.item(), rel=rtol)
    assert_agree(clip_by_norm(gradients, limit, order), parameters, rtol)


@pytest.mark.parametrize("limit", [0.0, 0.1, 1.0, 100.0])
def test_clipping_by_value_agrees(limit):
    parameters, gradients = lists()
    torch.nn.utils.clip_grad_value_(parameters, limit)
    assert_agree(clip_by_value(gradients, limit), parameters, 0)


def models():
    ours = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).to(np.float64)
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4)).double()
    return ours, theirs


@pytest.mark.parametrize("decay", [0.0, 0.3, 0.9, 0.999, None])
def test_the_average_of_weights_agrees(decay):
    rng = np.random.default_rng(0)
    ours, theirs = models()
    utils = torch.optim.swa_utils
    function = utils.get_swa_multi_avg_fn() if decay is None else utils.get_ema_multi_avg_fn(decay)
    averaged, state = utils.AveragedModel(theirs, multi_avg_fn=function), AverageState()
    for _ in range(50):
        for weight, parameter in zip(ours.weights(), theirs.parameters()):
            weight.update(rng.standard_normal(weight.shape))
            with torch.no_grad():
                parameter.copy_(torch.tensor(weight.data))
        averaged.update_parameters(theirs)
        now = state.step / (state.step + 1) if decay is None else decay
        state = average_weights(ours, state, decay=now)
        close = 1e-6 if decay is None else 1e-13  # of the mean PyTorch computes the 1 / n in float32
        for weight, parameter in zip(ours.weights(), averaged.parameters()):
            np.testing.assert_allclose(state.average[weight], parameter.detach().numpy(), rtol=0, atol=close)
