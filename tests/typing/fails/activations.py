"""Misuse of activations and dropout: each line marked with an error is refused, and no other."""

import numpy as np

from kytorch import Tensor, TrainableWeight, nn
from kytorch.nn import functional

x = Tensor([0.25, 0.5])
weight = TrainableWeight([0.25, 0.5])

nn.GELU("erf")  # error
nn.ReLU(1)  # error
nn.ReLU()("x")  # error
nn.ReLU()(weight)  # error
nn.ELU("a")  # error
nn.PReLU(0.5)  # error
nn.Softmax(dim="a")  # error
nn.GLU(dim=None)  # error
nn.Dropout(0.5, np.random.default_rng(0))  # error
nn.Dropout("a")  # error
functional.gelu(x, "erf")  # error
functional.silu(np.ones(3))  # error
functional.prelu(x, weight)  # error
functional.threshold(x)  # error
number: float = functional.elu(x)  # error
