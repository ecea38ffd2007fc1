"""Misuse of running sums, order and counts: each line marked with an error is refused, and no other."""
# ruff: noqa: B018

import kytorch as kt
from kytorch import Tensor, TrainableWeight

x = Tensor([1.0, 2.0])
weight = TrainableWeight([1.0, 2.0])

x.cumsum()  # error
x.cumsum("rows")  # error
kt.cumprod(weight, 0)  # error
x.cummax(0).exp()  # error
x.diff(prepend=0.0)  # error
x.sort().exp()  # error
x.sort(up=True)  # error
x.topk()  # error
x.kthvalue(1).mean()  # error
x.median().values  # error
x.median(0).exp()  # error
x.median(keepdim=True)  # error
x.quantile("half")  # error
x.quantile(0.5, 0, False, "linear")  # error
x.unique(return_counts=True).exp()  # error
a, b, c = x.unique(return_inverse=True)  # error
kt.searchsorted(weight, x)  # error
kt.searchsorted(x, "a")  # error
kt.bucketize(x)  # error
x.bincount([1.0])  # error
x.histc("a")  # error

fine: Tensor = x.sort().values
