"""Functions that differentiate functions keep their arguments' types."""

from typing import assert_type

from kytorch import Gradient, Tensor, func


def loss(x: Tensor, y: Tensor, scale: float = 1.0) -> Tensor:
    return (x * y * scale).sum()


x, y = Tensor([1.0]), Tensor([2.0])
assert_type(func.grad(loss)(x, y), Gradient)
assert_type(func.grad(loss)(x, y, scale=2.0), Gradient)
assert_type(func.grad(loss, 1)(x, y, 3.0), Gradient)
assert_type(func.grad(loss, (0, 1))(x, y), tuple[Gradient, ...])
assert_type(func.value_and_grad(loss)(x, y), tuple[Tensor, Gradient])
assert_type(func.value_and_grad(loss, argnums=[0])(x, y), tuple[Tensor, tuple[Gradient, ...]])


def cube(x: Tensor) -> Tensor:
    return x**3


assert_type(func.grad(func.grad(func.grad(cube)))(x), Gradient)
