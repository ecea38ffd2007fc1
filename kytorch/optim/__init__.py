"""Optimizers: stateless functions of the gradients. What one remembers, it takes and returns."""

from kytorch.optim import functional
from kytorch.optim.adam import AdamState, adam, adamw
from kytorch.optim.gradient_descent import MomentumState, gradient_descent
from kytorch.optim.state import State
from kytorch.optim.transforms import add, clip_by_norm, clip_by_value, scale

__all__ = [
    "AdamState",
    "MomentumState",
    "State",
    "adam",
    "adamw",
    "add",
    "clip_by_norm",
    "clip_by_value",
    "functional",
    "gradient_descent",
    "scale",
]
