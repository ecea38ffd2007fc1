"""Average pooling: of each window the mean."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from kytorch.kernels import mean_pooling as kernels
from kytorch.nn.convolution.sizes import per_dimension
from kytorch.nn.module import Module
from kytorch.nn.pooling.windows import Lines, Size, check_input, check_windows, lines_of
from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.values import Array, Shape

Divisor = float | Array


class _MeansGradFn(UnaryGradFn):
    __slots__ = ("_divisor", "_lines")

    def __init__(self, lines: Lines, divisor: Divisor) -> None:
        self._lines = lines
        self._divisor = divisor


class AveragePoolGradFn(_MeansGradFn):
    """y = sum x over each window / n,  dy = sum dx / n"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return _shared_out(g, self._lines, self._divisor)


class ShareOutGradFn(_MeansGradFn):
    """y = sum x / n over the windows that an element is in, the transpose of taking means"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return means(g, self._lines, self._divisor)


def means(x: A, lines: Lines, divisor: Divisor) -> A:
    """The sum of each window of the last dimensions, over `divisor`, a number or one for each window."""
    if isinstance(x, Tensor):
        return AveragePoolGradFn(lines, divisor).record(kernels.mean_pool(x._data, lines, divisor), x)
    return kernels.mean_pool(x, lines, divisor)


def _shared_out(g: A, lines: Lines, divisor: Divisor) -> A:
    if isinstance(g, Tensor):
        return ShareOutGradFn(lines, divisor).record(kernels.mean_pool_vjp(g._data, lines, divisor), g)
    return kernels.mean_pool_vjp(g, lines, divisor)


@lru_cache(1024)
def elements_of(lines: Lines) -> Divisor:
    """How many elements each window has, one number if all have as many."""
    return _divisor([line.counts for line in lines])


def _divisor(counts: list[Array]) -> Divisor:
    """How many elements each window has, given how many along each dimension."""
    found: Array = np.ones((), np.intp)
    for count in counts:
        found = found[..., None] * count
    return float(found.flat[0]) if found.size and (found == found.flat[0]).all() else found


def _average_pool(
    name: str,
    dims: int,
    input: Tensor,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Tensor:
    check_input(name, input, dims)
    shape = input._data.shape
    options = (ceil_mode, count_include_pad, divisor_override)
    try:
        lines, divisor = _plan(name, shape[-dims:], kernel_size, stride, padding, *options)
    except TypeError:  # a list, which has no hash, or what is to be refused
        windows = check_windows(name, kernel_size, stride, padding, 1, dims)
        kernel, step, edge, _ = zip(*windows)
        lines, divisor = _plan(name, shape[-dims:], kernel, step, edge, *options)
    return means(input, lines, divisor)


@lru_cache(1024, typed=True)
def _plan(
    name: str,
    shape: Shape,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> tuple[Lines, Divisor]:
    """The windows, and by what their sums are divided."""
    dims = len(shape)
    lines = lines_of(name, shape, dims, kernel_size, stride, padding, 1, ceil_mode)
    if divisor_override is not None:
        _check_divisor(name, divisor_override)
        return lines, float(divisor_override)
    if not count_include_pad:
        return lines, elements_of(lines)
    counts = []
    for line, (k, s, p, _) in zip(lines, check_windows(name, kernel_size, stride, padding, 1, dims)):
        start = np.arange(line.windows) * s - p
        counts.append(np.minimum(start + k, line.size + p) - start)  # what is beyond the padding does not count
    return lines, _divisor(counts)


def _check_divisor(name: str, divisor: int | None) -> None:
    if divisor is not None and not per_dimension(name, "divisor_override", divisor, 1, -(2**63))[0]:
        raise ValueError(f"{name}: divisor_override is not to be 0")


def avg_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window of `input`, of ([batch,] channels, length); as in `AvgPool1d`."""
    return _average_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of `input`, of ([batch,] channels, height, width); as in `AvgPool2d`."""
    return _average_pool(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of `input`, of ([batch,] channels, depth, height, width); as in `AvgPool3d`."""
    return _average_pool(
        "avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


class _AveragePool(Module):
    _dims: int

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        name = type(self).__name__
        check_windows(name, kernel_size, stride, padding, 1, self._dims)
        _check_divisor(name, divisor_override)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return _average_pool(
            f"avg_pool{self._dims}d",
            self._dims,
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AveragePool):
    """The mean of each window of (batch, channels, length) or (channels, length).

    A window has `kernel_size` elements and begins `stride` (`kernel_size` if None) after the one before; `padding`, up
    to half a window at either end, is 0 and counts, unless not `count_include_pad`. With `ceil_mode` a last window may
    go over the end, and what is beyond the padding does not count.
    """

    _dims = 1

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        _AveragePool.__init__(self, kernel_size, stride, padding, ceil_mode, count_include_pad)
        # As tuples, which PyTorch shows.
        ((k, s, p, _),) = check_windows("AvgPool1d", kernel_size, stride, padding, 1, 1)
        self.kernel_size, self.stride, self.padding = (k,), (s,), (p,)


class AvgPool2d(_AveragePool):
    """`AvgPool1d` of (batch, channels, height, width) or (channels, height, width); options are an int or a pair.

    The sums are divided by `divisor_override` instead, if it is given.
    """

    _dims = 2


class AvgPool3d(_AveragePool):
    """`AvgPool2d` of (batch, channels, depth, height, width) or without batch; options are an int or three."""

    _dims = 3
