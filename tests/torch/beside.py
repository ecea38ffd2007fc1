"""A function of kytorch's and one of PyTorch's, compared: values, gradients and second derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from operations.table import Array

from kytorch import Tensor, TrainableWeight

torch = pytest.importorskip("torch")

Function = Callable[..., Any]

CLOSE = {
    np.float32: {"rtol": 2e-5, "atol": 1e-5},
    np.float64: {"rtol": 1e-12, "atol": 1e-12},
}


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
