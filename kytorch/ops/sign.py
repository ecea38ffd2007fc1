"""Signs, and what is left without them."""

from __future__ import annotations

import numpy as np

from kytorch.kernels import choice as kernels
from kytorch.ops.rounding import StepGradFn
from kytorch.tensor.core import A, Tensor
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of
from kytorch.tensor.rules import InputGradFn


class AbsGradFn(InputGradFn):
    """y = |x|,  dy = sign x dx"""

    __slots__ = ()

    def vjp(self, g: A, x: A) -> A:
        return g * sign(x)


@method
def abs(x: A) -> A:
    """The absolute value of each element of `x`."""
    if isinstance(x, Tensor):
        return AbsGradFn().record(np.abs(x._data), x)
    return np.abs(array_of("abs", x))


@method
def sign(x: A) -> A:
    """-1, 0 or 1 by the sign of each element of `x`; 0 for NaN."""
    if isinstance(x, Tensor):
        return SignGradFn().record(kernels.sign(x._data), x)
    return kernels.sign(array_of("sign", x))


class SignGradFn(StepGradFn):
    """y = -1, 0 or 1,  dy = 0"""

    __slots__ = ()
