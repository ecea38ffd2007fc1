"""Deep learning in typed Python on NumPy: immutable Tensors, pure gradients, stateless optimizers."""

from importlib import import_module
from typing import TYPE_CHECKING

from numpy import bool_, float16, float32, float64, int8, int16, int32, int64, uint8

import kytorch.autodiff  # noqa: F401  # gives Tensors their backward()
from kytorch.ops.activation import relu, sigmoid, softplus
from kytorch.ops.arithmetic import add, div, mul, neg, sub
from kytorch.ops.choice import abs, clamp, maximum, minimum, sign, where
from kytorch.ops.comparison import eq, ge, gt, le, lt, ne
from kytorch.ops.create import arange, from_numpy, full, ones, tensor, zeros
from kytorch.ops.dtype import to
from kytorch.ops.exponential import exp, log
from kytorch.ops.extremum import max, min
from kytorch.ops.join import cat, stack
from kytorch.ops.power import pow, sqrt
from kytorch.ops.products import matmul, mm
from kytorch.ops.random import rand, randn
from kytorch.ops.reduce import mean, sum, var
from kytorch.ops.repeat import expand, sum_to_size
from kytorch.ops.shape import flatten, permute, reshape, squeeze, transpose, unsqueeze
from kytorch.ops.trigonometry import cos, sin, tanh
from kytorch.tensor.core import (
    A,
    BilinearGradFn,
    BinaryGradFn,
    GradFn,
    Gradient,
    Gradients,
    InputGradFn,
    LeafGradFn,
    NaryGradFn,
    OutputGradFn,
    Tensor,
    TrainableWeight,
    UnaryGradFn,
    View,
)
from kytorch.tensor.random import manual_seed
from kytorch.tensor.reading import no_grad
from kytorch.tensor.values import Array

if TYPE_CHECKING:
    from kytorch import data, func, nn, optim, testing
    from kytorch.anomaly import detect_anomaly
    from kytorch.checkpoint import Checkpoint, CheckpointError, load, read_metadata, save
else:
    # Imported when first asked for, so that `import kytorch` costs no more than Tensors and their operations.
    _PARTS = {"data", "func", "nn", "optim", "testing"}
    _HOMES = {
        "Checkpoint": "checkpoint",
        "CheckpointError": "checkpoint",
        "detect_anomaly": "anomaly",
        "load": "checkpoint",
        "read_metadata": "checkpoint",
        "save": "checkpoint",
    }

    def __getattr__(name):
        if name in _PARTS:
            return import_module(f"kytorch.{name}")
        if name in _HOMES:
            return getattr(import_module(f"kytorch.{_HOMES[name]}"), name)
        raise AttributeError(f"module 'kytorch' has no attribute {name!r}")

    def __dir__():
        return __all__


__version__ = "0.1.0"

# fmt: off
__all__ = [
    "A", "Array", "BilinearGradFn", "BinaryGradFn", "Checkpoint", "CheckpointError", "GradFn", "Gradient",
    "Gradients", "InputGradFn", "LeafGradFn", "NaryGradFn", "OutputGradFn", "Tensor", "TrainableWeight",
    "UnaryGradFn", "View", "abs", "add", "arange", "bool_", "cat", "clamp", "cos", "data", "detect_anomaly", "div",
    "eq", "exp", "expand", "flatten", "float16", "float32", "float64", "from_numpy", "full", "func", "ge", "gt",
    "int8", "int16", "int32", "int64", "le", "load", "log", "lt", "manual_seed", "matmul", "max", "maximum", "mean",
    "min", "minimum", "mm", "mul", "ne", "neg", "nn", "no_grad", "ones", "optim", "permute", "pow", "rand", "randn",
    "read_metadata", "relu", "reshape", "save", "sigmoid", "sign", "sin", "softplus", "sqrt", "squeeze", "stack",
    "sub", "sum", "sum_to_size", "tanh", "tensor", "testing", "to", "transpose", "uint8", "unsqueeze", "var", "where",
    "zeros",
]
# fmt: on
