"""Running sums, order and counts have precise types."""

from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

import kytorch as kt
from kytorch import Tensor

x = Tensor([[1.0, 2.0], [3.0, 4.0]])
floats: npt.NDArray[Any] = np.ones(3)

assert_type(x.cumsum(0), Tensor)
assert_type(kt.cumprod(x, dim=-1), Tensor)
assert_type(x.logcumsumexp(0), Tensor)
assert_type(x.cummax(0).values, Tensor)
assert_type(kt.cummin(x, 0).indices, Tensor)
assert_type(x.diff(2, -1, prepend=x), Tensor)
values, indices = x.sort(descending=True)
assert_type(values, Tensor)
assert_type(indices, Tensor)
assert_type(x.argsort(0, stable=True), Tensor)
assert_type(x.topk(1).values, Tensor)
assert_type(kt.topk(x, 1, largest=False).indices, Tensor)
assert_type(x.kthvalue(1, 0, True).values, Tensor)
assert_type(x.median(), Tensor)
assert_type(x.median(0).values, Tensor)
assert_type(kt.nanmedian(x), Tensor)
assert_type(kt.nanmedian(x, 0, True).indices, Tensor)
assert_type(x.quantile(0.5), Tensor)
assert_type(x.quantile([0.1, 0.9], 0, interpolation="lower"), Tensor)
assert_type(kt.nanquantile(x, x[0], keepdim=True), Tensor)
assert_type(x.unique(), Tensor)
assert_type(x.unique(return_inverse=True), tuple[Tensor, Tensor])
assert_type(x.unique(return_counts=True, dim=0), tuple[Tensor, Tensor])
assert_type(kt.unique(x, return_inverse=True, return_counts=True), tuple[Tensor, Tensor, Tensor])
assert_type(kt.searchsorted(x, x, right=True), Tensor)
assert_type(kt.searchsorted(x[0], 2.0, side="left", sorter=x.argsort()), Tensor)
assert_type(kt.bucketize(x, x[0]), Tensor)
assert_type(x.argsort().flatten().bincount(x.flatten(), minlength=3), Tensor)
assert_type(x.histc(10, min=0.0, max=1.0), Tensor)

# On arrays the functions give arrays
assert_type(kt.cumsum(floats, 0), npt.NDArray[Any])
assert_type(kt.sort(floats).indices, npt.NDArray[Any])
assert_type(kt.quantile(floats, 0.5), npt.NDArray[Any])
assert_type(kt.unique(floats, return_counts=True), tuple[npt.NDArray[Any], npt.NDArray[Any]])
