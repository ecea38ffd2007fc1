"""Activations and dropout have precise types."""

from typing import assert_type

import numpy as np

from kytorch import Tensor, nn
from kytorch.nn import functional

x = Tensor([0.25, 0.5])

assert_type(nn.ReLU(inplace=True)(x), Tensor)
assert_type(nn.GELU("tanh")(x), Tensor)
assert_type(nn.GELU(approximate="none")(x), Tensor)
assert_type(nn.PReLU(3, 0.1, dtype=np.float64)(x), Tensor)
assert_type(nn.Softmax()(x), Tensor)
assert_type(nn.Softmax(dim=-1)(x), Tensor)
assert_type(nn.GLU()(x), Tensor)
assert_type(nn.Dropout(0.1, generator=np.random.default_rng(0))(x), Tensor)
assert_type(functional.elu(x, 1), Tensor)
assert_type(functional.softmax(x, -1, dtype=np.float64), Tensor)
assert_type(functional.gumbel_softmax(x, hard=True), Tensor)
assert_type(functional.rrelu(x, training=True), Tensor)
assert_type(functional.prelu(x, x), Tensor)
assert_type(functional.alpha_dropout(x, 0.2, training=True), Tensor)
