"""What a user writes with Tensors has precise types."""

from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

import kytorch as kt
from kytorch import Array, GradFn, Gradient, Gradients, LeafGradFn, Tensor, TrainableWeight

array: npt.NDArray[np.float64] = np.ones((2, 3))
x = Tensor([[1.0, 2.0], [3.0, 4.0]])
weight = TrainableWeight(np.ones((2, 2)), dtype=np.float32)

# Construction
assert_type(x, Tensor)
assert_type(Tensor(1.0), Tensor)
assert_type(Tensor(array, np.float32), Tensor)
assert_type(Tensor(weight), Tensor)
assert_type(kt.tensor([1, 2]), Tensor)
assert_type(kt.from_numpy(array), Tensor)
assert_type(kt.zeros(2, 3), Tensor)
assert_type(kt.ones((2, 3), dtype=kt.float64), Tensor)
assert_type(kt.full((2,), 1.5), Tensor)
assert_type(kt.arange(3), Tensor)
assert_type(kt.randn(2, 3, generator=kt.manual_seed(0)), Tensor)
assert_type(weight.tensor(), Tensor)

# What it is
assert_type(x.shape, tuple[int, ...])
assert_type(x.ndim, int)
assert_type(x.size + 0, int)
assert_type(x.size(), tuple[int, ...])
assert_type(x.size(0), int)
assert_type(x.item(), float)
assert_type(x.data, Array)
assert_type(x.numpy(), Array)
assert_type(x.detach(), Tensor)
assert_type(x.requires_grad, bool)
assert_type(x.grad_fn, GradFn)
assert_type(len(x), int)
assert_type(float(x[0, 0]), float)
assert_type(list(x), list[Tensor])

# Operators, with numbers and arrays on either side
assert_type(x + x, Tensor)
assert_type(x - 1, Tensor)
assert_type(2.0 * x, Tensor)
assert_type(1 / x, Tensor)
assert_type(x**2, Tensor)
assert_type(2.0**x, Tensor)
assert_type(x @ x, Tensor)
assert_type(x + array, Tensor)
assert_type(x @ array, Tensor)
assert_type(x * np.float32(2.0), Tensor)
assert_type(-x, Tensor)
assert_type(abs(x), Tensor)
assert_type(x > 0, Tensor)
assert_type(x == x, Tensor)
assert_type(x != 0.0, Tensor)
assert_type(x[0, 1:], Tensor)
assert_type(x[x > 0], Tensor)

# Methods and functions
assert_type(x.exp().sum(dim=0, keepdim=True), Tensor)
assert_type(x.mean((0, 1)), Tensor)
assert_type(x.var(0, correction=0), Tensor)
assert_type(x.max(), Tensor)
assert_type(x.max(0).values, Tensor)
assert_type(x.max(0).indices, Tensor)
assert_type(kt.min(x), Tensor)
assert_type(kt.min(x, 1).indices, Tensor)
assert_type(x.reshape(4).reshape((2, 2)), Tensor)
assert_type(x.T, Tensor)
assert_type(x.mT, Tensor)
assert_type(x.to(np.float64), Tensor)
assert_type(x.clamp(min=0.0), Tensor)
assert_type(kt.tanh(x), Tensor)
assert_type(kt.where(x > 0, x, 0.0), Tensor)
assert_type(kt.maximum(x, 0.0), Tensor)
assert_type(kt.cat([x, x], 1), Tensor)
assert_type(kt.stack((x, x)), Tensor)
assert_type(kt.matmul(x, x), Tensor)
assert_type(x.at[0].set(1.0), Tensor)
assert_type(x.at[0, 1:].add(x[0, 1:]), Tensor)
assert_type(x.at[...].mul(x), Tensor)

# The way back
assert_type(x.sum().backward(), list[tuple[Tensor, TrainableWeight]])
assert_type(x.sum().backward(), Gradients)
assert_type(x.backward(x, create_graph=True), Gradients)
assert_type(x.grad_fn.backward(x), Gradients)
for gradient, found in x.sum().backward():
    assert_type(gradient, Gradient)
    assert_type(found, TrainableWeight)
    found.update(gradient)
if isinstance(x.grad_fn, LeafGradFn):
    assert_type(x.grad_fn.weight, TrainableWeight | None)
assert_type(x.grad_fn.inputs, tuple[GradFn, ...])


@kt.no_grad()
def predict(x: Tensor, times: int) -> Tensor:
    with kt.no_grad():
        return x * times


assert_type(predict(x, 2), Tensor)

# On arrays the functions give arrays
floats: npt.NDArray[Any] = np.ones(3)
assert_type(kt.tanh(floats), npt.NDArray[Any])
assert_type(kt.sum(floats, 0), npt.NDArray[Any])
assert_type(kt.max(floats, 0).values, npt.NDArray[Any])
