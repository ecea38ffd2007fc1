"""Dropout (Srivastava et al. 2014) of elements and of channels (Tompson et al. 2015), scaled in training so that
evaluation is the identity; and alpha dropout (Klambauer et al. 2017), which keeps SELU's mean and variance.

`inplace` is PyTorch's and changes nothing: Tensors are immutable.
"""

from __future__ import annotations

import math

import numpy as np

from kytorch.kernels import dropout as kernels
from kytorch.nn.activations.exponential import SELU_ALPHA, SELU_SCALE
from kytorch.nn.module import Module
from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.random import generator_or_default
from kytorch.tensor.values import Array, Shape, lock

# What SELU tends to far below 0, which alpha dropout puts in the place of an element.
_LOWEST = -SELU_ALPHA * SELU_SCALE


class DropoutGradFn(UnaryGradFn):
    """y = scale m x + constants, of a mask m,  dy = scale m dx"""

    __slots__ = ("_mask", "_scale")

    def __init__(self, mask: Array, scale: float) -> None:
        lock(mask)
        self._mask = mask
        self._scale = scale

    def vjp(self, g: A) -> A:
        return _masked(g, self._mask, self._scale)


def _masked(x: A, mask: Array, scale: float) -> A:
    if isinstance(x, Tensor):
        return DropoutGradFn(mask, scale).record(kernels.dropout(x._data, mask, scale), x)
    return kernels.dropout(x, mask, scale)


def _check(name: str, x: Tensor, p: float) -> None:
    """Raise TypeError unless `x` is a Tensor of floats, ValueError unless `p` is a probability."""
    check_probability(name, p)
    if type(x) is not Tensor:
        raise not_tensors(name, x)
    if x._data.dtype.kind != "f":
        raise TypeError(f"{name}: expected a Tensor of floats, not of {x.dtype}")


def check_probability(name: str, p: float) -> None:
    """Raise TypeError unless `p` is a number, ValueError unless it is in [0, 1]."""
    if not isinstance(p, (int, float)):
        raise TypeError(f"{name}: the probability is to be a number, not {type(p).__name__}")
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: the probability is to be in [0, 1], not {p}")


def _dropped(x: Tensor, shape: Shape, p: float, generator: np.random.Generator | None) -> Tensor:
    """`x` times a random mask of `shape`, which broadcasts to it."""
    if p == 1:
        return _masked(x, np.zeros(shape, np.bool_), 0.0)
    return _masked(x, kernels.kept(generator_or_default(generator), shape, p), 1 / (1 - p))


def dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """The input with each element 0 with probability `p`, else divided by 1 - p; itself outside training."""
    _check("dropout", input, p)
    return _dropped(input, input._data.shape, p, generator) if training and p else input


def _channels(name: str, input: Tensor, p: float, batched: tuple[int, ...], unbatched: int) -> Shape:
    """The shape of a mask of whole channels. Raises ValueError if the input has another number of dimensions."""
    _check(name, input, p)
    shape = input._data.shape
    if len(shape) not in (*batched, unbatched):
        counts = " or ".join(map(str, sorted({*batched, unbatched})))
        raise ValueError(f"{name}: expected an input of {counts} dimensions, not of shape {shape}")
    first = 2 if len(shape) in batched else 1
    return shape[:first] + (1,) * (len(shape) - first)


def dropout1d(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Dropout of whole channels of an input (n, channels, length) or (channels, length)."""
    shape = _channels("dropout1d", input, p, (3,), 2)
    return _dropped(input, shape, p, generator) if training and p else input


def dropout2d(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Dropout of whole channels of an input (n, channels, height, width); of three dimensions, as in PyTorch, of
    (n, channels, length).
    """
    shape = _channels("dropout2d", input, p, (3, 4), 4)
    return _dropped(input, shape, p, generator) if training and p else input


def dropout3d(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Dropout of whole channels of an input (n, channels, depth, height, width), or one without n."""
    shape = _channels("dropout3d", input, p, (5,), 4)
    return _dropped(input, shape, p, generator) if training and p else input


def _alpha_dropped(x: Tensor, shape: Shape, p: float, generator: np.random.Generator | None) -> Tensor:
    if p == 1:
        return _masked(x, np.zeros(shape, np.bool_), 0.0)
    mask = kernels.kept(generator_or_default(generator), shape, p)
    # Klambauer et al. 2017, section "alpha dropout": a and b of the affine map that restores mean and variance.
    a = 1 / math.sqrt((1 - p) * (1 + p * _LOWEST**2))
    b = -a * p * _LOWEST
    y = kernels.dropout(x._data, mask, a)
    added = np.array([a * _LOWEST + b, b], y.dtype)[mask.view(np.int8)]
    return DropoutGradFn(mask, a).record(np.add(y, added), x)


def alpha_dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = False,
    inplace: bool = False,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """The input with each element at SELU's lower limit with probability `p`, and all then scaled and shifted so that
    a mean of 0 and a variance of 1 stay; itself outside training.
    """
    _check("alpha_dropout", input, p)
    return _alpha_dropped(input, input._data.shape, p, generator) if training and p else input


def feature_alpha_dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = False,
    inplace: bool = False,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Alpha dropout of whole channels of an input (n, channels, ...). Raises ValueError for fewer dimensions."""
    _check("feature_alpha_dropout", input, p)
    shape = input._data.shape
    if len(shape) < 2:
        raise ValueError(f"feature_alpha_dropout: expected an input of shape (n, channels, ...), not {shape}")
    channels = shape[:2] + (1,) * (len(shape) - 2)
    return _alpha_dropped(input, channels, p, generator) if training and p else input


class _Dropout(Module):
    """The base of the dropouts."""

    def __init__(self, p: float = 0.5, inplace: bool = False, generator: np.random.Generator | None = None) -> None:
        check_probability(type(self).__name__, p)
        if not isinstance(inplace, bool):
            raise TypeError(f"{type(self).__name__}: inplace is to be a bool, not {type(inplace).__name__}")
        self.p = p
        self.inplace = inplace
        self.generator = generator

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """In training each element is 0 with probability `p`, else divided by 1 - p; in evaluation nothing changes."""

    def forward(self, input: Tensor) -> Tensor:
        return dropout(input, self.p, self.training, generator=self.generator)


class Dropout1d(_Dropout):
    """Dropout of whole channels of (n, channels, length) or (channels, length)."""

    def forward(self, input: Tensor) -> Tensor:
        return dropout1d(input, self.p, self.training, generator=self.generator)


class Dropout2d(_Dropout):
    """Dropout of whole channels of (n, channels, height, width), or of (n, channels, length)."""

    def forward(self, input: Tensor) -> Tensor:
        return dropout2d(input, self.p, self.training, generator=self.generator)


class Dropout3d(_Dropout):
    """Dropout of whole channels of (n, channels, depth, height, width), or of one without n."""

    def forward(self, input: Tensor) -> Tensor:
        return dropout3d(input, self.p, self.training, generator=self.generator)


class AlphaDropout(_Dropout):
    """In training each element is at SELU's lower limit with probability `p`; the mean and the variance stay."""

    def forward(self, input: Tensor) -> Tensor:
        return alpha_dropout(input, self.p, self.training, generator=self.generator)


class FeatureAlphaDropout(_Dropout):
    """Alpha dropout of whole channels of (n, channels, ...)."""

    def forward(self, input: Tensor) -> Tensor:
        return feature_alpha_dropout(input, self.p, self.training, generator=self.generator)
