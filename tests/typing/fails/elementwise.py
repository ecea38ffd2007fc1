"""Misuse of elementwise mathematics: each line marked with an error is refused, and no other."""

import kytorch as kt
from kytorch import Tensor, TrainableWeight

x = Tensor([0.25, 0.5])
weight = TrainableWeight([0.25, 0.5])

x.erf(1.0)  # error
x.logit("a")  # error
x.logit(x)  # error
x.atan2()  # error
x.hypot("a")  # error
x.xlogy(weight)  # error
x.lerp(x)  # error
x.lerp(x, "a")  # error
x.lerp(x, w=0.5)  # error
kt.erf(weight)  # error
kt.erfc(1.0)  # error
kt.sinc("a")  # error
kt.atan2(x, None)  # error
kt.pow(weight, 2)  # error
kt.lerp(x, x, weight)  # error
x.arctan2(x)  # error
number: float = x.exp2()  # error
