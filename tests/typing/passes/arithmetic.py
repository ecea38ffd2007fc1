"""Arithmetic, choice, rounding, logic, creation and random numbers."""

from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

import kytorch
from kytorch import Tensor

x, n, t = Tensor([1.0, 2.0]), Tensor([1, 2]), Tensor([True, False])
array: npt.NDArray[Any] = np.ones(2)

assert_type(x // 2, Tensor)
assert_type(2 // x, Tensor)
assert_type(x % n, Tensor)
assert_type(n & 3, Tensor)
assert_type(3 | n, Tensor)
assert_type(n ^ n, Tensor)
assert_type(n << 1, Tensor)
assert_type(1 >> n, Tensor)
assert_type(~t, Tensor)

assert_type(kytorch.add(1.0, x, alpha=2), Tensor)
assert_type(kytorch.maximum(x, 1.0), Tensor)
assert_type(kytorch.maximum(1.0, x), Tensor)
assert_type(kytorch.minimum(array, x), Tensor)
assert_type(kytorch.fmax(array, array), npt.NDArray[Any])
assert_type(kytorch.eq(0.5, x), Tensor)
assert_type(kytorch.floor_divide(7, n), Tensor)
assert_type(kytorch.where(t, 1.0, x), Tensor)
assert_type(kytorch.where(t, x, array), Tensor)
assert_type(x.clamp(0.0, x), Tensor)
assert_type(x.clip(max=1), Tensor)
assert_type(x.nan_to_num(posinf=1.0), Tensor)
assert_type(kytorch.round(array, decimals=1), npt.NDArray[Any])
assert_type(x.round(decimals=1), Tensor)
assert_type(x.floor().sign().frac(), Tensor)
assert_type(x.remainder(2).fmod(x), Tensor)
assert_type(x.isclose(1.0, atol=0.5), Tensor)
assert_type(x.allclose(x), bool)
assert_type(kytorch.equal(x, x), bool)
assert_type(x.half().float().double().int().long().bool(), Tensor)

assert_type(kytorch.tensor([1.0], requires_grad=True), Tensor)
assert_type(kytorch.zeros_like(x, np.float64), Tensor)
assert_type(kytorch.full_like(array, 2.0), npt.NDArray[Any])
assert_type(kytorch.eye(2, 3), Tensor)
assert_type(kytorch.linspace(0, 1, 5), Tensor)
assert_type(kytorch.tril_indices(2, 3, offset=1), Tensor)
assert_type(kytorch.randint(10, (2,)), Tensor)
assert_type(kytorch.randint(0, 10, (2,), generator=np.random.default_rng(0)), Tensor)
assert_type(kytorch.normal(x, 1.0), Tensor)
assert_type(kytorch.normal(0.0, 1.0, (2, 3)), Tensor)
assert_type(kytorch.multinomial(x, 2, replacement=True), Tensor)
assert_type(kytorch.bernoulli(x), Tensor)
