"""Inputs that layers and losses are tried on."""

import numpy as np

from kytorch import Tensor, func


def rng():
    return np.random.default_rng(3)


def normal(*shape):
    return Tensor(rng().standard_normal(shape))


def unit(*shape, seed=4):
    return Tensor(np.random.default_rng(seed).uniform(0.1, 0.9, shape))


def gradient(f, x):
    """The gradient of a sum of `f` at `x`."""
    return func.grad(lambda x: f(x).sum())(x)
