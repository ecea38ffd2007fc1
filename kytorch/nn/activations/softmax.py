"""Softmax and what is made of it, as layers and functions. Without a dim they take PyTorch's: 0 of an input of 0, 1 or
3 dimensions, else 1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kytorch.kernels import softmax as kernels
from kytorch.nn.activations.elementwise import floats
from kytorch.nn.checks import check_numbers
from kytorch.nn.module import Module
from kytorch.ops import softmax as ops
from kytorch.ops.dtype import to
from kytorch.ops.extremum import argmax
from kytorch.tensor.core import CONSTANT, A, Tensor, make
from kytorch.tensor.dims import one_dim
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.random import generator_or_default
from kytorch.tensor.rules import OutputGradFn


def softmax(input: Tensor, dim: int | None = None, *, dtype: npt.DTypeLike | None = None) -> Tensor:
    """e^x over its sum along `dim`, without overflow. `dtype` converts the input first."""
    return ops.softmax(input, _dim("softmax", input, dim), dtype=dtype)


def log_softmax(input: Tensor, dim: int | None = None, *, dtype: npt.DTypeLike | None = None) -> Tensor:
    """log softmax(x) along `dim`, exact far away too. `dtype` converts the input first."""
    return ops.log_softmax(input, _dim("log_softmax", input, dim), dtype=dtype)


class SoftminGradFn(OutputGradFn):
    """y = e^-x / sum e^-x,  dy = -y (dx - sum y dx)"""

    __slots__ = ("_dim",)

    def __init__(self, dim: int) -> None:
        self._dim = dim

    def vjp(self, g: A, y: A) -> A:
        if isinstance(g, Tensor):
            return ((g * y).sum(self._dim, True) - g) * y
        return -kernels.softmax_vjp(g, y, self._dim)


def softmin(input: Tensor, dim: int | None = None, *, dtype: npt.DTypeLike | None = None) -> Tensor:
    """e^-x over its sum along `dim`, without overflow. `dtype` converts the input first."""
    dim = _dim("softmin", input, dim)
    if dtype is not None:
        input = to(input, dtype)
    x = floats("softmin", input)
    at = one_dim("softmin", dim, x.ndim)
    return SoftminGradFn(at).record(kernels.softmax(-x, at), input)


def _dim(name: str, input: Tensor, dim: int | None) -> int:
    if type(input) is not Tensor:
        raise not_tensors(name, input)
    if dim is None:
        return 0 if input.ndim in (0, 1, 3) else 1
    return dim


def gumbel_softmax(
    logits: Tensor,
    tau: float = 1.0,
    hard: bool = False,
    eps: float = 1e-10,
    dim: int = -1,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """A sample along `dim` from the categorical distribution of `logits`, relaxed (Jang et al. 2017): the softmax of
    logits and Gumbel noise over `tau`. If `hard`, one-hot, with the gradient of the relaxed one. `eps` has no effect,
    as in PyTorch.
    """
    check_numbers("gumbel_softmax", tau=tau)
    if not tau > 0:
        raise ValueError(f"gumbel_softmax: tau is to be above 0, not {tau}")
    x = floats("gumbel_softmax", logits)
    draw = generator_or_default(generator).standard_exponential(
        x.shape, np.float64 if x.dtype.char == "d" else np.float32
    )
    noise = -np.log(np.maximum(draw, np.finfo(draw.dtype).tiny))
    soft = ops.softmax((logits + make(np.asarray(noise, x.dtype), CONSTANT)) / tau, dim)
    if not hard:
        return soft
    chosen = np.zeros_like(x)
    np.put_along_axis(chosen, argmax(soft, dim, True)._data, 1, dim)
    return make(chosen, CONSTANT) - soft.detach() + soft


def _check_dim(name: str, dim: int | None) -> None:
    if dim is not None and not isinstance(dim, int):
        raise TypeError(f"{name}: dim is to be an int, not {type(dim).__name__}")


class _AlongDim(Module):
    """The base of those along one dimension."""

    def __init__(self, dim: int | None = None) -> None:
        _check_dim(type(self).__name__, dim)
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """e^x over its sum along `dim`."""

    def forward(self, input: Tensor) -> Tensor:
        return softmax(input, self.dim)


class LogSoftmax(_AlongDim):
    """log softmax(x) along `dim`."""

    def forward(self, input: Tensor) -> Tensor:
        return log_softmax(input, self.dim)


class Softmin(_AlongDim):
    """e^-x over its sum along `dim`."""

    def forward(self, input: Tensor) -> Tensor:
        return softmin(input, self.dim)


class Softmax2d(Module):
    """Softmax over the channels of (n, channels, height, width) or (channels, height, width)."""

    def forward(self, input: Tensor) -> Tensor:
        if type(input) is Tensor and input.ndim not in (3, 4):
            raise ValueError(
                "Softmax2d: expected an input of shape (n, channels, height, width) or (channels, height, width), "
                f"not {input.shape}"
            )
        return softmax(input, -3)
