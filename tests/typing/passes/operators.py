"""An operand on either side: the answer is a Tensor, and NumPy takes a Tensor for an array where it is asked to."""

from typing import assert_type

import numpy as np

import kytorch as kt
from kytorch import nn

x = kt.ones(3)
array = np.ones(3, np.float32)
assert_type(array * x, kt.Tensor)
assert_type(array + x, kt.Tensor)
assert_type(array @ x, kt.Tensor)
assert_type(array < x, kt.Tensor)
assert_type(np.float32(2) * x, kt.Tensor)
assert_type(2.0 - x, kt.Tensor)
assert_type(x * array, kt.Tensor)
assert_type(x.add(array), kt.Tensor)
assert_type(x.maximum(np.float32(1)), kt.Tensor)
np.asarray(x)
np.asarray(x, dtype=np.float64)


class Net(nn.Module):
    def __init__(self, inputs: int) -> None:
        layers: list[nn.Layer] = [nn.Linear(inputs, 3)]
        layers += [nn.ReLU()]
        others = [nn.Linear(3, 3), nn.Tanh()]
        self.layers = nn.Sequential(*layers, *others, nn.Linear(3, 1))
        self.named = nn.Sequential({"only": nn.Sin()})

    def forward(self, x: kt.Tensor) -> kt.Tensor:
        return self.named(self.layers(x))

    @kt.no_grad()
    def predict(self, x: kt.Tensor) -> kt.Tensor:
        return self(x)


assert_type(Net(2).predict(x), kt.Tensor)
