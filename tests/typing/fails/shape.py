"""Each line marked with an error is refused, and no other."""

import kytorch as kt
from kytorch import Tensor

x = Tensor([[1.0, 2.0], [3.0, 4.0]])

x.view("4")  # error
x.view_as((2, 2))  # error
x.split("1")  # error
x.split(1).exp()  # error
x.chunk(2, dim="0")  # error
x.roll(0.5)  # error
x.flip(None)  # error
x.repeat_interleave("2")  # error
kt.pad(x, 1)  # error
kt.pad(x, (1, 1), "edge")  # error
kt.pad(x, (1, 1), value=x)  # error
kt.meshgrid(x, x, indexing="yx")  # error
kt.meshgrid([1.0, 2.0])  # error
kt.hstack(x, x)  # error
fine: Tensor = kt.stack(x.unbind())
