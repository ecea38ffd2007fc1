"""Functions that differentiate functions: the structure of the argument is the type of the gradient."""

from collections.abc import Callable
from typing import Any, NamedTuple, assert_type

import kytorch as kt
from kytorch import Gradient, Tensor, TrainableWeight, func, nn
from kytorch.func.tree import Tree
from kytorch.optim import functional


class Layer(NamedTuple):
    w: Tensor
    b: Tensor


def of_dict(weights: dict[str, Tensor], x: Tensor, scale: float = 1.0) -> Tensor:
    return (weights["w"] * x).sum() * scale


def of_layers(layers: list[Layer], x: Tensor) -> Tensor:
    return (layers[0].w * x).sum()


def with_aux(x: Tensor, n: int) -> tuple[Tensor, str]:
    return x.sum(), str(n)


def vector(x: Tensor) -> Tensor:
    return x.sin()


def two(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return x * y, x + y


x = Tensor([1.0])
weights = {"w": x}
layers = [Layer(x, x)]

# grad
assert_type(func.grad(of_dict)(weights, x), dict[str, Tensor])
assert_type(func.grad(of_dict)(weights, x, scale=2.0), dict[str, Tensor])
assert_type(func.grad(of_layers)(layers, x)[0].w, Tensor)
assert_type(func.grad(of_dict, 1)(weights, x), Gradient)
assert_type(func.grad(of_dict, argnums=-1)(weights, x), Gradient)
assert_type(func.grad(with_aux, has_aux=True)(x, 1), tuple[Tensor, str])
assert_type(func.grad(with_aux, 0, has_aux=True)(x, 1), tuple[Tensor, str])
assert_type(func.grad(with_aux, (0,), has_aux=True)(x, 1), tuple[tuple[Tensor, ...], str])
assert_type(func.value_and_grad(of_dict)(weights, x), tuple[Tensor, dict[str, Tensor]])
assert_type(func.value_and_grad(with_aux, has_aux=True)(x, 1), tuple[tuple[Tensor, str], Tensor])
second: Callable[[Tensor], Tensor] = func.grad(func.grad(lambda x: x.sin()))

# vjp and jvp
output, pull = func.vjp(two, x, x)
assert_type(output, tuple[Tensor, Tensor])
assert_type(pull(output), tuple[Tensor, Tensor])
assert_type(func.vjp(of_layers, layers, x)[1](x), tuple[list[Layer], Tensor])
assert_type(func.vjp(with_aux, x, 1, has_aux=True)[2], str)
assert_type(func.jvp(vector, (x,), (x,)), tuple[Tensor, Tensor])
assert_type(func.jvp(two, (x, x), (x, x))[1], tuple[Tensor, Tensor])
assert_type(func.jvp(with_aux, (x, 1), (x, 1), has_aux=True), tuple[Tensor, Tensor, str])
assert_type(func.hvp(of_layers, (layers, x), (layers, x)), tuple[list[Layer], Tensor])

# Jacobians and Hessians
for jacobian in (func.jacrev(vector), func.jacfwd(vector), func.hessian(vector)):
    assert_type(jacobian(x), Tensor)
assert_type(func.jacrev(of_dict)(weights, x), dict[str, Tensor])
assert_type(func.jacfwd(of_dict, (0, 1))(weights, x), tuple[Tensor, ...])
assert_type(func.jacrev(with_aux, has_aux=True)(x, 1), tuple[Tensor, str])
assert_type(func.jacrev(two)(x, x), Tree)
assert_type(func.jacfwd(func.jacrev(vector))(x), Tensor)
assert_type(func.hessian(of_layers, (0, 1))(layers, x), tuple[tuple[Tensor, ...], ...])

# checkpoint and functional_call
model = nn.Sequential(nn.Linear(1, 1), nn.Tanh())
assert_type(func.checkpoint(two)(x, y=x), tuple[Tensor, Tensor])
assert_type(func.checkpoint(two, x, x), tuple[Tensor, Tensor])
assert_type(func.checkpoint(of_dict)(weights, x, scale=2.0), Tensor)
assert_type(func.checkpoint(model)(x), Tensor)
assert_type(func.functional_call(model, {"0.weight": x}, x), Tensor)


class Two(nn.Module):
    def forward(self, x: Tensor, n: int) -> tuple[Tensor, int]:
        return x, n


assert_type(func.functional_call(Two(), {}, (x, 1)), tuple[Tensor, int])

# kytorch.grad
w = TrainableWeight([1.0])
assert_type(kt.grad(x, w), tuple[Tensor, ...])
assert_type(kt.grad([x, x], (x, w), [None, x], create_graph=True), tuple[Tensor, ...])
assert_type(kt.grad(x, w, allow_unused=True), tuple[Tensor | None, ...])
assert_type(kt.grad(x, w, allow_unused=True, materialize_grads=True), tuple[Tensor, ...])

# Steps as functions
assert_type(functional.gradient_descent(weights, weights, lr=x), dict[str, Tensor])
state = functional.AdamState[dict[str, Tensor]]()
assert_type(
    functional.adam(weights, weights, state, lr=0.1), tuple[dict[str, Tensor], functional.AdamState[dict[str, Tensor]]]
)
anything: Any = functional.adamw(x, x, functional.AdamState())
