"""Indexing, taking and putting have precise types."""

from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

import kytorch as kt
from kytorch import Tensor

x = Tensor([[1.0, 2.0], [3.0, 4.0]])
index = Tensor([[0, 1]])
rows = np.array([1, 1])

assert_type(x[0], Tensor)
assert_type(x[index], Tensor)
assert_type(x[[0, 1]], Tensor)
assert_type(x[rows, 1:], Tensor)
assert_type(x[index, None, ...], Tensor)
assert_type(x.at[index].min(0.5), Tensor)
assert_type(x.at[rows].max(x), Tensor)
assert_type(x.gather(0, index), Tensor)
assert_type(x.scatter(0, index, x), Tensor)
assert_type(x.scatter(0, index, 2.0, reduce="add"), Tensor)
assert_type(x.scatter(0, index, value=2.0), Tensor)
assert_type(x.scatter_add(0, index, x), Tensor)
assert_type(x.scatter_reduce(0, index, x, "amax", include_self=False), Tensor)
assert_type(x.index_select(0, rows), Tensor)
assert_type(x.index_add(0, rows, x, alpha=2), Tensor)
assert_type(x.index_copy(0, rows, x), Tensor)
assert_type(x.index_fill(0, rows, 0.0), Tensor)
assert_type(x.take(index), Tensor)
assert_type(x.take_along_dim(index, 0), Tensor)
assert_type(x.masked_fill(x > 0, 0.0), Tensor)
assert_type(x.masked_select(x > 0), Tensor)
assert_type(x.nonzero(), Tensor)
assert_type(x.nonzero(as_tuple=True), tuple[Tensor, ...])
assert_type(x.argwhere(), Tensor)
assert_type(kt.one_hot(index, 3), Tensor)
assert_type(kt.nn.functional.one_hot(index), Tensor)
assert_type(kt.isin(x, index), Tensor)
assert_type(kt.gather(x, 0, index), Tensor)
assert_type(kt.nonzero(x, as_tuple=True), tuple[Tensor, ...])

# On arrays the functions give arrays
floats: npt.NDArray[Any] = np.ones(3)
assert_type(kt.gather(floats, 0, rows), npt.NDArray[Any])
assert_type(kt.scatter_add(floats, 0, rows, floats), npt.NDArray[Any])
assert_type(kt.masked_fill(floats, floats > 0, 0.0), npt.NDArray[Any])
assert_type(kt.argwhere(floats), npt.NDArray[Any])
