"""Rectifiers with a slope below 0: given (Maas et al. 2013), trained (He et al. 2015) or random (Xu et al. 2015)."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kytorch.kernels import kinks as kernels
from kytorch.kernels import reduce
from kytorch.nn.activations.elementwise import Activation, ActivationGradFn, floats
from kytorch.nn.checks import check_numbers, check_positive, weight_dtype
from kytorch.nn.fused import FusedGradFn
from kytorch.nn.module import Module
from kytorch.ops.where import where
from kytorch.tensor.core import CONSTANT, Tensor, TrainableWeight, make
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.random import generator_or_default
from kytorch.tensor.values import Array, Shape


class LeakyReluGradFn(ActivationGradFn):
    """y = x where x > 0, else slope x,  dy = dx there, else slope dx"""

    __slots__ = ("_slope",)

    def __init__(self, slope: float) -> None:
        self._slope = slope

    def slope(self, x: Tensor) -> Tensor:
        return make(np.where(x._data > 0, 1.0, self._slope).astype(x.dtype), CONSTANT)

    def kernel(self, g: Array, x: Array) -> Array:
        return kernels.leaky_relu_vjp(g, x, self._slope)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where x > 0, else negative_slope x, for each element. `inplace` changes nothing: Tensors are immutable."""
    check_numbers("leaky_relu", negative_slope=negative_slope)
    return _leaky_relu("leaky_relu", input, negative_slope)


def _leaky_relu(name: str, input: Tensor, slope: float) -> Tensor:
    return LeakyReluGradFn(slope).record(kernels.leaky_relu(floats(name, input), slope), input)


class LeakyReLU(Activation):
    """x where x > 0, else negative_slope x, for each element."""

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        Activation.__init__(self, inplace)
        check_numbers("LeakyReLU", negative_slope=negative_slope)
        self.negative_slope = negative_slope

    def forward(self, input: Tensor) -> Tensor:
        return leaky_relu(input, self.negative_slope)

    def options(self) -> str:
        return f"negative_slope={self.negative_slope}"


class PreluGradFn(FusedGradFn):
    """y = x where x > 0, else w x,  dy = dx there, else w dx + x dw"""

    __slots__ = ()

    def composition(self, *inputs: Tensor) -> Tensor:
        x, weight = inputs
        return where(x > 0, x, weight.reshape(_beside(x.shape, weight.size)) * x)

    def gradients(self, g: Array, *inputs: Array) -> tuple[Array | None, ...]:
        x, weight = inputs
        below = np.minimum(x, 0)
        g_w: Array | None = None
        if self.needs(1):
            per_channel = weight.size > 1 and x.ndim > 1
            dims = tuple([i for i in range(x.ndim) if i != 1 or not per_channel])
            g_w = reduce.sum(g * below, dims, False).reshape(weight.shape)
        if not self.needs(0):
            return None, g_w
        return g * np.where(x > 0, np.ones((), x.dtype), weight.reshape(_beside(x.shape, weight.size))), g_w


def _beside(shape: Shape, channels: int) -> Shape:
    """The shape in which a weight of so many channels stands beside an input of `shape`."""
    return (channels,) + (1,) * (len(shape) - 2) if channels > 1 and len(shape) > 1 else (1,) * min(len(shape), 1)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x where x > 0, else w x: `weight` has one element, or one for each channel of an input (n, channels, ...).

    Raises ValueError for other shapes.
    """
    if type(input) is not Tensor or type(weight) is not Tensor:
        raise not_tensors("prelu", input, weight)
    x, w = floats("prelu", input), floats("prelu", weight)
    channels = x.shape[1] if x.ndim > 1 else 1
    if w.ndim > 1 or w.size not in (1, channels):
        raise ValueError(
            f"prelu: an input of shape {x.shape} takes a weight of shape (1,) or ({channels},), one for each channel, "
            f"not {w.shape}"
        )
    y = np.maximum(x, 0)
    y = y + np.minimum(x, 0) * w.reshape(_beside(x.shape, w.size))
    return PreluGradFn().record(y, input, weight)


class PReLU(Module):
    """x where x > 0, else w x, with a trained w: one, or one for each of `num_parameters` channels."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25, dtype: npt.DTypeLike = np.float32) -> None:
        check_positive("PReLU", num_parameters=num_parameters)
        check_numbers("PReLU", init=init)
        self.num_parameters = num_parameters
        self.init = init
        self.weight = TrainableWeight(np.full(num_parameters, init, weight_dtype("PReLU", dtype)))

    def forward(self, input: Tensor) -> Tensor:
        return prelu(input, self.weight.tensor())

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


def rrelu(
    input: Tensor,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """x where x > 0, else x times a number, in training drawn from U(lower, upper) for each element, else their mean.

    Raises ValueError if lower > upper.
    """
    _check_slopes("rrelu", lower, upper)
    x = floats("rrelu", input)
    if not training:
        return _leaky_relu("rrelu", input, (lower + upper) / 2)
    kind = np.float64 if x.dtype.char == "d" else np.float32
    slopes = generator_or_default(generator).random(x.shape, kind)
    slopes *= upper - lower
    slopes += lower
    factors = np.where(x > 0, np.ones((), kind), slopes).astype(x.dtype, copy=False)
    return input * make(factors, CONSTANT)


def _check_slopes(name: str, lower: float, upper: float) -> None:
    check_numbers(name, lower=lower, upper=upper)
    if not -math.inf < lower <= upper < math.inf:
        raise ValueError(f"{name}: expected finite slopes with lower <= upper, not lower={lower}, upper={upper}")


class RReLU(Activation):
    """x where x > 0, else x times a number, in training drawn from U(lower, upper) each time, else their mean."""

    def __init__(
        self,
        lower: float = 1 / 8,
        upper: float = 1 / 3,
        inplace: bool = False,
        generator: np.random.Generator | None = None,
    ) -> None:
        Activation.__init__(self, inplace)
        _check_slopes("RReLU", lower, upper)
        self.lower = lower
        self.upper = upper
        self.generator = generator

    def forward(self, input: Tensor) -> Tensor:
        return rrelu(input, self.lower, self.upper, self.training, generator=self.generator)

    def options(self) -> str:
        return f"lower={self.lower}, upper={self.upper}"
