"""Each line marked with an error is refused, and no other."""
# ruff: noqa: B018

import kytorch as kt
from kytorch import Tensor, TrainableWeight

x = Tensor([[1.0, 2.0], [3.0, 4.0]])
index = Tensor([[0, 1]])
weight = TrainableWeight([1.0, 2.0])

x[1.5]  # error
x[weight]  # error
x.at[0].min("a")  # error
x.gather(index, 0)  # error
x.gather(0, 1)  # error
x.scatter(0, index, "a")  # error
x.scatter(0, index, x, reduce="max")  # error
x.scatter_reduce(0, index, x)  # error
x.scatter_reduce(0, index, x, "max")  # error
x.scatter_add(0, index, 1.0)  # error
x.index_add(0, index, x, 2)  # error
x.index_select(0, [0, 1])  # error
x.masked_fill(True, 0.0)  # error
x.masked_fill(x > 0, weight)  # error
x.nonzero(as_tuple=True).shape  # error
kt.one_hot(x, "a")  # error
kt.gather(weight, 0, index)  # error
