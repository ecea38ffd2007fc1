"""Each line marked with an error is refused, and no other."""

import kytorch as kt
from kytorch import Tensor, TrainableWeight

x = Tensor([1.0, 2.0])
weight = TrainableWeight([1.0, 2.0])

x.softmax()  # error
x.log_softmax()  # error
x.logsumexp()  # error
x.softmax("rows")  # error
x.softmax((0, 1))  # error
x.softmax(0, float)  # error
x.prod((0, 1))  # error
x.argmax((0, 1))  # error
x.argmax(0).values.exp()  # error
x.var(0, 1)  # error
x.std(unbiased=False)  # error
x.norm([2])  # error
x.norm(None)  # error
x.any("rows")  # error
x.count_nonzero(0, True)  # error
x.max(0).exp()  # error
x.max(x).values.exp()  # error
x.max(x, True)  # error
kt.max(x, weight)  # error
kt.var_mean(x).exp()  # error
kt.sum(weight)  # error
kt.norm(weight)  # error
kt.softmax([1.0], 0)  # error
fine: Tensor = x.norm(2, 0)
