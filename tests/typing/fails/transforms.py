"""Wrong uses of functions that differentiate functions: every marked line is an error to mypy, and no other."""

import kytorch as kt
from kytorch import Tensor, TrainableWeight, func, nn
from kytorch.optim import functional


def of_dict(weights: dict[str, Tensor], x: Tensor) -> Tensor:
    return (weights["w"] * x).sum()


def number(n: int) -> Tensor:
    return Tensor(n)


def with_aux(x: Tensor) -> tuple[Tensor, str]:
    return x.sum(), "x"


x = Tensor([1.0])
weights = {"w": x}

func.grad(of_dict)(weights, x).exp()  # error
func.grad(of_dict)(x, x)  # error
func.grad(with_aux)(x)  # error
func.grad(with_aux, has_aux=True)(x).exp()  # error
func.value_and_grad(of_dict)(weights, x)[1].exp()  # error
func.vjp(of_dict, x, x)  # error
func.vjp(of_dict, weights)  # error
func.jvp(of_dict, (weights, x), (x, x))  # error
func.jvp(of_dict, x, x)  # error
func.hvp(of_dict, (weights, x), (weights,))  # error
func.hvp(with_aux, (x,), (x,))  # error
func.jacrev(of_dict)(weights, x).exp()  # error
func.checkpoint(of_dict)(x)  # error
func.checkpoint(of_dict, weights)  # error
func.functional_call(nn.Tanh(), {"w": 1.0}, x)  # error
func.functional_call(of_dict, weights, x)  # error
kt.grad(x, 1.0)  # error
kt.grad(x, x, allow_unused=True)[0].exp()  # error
kt.grad(TrainableWeight([1.0]), x)  # error
kt.grad(x, x, x, True)  # error
functional.gradient_descent(weights, x, lr=0.1)["w"]  # error
functional.adam(weights, weights, lr=0.1)  # error
