"""Rectifiers with exponential tails: ELU (Clevert et al. 2016), SELU (Klambauer et al. 2017), CELU (Barron 2017)."""

from __future__ import annotations

import math

from kytorch.kernels import activation as kernels
from kytorch.nn.activations.elementwise import Activation, ActivationGradFn, floats
from kytorch.nn.checks import check_numbers
from kytorch.ops.exponential import exp
from kytorch.ops.where import where
from kytorch.tensor.core import Tensor
from kytorch.tensor.values import Array

# Of SELU, so that a mean of 0 and a variance of 1 stay (Klambauer et al. 2017, equation 14).
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


class EluGradFn(ActivationGradFn):
    """y = s x where x > 0, else s alpha (e^(rate x) - 1),  dy = s dx, else s alpha rate e^(rate x) dx"""

    __slots__ = ("_alpha", "_rate", "_scale")

    def __init__(self, scale: float, alpha: float, rate: float) -> None:
        self._scale = scale
        self._alpha = alpha
        self._rate = rate

    def slope(self, x: Tensor) -> Tensor:
        # The slope's own slope at 0 is 0, as in PyTorch.
        below = exp(where(x >= 0, 0.0, x) * self._rate) * (self._scale * self._alpha * self._rate)
        return where(x > 0, self._scale, below)

    def kernel(self, g: Array, x: Array) -> Array:
        return kernels.elu_vjp(g, x, self._scale, self._alpha, self._rate)


def _elu(name: str, input: Tensor, scale: float, alpha: float, rate: float) -> Tensor:
    return EluGradFn(scale, alpha, rate).record(kernels.elu(floats(name, input), scale, alpha, rate), input)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else alpha (e^x - 1), for each element. `inplace` changes nothing: Tensors are immutable."""
    check_numbers("elu", alpha=alpha)
    return _elu("elu", input, 1.0, alpha, 1.0)


class ELU(Activation):
    """x where x > 0, else alpha (e^x - 1), for each element."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        Activation.__init__(self, inplace)
        check_numbers("ELU", alpha=alpha)
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        return elu(input, self.alpha)

    def options(self) -> str:
        return f"alpha={self.alpha}"


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """s x where x > 0, else s a (e^x - 1), s = 1.0507..., a = 1.6732..., for each element."""
    return _elu("selu", input, SELU_SCALE, SELU_ALPHA, 1.0)


class SELU(Activation):
    """s x where x > 0, else s a (e^x - 1), s = 1.0507..., a = 1.6732..., for each element."""

    def forward(self, input: Tensor) -> Tensor:
        return selu(input)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else alpha (e^(x / alpha) - 1), for each element. Raises ValueError for an alpha of 0."""
    _check_alpha("celu", alpha)
    return _elu("celu", input, 1.0, alpha, 1 / alpha)


def _check_alpha(name: str, alpha: float) -> None:
    check_numbers(name, alpha=alpha)
    if not alpha or not math.isfinite(alpha):
        raise ValueError(f"{name}: x is divided by alpha, which is not to be {alpha}")


class CELU(Activation):
    """x where x > 0, else alpha (e^(x / alpha) - 1), for each element."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        Activation.__init__(self, inplace)
        _check_alpha("CELU", alpha)
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        return celu(input, self.alpha)

    def options(self) -> str:
        return f"alpha={self.alpha}"
