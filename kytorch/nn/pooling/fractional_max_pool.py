"""Fractional max pooling (Graham 2014): windows at random places, so many that the answer has a given size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol, cast, overload

import numpy as np

from kytorch.kernels import max_pooling as kernels
from kytorch.kernels.scatter import Places
from kytorch.nn.buffer import Buffer
from kytorch.nn.convolution.sizes import per_dimension
from kytorch.nn.pooling.indices import Indexed, IndexedPool, Indices
from kytorch.nn.pooling.windows import Size, check_input
from kytorch.ops.index import part
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.random import generator_or_default
from kytorch.tensor.values import Array, Shape, lock


class _FractionalMaxPoolFunction(Protocol):
    @overload
    def __call__(
        self,
        input: Tensor,
        kernel_size: Size,
        output_size: Size | None = None,
        output_ratio: float | Sequence[float] | None = None,
        return_indices: Literal[False] = False,
        _random_samples: Tensor | None = None,
        generator: np.random.Generator | None = None,
    ) -> Tensor: ...
    @overload
    def __call__(
        self,
        input: Tensor,
        kernel_size: Size,
        output_size: Size | None = None,
        output_ratio: float | Sequence[float] | None = None,
        *,
        return_indices: Literal[True],
        _random_samples: Tensor | None = None,
        generator: np.random.Generator | None = None,
    ) -> Indexed: ...
    @overload
    def __call__(
        self,
        input: Tensor,
        kernel_size: Size,
        output_size: Size | None = None,
        output_ratio: float | Sequence[float] | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
        generator: np.random.Generator | None = None,
    ) -> Tensor | Indexed: ...


def _overloaded(function: Callable[..., Tensor | Indexed]) -> _FractionalMaxPoolFunction:
    return cast(_FractionalMaxPoolFunction, function)


def _fractional_max_pool(
    name: str,
    dims: int,
    input: Tensor,
    kernel_size: Size,
    output_size: Size | None,
    output_ratio: float | Sequence[float] | None,
    samples: Tensor | None,
    generator: np.random.Generator | None,
) -> Indexed:
    check_input(name, input, dims)
    kernel = per_dimension(name, "kernel_size", kernel_size, dims, 1)
    own_size, ratios = _checked_output(name, output_size, output_ratio, dims)
    x = input._data if input.ndim == dims + 2 else input._data[None]
    sizes = x.shape[2:]
    windows = own_size or tuple([int(n * ratio) for n, ratio in zip(sizes, ratios)])
    for n, k, m in zip(sizes, kernel, windows):
        if m < 1 or m + k - 1 > n:
            raise ValueError(f"{name}: {m} windows of {k} elements do not fit a dimension of {n}")
    drawn = _samples(name, samples, (*x.shape[:2], dims), x, generator)
    if dims == 2:
        drawn = drawn[..., ::-1]  # PyTorch's first is the width's
    places = kernels.fractional_places(x, drawn, kernel, windows)
    places = places.reshape(input.shape[:-dims] + windows)
    numbers = kernels.numbered(places, input.shape, dims)
    lock(numbers)
    return part(input, Places(numbers)), make(places, CONSTANT)


def _checked_output(
    name: str, output_size: Size | None, output_ratio: float | Sequence[float] | None, dims: int
) -> tuple[tuple[int, ...] | None, tuple[float, ...]]:
    """The sizes, or else the ratios. Raises TypeError or ValueError."""
    if (output_size is None) == (output_ratio is None):
        raise ValueError(f"{name}: give output_size or output_ratio, one of them")
    if output_size is not None:
        return per_dimension(name, "output_size", output_size, dims, 1), ()
    given = output_ratio if isinstance(output_ratio, (tuple, list)) else (output_ratio,) * dims
    ratios = tuple([float(ratio) for ratio in given if isinstance(ratio, (int, float, np.number))])
    if len(ratios) != dims or len(given) != dims:
        raise TypeError(f"{name}: output_ratio is to be a number or {dims} numbers, not {output_ratio!r}")
    if not all(0 < ratio < 1 for ratio in ratios):
        raise ValueError(f"{name}: output_ratio is to be between 0 and 1, not {output_ratio}")
    return None, ratios


def _samples(name: str, samples: Tensor | None, shape: Shape, x: Array, generator: np.random.Generator | None) -> Array:
    if samples is None:
        return generator_or_default(generator).random(shape, np.float32).astype(x.dtype)
    if type(samples) is not Tensor:
        raise not_tensors(name, samples)
    if samples.shape != shape:
        raise ValueError(f"{name}: _random_samples of shape {samples.shape}; expected {shape}")
    return samples._data.astype(x.dtype)


@_overloaded
def fractional_max_pool2d(
    input: Tensor,
    kernel_size: Size,
    output_size: Size | None = None,
    output_ratio: float | Sequence[float] | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
    generator: np.random.Generator | None = None,
) -> Tensor | Indexed:
    """The greatest elements of windows at random places of `input`; as in `FractionalMaxPool2d`."""
    name = "fractional_max_pool2d"
    found = _fractional_max_pool(name, 2, input, kernel_size, output_size, output_ratio, _random_samples, generator)
    return found if return_indices else found[0]


def fractional_max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Size,
    output_size: Size | None = None,
    output_ratio: float | Sequence[float] | None = None,
    return_indices: bool = True,
    _random_samples: Tensor | None = None,
    generator: np.random.Generator | None = None,
) -> Indexed:
    """`fractional_max_pool2d` and the numbers of the elements, whatever `return_indices` says, as in PyTorch."""
    name = "fractional_max_pool2d_with_indices"
    return _fractional_max_pool(name, 2, input, kernel_size, output_size, output_ratio, _random_samples, generator)


@_overloaded
def fractional_max_pool3d(
    input: Tensor,
    kernel_size: Size,
    output_size: Size | None = None,
    output_ratio: float | Sequence[float] | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
    generator: np.random.Generator | None = None,
) -> Tensor | Indexed:
    """The greatest elements of windows at random places of `input`; as in `FractionalMaxPool3d`."""
    name = "fractional_max_pool3d"
    found = _fractional_max_pool(name, 3, input, kernel_size, output_size, output_ratio, _random_samples, generator)
    return found if return_indices else found[0]


def fractional_max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Size,
    output_size: Size | None = None,
    output_ratio: float | Sequence[float] | None = None,
    return_indices: bool = True,
    _random_samples: Tensor | None = None,
    generator: np.random.Generator | None = None,
) -> Indexed:
    """`fractional_max_pool3d` and the numbers of the elements, whatever `return_indices` says, as in PyTorch."""
    name = "fractional_max_pool3d_with_indices"
    return _fractional_max_pool(name, 3, input, kernel_size, output_size, output_ratio, _random_samples, generator)


class _FractionalMaxPool(IndexedPool[Indices]):
    _dims: int

    def __init__(
        self,
        kernel_size: Size,
        output_size: Size | None = None,
        output_ratio: float | Sequence[float] | None = None,
        return_indices: Indices = False,  # type: ignore[assignment]  # the default of Indices
        _random_samples: Tensor | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
        name = type(self).__name__
        self.kernel_size = per_dimension(name, "kernel_size", kernel_size, self._dims, 1)
        own_size, ratios = _checked_output(name, output_size, output_ratio, self._dims)
        self.output_size = own_size
        self.output_ratio = ratios or None
        self.return_indices: bool = return_indices
        self._random_samples = None if _random_samples is None else Buffer(_random_samples)
        self.generator = generator

    def forward(self, input: Tensor) -> Tensor | Indexed:
        found = _fractional_max_pool(
            f"fractional_max_pool{self._dims}d",
            self._dims,
            input,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            None if self._random_samples is None else self._random_samples.tensor(),
            self.generator,
        )
        return found if self.return_indices else found[0]


class FractionalMaxPool2d(_FractionalMaxPool[Indices]):
    """The greatest elements of windows at random places of (batch, channels, height, width), or without batch.

    There are `output_size` of them, an int or a pair, or the share `output_ratio` of the input's sizes. Their places
    are drawn at each call, for each plane, from `generator` or the default one. With `return_indices` a call answers
    also where the elements were, numbered through a plane.
    """

    _dims = 2


class FractionalMaxPool3d(_FractionalMaxPool[Indices]):
    """`FractionalMaxPool2d` of (batch, channels, depth, height, width) or without batch."""

    _dims = 3
