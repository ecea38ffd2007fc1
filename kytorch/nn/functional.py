"""Layers and losses as functions of Tensors."""

from kytorch.nn.dropout import dropout
from kytorch.nn.linear import linear
from kytorch.nn.losses.bce import binary_cross_entropy, binary_cross_entropy_with_logits
from kytorch.nn.losses.cross_entropy import cross_entropy
from kytorch.nn.losses.mse import mse_loss
from kytorch.ops.activation import relu, sigmoid, softplus
from kytorch.ops.hyperbolic import tanh
from kytorch.ops.one_hot import one_hot
from kytorch.ops.pad import pad
from kytorch.ops.softmax import log_softmax, softmax

# fmt: off
__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "dropout", "linear", "log_softmax",
    "mse_loss", "one_hot", "pad", "relu", "sigmoid", "softmax", "softplus", "tanh",
]
# fmt: on
