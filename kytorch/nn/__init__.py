"""Modules, layers and losses, named as in torch.nn."""

from kytorch.nn import functional, init
from kytorch.nn.activations.elementwise import ReLU, Sigmoid, Sin, Tanh
from kytorch.nn.containers import Layer, Sequential
from kytorch.nn.dropout import Dropout
from kytorch.nn.linear import Linear
from kytorch.nn.losses.bce import BCELoss, BCEWithLogitsLoss
from kytorch.nn.losses.cross_entropy import CrossEntropyLoss
from kytorch.nn.losses.mse import MSELoss
from kytorch.nn.module import Buffer, Module

# fmt: off
__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "Buffer", "CrossEntropyLoss", "Dropout", "Layer", "Linear", "MSELoss", "Module",
    "ReLU", "Sequential", "Sigmoid", "Sin", "Tanh", "functional", "init",
]
# fmt: on
