"""Elementwise mathematics has precise types."""

from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

import kytorch as kt
from kytorch import Tensor

x = Tensor([0.25, 0.5])
floats: npt.NDArray[Any] = np.ones(3)

assert_type(x.exp2().expm1().log1p().log2().log10(), Tensor)
assert_type(x.rsqrt().square().reciprocal(), Tensor)
assert_type(x.tan().asin().acos().atan(), Tensor)
assert_type(x.sinh().cosh().asinh().acosh().atanh(), Tensor)
assert_type(x.erf().erfc().sinc(), Tensor)
assert_type(x.logit(), Tensor)
assert_type(x.logit(eps=1e-6), Tensor)
assert_type(kt.logit(x, 0.1), Tensor)
assert_type(kt.erf(x), Tensor)
assert_type(kt.erf(floats), npt.NDArray[Any])
assert_type(kt.rsqrt(floats), npt.NDArray[Any])

# Of two, a number or an array on either side
assert_type(x.atan2(x), Tensor)
assert_type(x.atan2(1.0), Tensor)
assert_type(x.hypot(floats), Tensor)
assert_type(x.xlogy(2), Tensor)
assert_type(kt.atan2(1.0, x), Tensor)
assert_type(kt.hypot(3.0, x), Tensor)
assert_type(kt.xlogy(2.0, x), Tensor)
assert_type(kt.pow(2, x), Tensor)
assert_type(kt.pow(x, floats), Tensor)
assert_type(kt.hypot(floats, 3.0), npt.NDArray[Any])
assert_type(x.lerp(x, 0.5), Tensor)
assert_type(x.lerp(end=1.0, weight=x), Tensor)
assert_type(kt.lerp(0.0, x, 0.5), Tensor)
assert_type(kt.lerp(0.0, 1.0, x), Tensor)
assert_type(kt.lerp(x, x, x), Tensor)
