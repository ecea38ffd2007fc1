"""Misuse of arithmetic, choice, logic, creation and random numbers."""

import kytorch
from kytorch import Tensor, TrainableWeight

x = Tensor([1.0, 2.0])
weight = TrainableWeight([1.0, 2.0])

x // "a"  # error
"a" & x  # error
x % weight  # error
x << [1, 2]  # error
kytorch.maximum("a", x)  # error
kytorch.fmod(x, None)  # error
x.clamp("a")  # error
x.round(1)  # error
x.equal(1.0)  # error
x.nan_to_num("zero")  # error
kytorch.tensor([1.0], None, True)  # error
kytorch.eye(2.5)  # error
kytorch.linspace(0, 1, 2.5)  # error
kytorch.zeros_like([1.0])  # error
kytorch.randint(3, 5)  # error
kytorch.randint((2,))  # error
kytorch.bernoulli(0.5)  # error
kytorch.multinomial(weight, 1)  # error
kytorch.normal("a")  # error
