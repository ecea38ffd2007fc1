"""Fifty steps beside torch.optim, in float64."""

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight
from kytorch.optim import AdamState, MomentumState, adam, adamw, clip_by_norm, clip_by_value, gradient_descent

torch = pytest.importorskip("torch")

SHAPES = [(3, 2), (2,), ()]


def plain(gradients, state, **options):
    gradient_descent(gradients, **options)


SGD, ADAM, ADAMW = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW
CASES = [
    (SGD, plain, type(None), {"lr": 0.05}),
    (SGD, plain, type(None), {"lr": 0.05, "weight_decay": 0.1}),
    (SGD, gradient_descent, MomentumState, {"lr": 0.05, "momentum": 0.9}),
    (SGD, gradient_descent, MomentumState, {"lr": 0.05, "momentum": 0.9, "dampening": 0.3}),
    (SGD, gradient_descent, MomentumState, {"lr": 0.05, "momentum": 0.0, "dampening": 0.3}),
    (SGD, gradient_descent, MomentumState, {"lr": 0.02, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    (ADAM, adam, AdamState, {"lr": 0.05}),
    (ADAM, adam, AdamState, {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    (ADAM, adam, AdamState, {"lr": 0.05, "betas": (0.0, 0.0)}),
    (ADAMW, adamw, AdamState, {"lr": 0.05}),
    (ADAMW, adamw, AdamState, {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.3}),
    (ADAMW, adamw, AdamState, {"lr": 0.05, "weight_decay": 0.0}),
]


def gradients_of(t, step):
    """Gradients that depend on the weights, through functions that both libraries leave to NumPy."""
    rng = np.random.default_rng(step)
    return [2.0 * w - rng.standard_normal(w.shape) for w in t]


@pytest.mark.parametrize(("theirs", "ours", "state", "options"), CASES)
def test_fifty_steps_agree(theirs, ours, state, options):
    rng = np.random.default_rng(0)
    start = [rng.standard_normal(shape) for shape in SHAPES]
    parameters = [torch.nn.Parameter(torch.tensor(w, dtype=torch.float64)) for w in start]
    optimizer = theirs(parameters, **options)
    weights = [TrainableWeight(np.asarray(w)) for w in start]
    remembered = state()
    for step in range(50):
        for p, g in zip(parameters, gradients_of([p.detach().numpy() for p in parameters], step)):
            p.grad = torch.tensor(g, dtype=torch.float64)
        optimizer.step()
        gradients = [(Tensor(np.asarray(g)), w) for w, g in zip(weights, gradients_of([w.data for w in weights], step))]
        remembered = ours(gradients, remembered, **options)
        for p, w in zip(parameters, weights):
            np.testing.assert_allclose(w.data, p.detach().numpy(), rtol=0, atol=1e-6)
    assert all(not np.allclose(w.data, s) for w, s in zip(weights, start))


@pytest.mark.parametrize("limit", [0.1, 1.0, 100.0])
def test_clipping_agrees(limit):
    rng = np.random.default_rng(0)
    start = [np.asarray(rng.standard_normal(shape)) for shape in SHAPES]
    for theirs, ours in (
        (torch.nn.utils.clip_grad_norm_, clip_by_norm),
        (torch.nn.utils.clip_grad_value_, clip_by_value),
    ):
        parameters = [torch.nn.Parameter(torch.zeros(shape, dtype=torch.float64)) for shape in SHAPES]
        for p, g in zip(parameters, start):
            p.grad = torch.tensor(g)
        theirs(parameters, limit)
        for p, (g, _) in zip(parameters, ours([(Tensor(g), TrainableWeight(g)) for g in start], limit)):
            np.testing.assert_allclose(g.numpy(), p.grad.numpy(), rtol=1e-12)


@pytest.mark.parametrize(("theirs", "ours"), [(ADAM, adam), (ADAMW, adamw)])
def test_float32_steps_agree_to_its_precision(theirs, ours):
    rng = np.random.default_rng(1)
    start = rng.standard_normal((4, 4)).astype(np.float32)
    parameter, weight = torch.nn.Parameter(torch.tensor(start)), TrainableWeight(start)
    optimizer, state = theirs([parameter], lr=0.01), AdamState()
    for _ in range(50):
        g = rng.standard_normal((4, 4)).astype(np.float32)
        parameter.grad = torch.tensor(g)
        optimizer.step()
        state = ours([(Tensor(g), weight)], state, lr=0.01)
    np.testing.assert_allclose(weight.data, parameter.detach().numpy(), rtol=0, atol=1e-5)


@pytest.mark.parametrize(("theirs", "ours"), [(ADAM, adam), (ADAMW, adamw)])
def test_weights_that_join_late_or_miss_steps_agree(theirs, ours):
    rng = np.random.default_rng(0)
    start = [np.asarray(rng.standard_normal(shape)) for shape in SHAPES]
    parameters = [torch.nn.Parameter(torch.tensor(w)) for w in start]
    weights = [TrainableWeight(w) for w in start]
    optimizer, state = theirs(parameters, lr=0.05, weight_decay=0.1), AdamState()
    for step in range(12):
        listed = [True, step >= 5, step % 3 == 0]
        gradients = []
        for p, w, there in zip(parameters, weights, listed):
            g = np.asarray(rng.standard_normal(w.shape))
            p.grad = torch.tensor(g) if there else None
            gradients += [(Tensor(g), w)] if there else []
        optimizer.step()
        state = ours(gradients, state, lr=0.05, weight_decay=0.1)
        for p, w in zip(parameters, weights):
            np.testing.assert_allclose(w.data, p.detach().numpy(), rtol=0, atol=1e-12)
    assert state.step == 12 and [state.steps[w] for w in weights] == [12, 7, 4]
