"""Reductions have precise types."""

from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

import kytorch as kt
from kytorch import Tensor

x = Tensor([[1.0, 2.0], [3.0, 4.0]])
floats: npt.NDArray[Any] = np.ones((2, 2))

assert_type(x.sum((0, 1), dtype=np.float64), Tensor)
assert_type(x.mean(0, True, dtype=kt.float64), Tensor)
assert_type(x.var([0, -1], correction=0.5, keepdim=True), Tensor)
assert_type(x.std(), Tensor)
assert_type(kt.var_mean(x, 0), tuple[Tensor, Tensor])
assert_type(kt.std_mean(x, (0, 1), correction=0), tuple[Tensor, Tensor])
assert_type(kt.std_mean(floats), tuple[npt.NDArray[Any], npt.NDArray[Any]])
assert_type(x.prod(), Tensor)
assert_type(kt.prod(x, -1, keepdim=True, dtype=np.int64), Tensor)
assert_type(x.nansum(0), Tensor)
assert_type(kt.nanmean(x), Tensor)

assert_type(x.max(), Tensor)
assert_type(x.max(0).indices, Tensor)
assert_type(x.max(x), Tensor)
assert_type(kt.max(x, x), Tensor)
assert_type(kt.max(x, 0).values, Tensor)
assert_type(kt.max(x, None, True), Tensor)
assert_type(kt.min(floats, floats), npt.NDArray[Any])
assert_type(kt.min(floats, 0).values, npt.NDArray[Any])
values, indices = x.min(0, True)
assert_type(values, Tensor)
assert_type(indices, Tensor)
assert_type(x.amax((0, 1), keepdim=True), Tensor)
assert_type(kt.amin(x, [0]), Tensor)
assert_type(x.argmax(), Tensor)
assert_type(x.argmin(0, True), Tensor)
assert_type(kt.argmax(floats), npt.NDArray[Any])
assert_type(x.any(), Tensor)
assert_type(x.all((0, 1)), Tensor)
assert_type(x.count_nonzero(0), Tensor)

assert_type(x.logsumexp((0, 1), True), Tensor)
assert_type(x.softmax(-1), Tensor)
assert_type(kt.softmax(floats, 0), npt.NDArray[Any])
assert_type(kt.log_softmax(x, dim=1, dtype=np.float32), Tensor)
assert_type(x.norm(), Tensor)
assert_type(x.norm("fro", (0, 1)), Tensor)
assert_type(kt.norm(x, float("inf"), dim=0, keepdim=True), Tensor)
