"""Adaptive pooling: windows so many that the answer has a given size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol, TypeAlias, cast, overload

from kytorch.nn.module import Module
from kytorch.nn.pooling.average_pool import elements_of, means
from kytorch.nn.pooling.indices import Indexed, IndexedPool, Indices
from kytorch.nn.pooling.max_pool import max_pooled, max_pooled_with_indices
from kytorch.nn.pooling.windows import adaptive_lines, check_input, check_output_size
from kytorch.tensor.core import Tensor

OutputSize: TypeAlias = int | Sequence[int | None] | None
"""One size for all pooled dimensions, or one for each; None leaves the input's."""


class _AdaptiveMaxPoolFunction(Protocol):
    @overload
    def __call__(self, input: Tensor, output_size: OutputSize, return_indices: Literal[False] = False) -> Tensor: ...
    @overload
    def __call__(self, input: Tensor, output_size: OutputSize, return_indices: Literal[True]) -> Indexed: ...
    @overload
    def __call__(self, input: Tensor, output_size: OutputSize, return_indices: bool = False) -> Tensor | Indexed: ...


def _overloaded(function: Callable[..., Tensor | Indexed]) -> _AdaptiveMaxPoolFunction:
    return cast(_AdaptiveMaxPoolFunction, function)


def _adaptive_average_pool(name: str, dims: int, input: Tensor, output_size: OutputSize) -> Tensor:
    check_input(name, input, dims)
    lines = adaptive_lines(name, input._data.shape, dims, output_size)
    return means(input, lines, elements_of(lines))


def _adaptive_max_pool(
    name: str, dims: int, input: Tensor, output_size: OutputSize, return_indices: bool
) -> Tensor | Indexed:
    check_input(name, input, dims, floats=False)
    lines = adaptive_lines(name, input._data.shape, dims, output_size)
    return max_pooled_with_indices(input, lines) if return_indices else max_pooled(input, lines)


def adaptive_avg_pool1d(input: Tensor, output_size: OutputSize) -> Tensor:
    """The means of `output_size` windows of `input`, of ([batch,] channels, length); as in `AdaptiveAvgPool1d`."""
    return _adaptive_average_pool("adaptive_avg_pool1d", 1, input, output_size)


def adaptive_avg_pool2d(input: Tensor, output_size: OutputSize) -> Tensor:
    """The means of `output_size` windows of `input`, ([batch,] channels, height, width); as in `AdaptiveAvgPool2d`."""
    return _adaptive_average_pool("adaptive_avg_pool2d", 2, input, output_size)


def adaptive_avg_pool3d(input: Tensor, output_size: OutputSize) -> Tensor:
    """The means of `output_size` windows of ([batch,] channels, depth, height, width); as in `AdaptiveAvgPool3d`."""
    return _adaptive_average_pool("adaptive_avg_pool3d", 3, input, output_size)


@_overloaded
def adaptive_max_pool1d(input: Tensor, output_size: OutputSize, return_indices: bool = False) -> Tensor | Indexed:
    """The greatest elements of `output_size` windows of `input`, as in `AdaptiveMaxPool1d`."""
    return _adaptive_max_pool("adaptive_max_pool1d", 1, input, output_size, return_indices)


def adaptive_max_pool1d_with_indices(input: Tensor, output_size: OutputSize, return_indices: bool = True) -> Indexed:
    """`adaptive_max_pool1d` and the numbers of the elements, whatever `return_indices` says, as in PyTorch."""
    return adaptive_max_pool1d(input, output_size, return_indices=True)


@_overloaded
def adaptive_max_pool2d(input: Tensor, output_size: OutputSize, return_indices: bool = False) -> Tensor | Indexed:
    """The greatest elements of `output_size` windows of `input`, as in `AdaptiveMaxPool2d`."""
    return _adaptive_max_pool("adaptive_max_pool2d", 2, input, output_size, return_indices)


def adaptive_max_pool2d_with_indices(input: Tensor, output_size: OutputSize, return_indices: bool = True) -> Indexed:
    """`adaptive_max_pool2d` and the numbers of the elements, whatever `return_indices` says, as in PyTorch."""
    return adaptive_max_pool2d(input, output_size, return_indices=True)


@_overloaded
def adaptive_max_pool3d(input: Tensor, output_size: OutputSize, return_indices: bool = False) -> Tensor | Indexed:
    """The greatest elements of `output_size` windows of `input`, as in `AdaptiveMaxPool3d`."""
    return _adaptive_max_pool("adaptive_max_pool3d", 3, input, output_size, return_indices)


def adaptive_max_pool3d_with_indices(input: Tensor, output_size: OutputSize, return_indices: bool = True) -> Indexed:
    """`adaptive_max_pool3d` and the numbers of the elements, whatever `return_indices` says, as in PyTorch."""
    return adaptive_max_pool3d(input, output_size, return_indices=True)


class _AdaptiveAveragePool(Module):
    _dims: int

    def __init__(self, output_size: OutputSize) -> None:
        check_output_size(type(self).__name__, output_size, self._dims)
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        return _adaptive_average_pool(f"adaptive_avg_pool{self._dims}d", self._dims, input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAveragePool):
    """The means of `output_size` windows of (batch, channels, length) or (channels, length), as equal as can be.

    Of n elements and m windows, window i is from i n / m, rounded down, to before (i + 1) n / m, rounded up.
    """

    _dims = 1


class AdaptiveAvgPool2d(_AdaptiveAveragePool):
    """`AdaptiveAvgPool1d` of (batch, channels, height, width) or (channels, height, width).

    `output_size` is an int or a pair; None leaves a dimension as it is.
    """

    _dims = 2


class AdaptiveAvgPool3d(_AdaptiveAveragePool):
    """`AdaptiveAvgPool2d` of (batch, channels, depth, height, width) or without batch, with one size or three."""

    _dims = 3


class _AdaptiveMaxPool(IndexedPool[Indices]):
    _dims: int

    def __init__(self, output_size: OutputSize, return_indices: Indices = False) -> None:  # type: ignore[assignment]  # the default of Indices
        check_output_size(type(self).__name__, output_size, self._dims)
        self.output_size = output_size
        self.return_indices: bool = return_indices

    def forward(self, input: Tensor) -> Tensor | Indexed:
        return _adaptive_max_pool(
            f"adaptive_max_pool{self._dims}d", self._dims, input, self.output_size, self.return_indices
        )

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPool[Indices]):
    """The greatest elements of `output_size` windows of (batch, channels, length) or (channels, length).

    The windows are those of `AdaptiveAvgPool1d`. With `return_indices` a call answers also where the elements were.
    """

    _dims = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPool[Indices]):
    """`AdaptiveMaxPool1d` of (batch, channels, height, width) or (channels, height, width).

    `output_size` is an int or a pair; None leaves a dimension as it is.
    """

    _dims = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPool[Indices]):
    """`AdaptiveMaxPool2d` of (batch, channels, depth, height, width) or without batch, with one size or three."""

    _dims = 3
