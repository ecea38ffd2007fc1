"""Each line marked with an error is refused, and no other."""
# ruff: noqa: B015, B018

import kytorch as kt
from kytorch import GradFn, LeafGradFn, Tensor, TrainableWeight, func

x = Tensor([1.0, 2.0])
weight = TrainableWeight([1.0, 2.0])

Tensor(None)  # error
Tensor(object())  # error
Tensor({1: 2})  # error
Tensor(1j)  # error
x[0] = 1.0  # error
x.data = x.data  # error
x.shape = (1, 2)  # error
x.anything = 1  # error
del x[0]  # error
x + "a"  # error
x + None  # error
x * [1.0]  # error
x + weight  # error
weight + x  # error
weight * 2.0  # error
-weight  # error
weight[0]  # error
len(weight)  # error
weight.sum()  # error
x @ 2.0  # error
x**1j  # error
x < "a"  # error
x.sum("rows")  # error
x.sum(dimension=0)  # error
x.max(0).exp()  # error
x.reshape("4")  # error
x.clamp("0")  # error
x.at[0].set("a")  # error
x.at[0] = 1.0  # error
x.at.set(weight)  # error
x.nothing()  # error
x.backward(1.0)  # error
x.backward(x, True)  # error
x.sum().backward()[0].exp()  # error
loss: float = x.sum()  # error
kt.tanh("a")  # error
kt.tanh(weight)  # error
kt.tanh(1.0)  # error
kt.cat(x, "a")  # error
kt.cat([weight])  # error
kt.where(x > 0, weight, x)  # error
kt.zeros("2")  # error
kt.randn(2, generator=1)  # error
weight.data = x  # error
weight.grad  # error
x.grad  # error
LeafGradFn(x)  # error
node: LeafGradFn = x.grad_fn  # error


def loss_of(x: Tensor, y: Tensor) -> Tensor:
    return (x * y).sum()


def number(x: Tensor) -> float:
    return x.item()


func.grad(loss_of)(x)  # error
func.grad(number)(x)  # error
func.grad(loss_of)(x, 1.0)  # error
func.grad(loss_of, "0")(x, x)  # error
func.grad(loss_of, (0, 1))(x, x).exp()  # error


class MyTensor(Tensor):  # error
    pass


class MyLeaf(LeafGradFn):  # error
    pass


fine: GradFn = x.grad_fn
