"""Max pooling: of each window its greatest element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol, cast, overload

from kytorch.kernels import max_pooling as kernels
from kytorch.kernels.scatter import Places
from kytorch.nn.pooling.indices import Indexed, IndexedPool, Indices
from kytorch.nn.pooling.windows import Lines, Size, check_input, check_windows, lines_of
from kytorch.ops.index import spread
from kytorch.tensor.core import CONSTANT, A, OneInputGradFn, Tensor, View, make
from kytorch.tensor.values import Array, lock


class MaxPoolGradFn(OneInputGradFn):
    """y = max x over each window,  dy = dx where x is greatest: of equal ones the first, of NaN the last"""

    __slots__ = ("_lines", "_made", "_x", "_y")
    _x: Array
    _y: Array

    def __init__(self, lines: Lines, made: list[Array]) -> None:
        self._lines = lines
        self._made = made  # by the passes of a small array
        for each in made:
            lock(each)

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        if isinstance(g, Tensor):
            places = kernels.max_places(self._x, self._lines)[1]
            shape = self._shapes[0]
            return (spread(g, Places(kernels.numbered(places, shape, len(self._lines))), shape),)
        return (kernels.max_pool_vjp(g, self._x, self._y, self._made, self._lines),)

    def record(self, y: Array, x: Tensor) -> Tensor:
        self._x, self._y = x._data, y
        return OneInputGradFn.record(self, y, x)


def max_pooled(input: Tensor, lines: Lines) -> Tensor:
    """The greatest element of each window of the last dimensions of a checked `input`."""
    y, made = kernels.max_pool(input._data, lines)
    return MaxPoolGradFn(lines, made).record(y, input)


def max_pooled_with_indices(input: Tensor, lines: Lines) -> Indexed:
    """These elements, and each one's number, counted through the last dimensions."""
    greatest, places = kernels.max_places(input._data, lines)
    return MaxPoolGradFn(lines, []).record(greatest, input), make(places, CONSTANT)


class _MaxPoolFunction(Protocol):
    @overload
    def __call__(
        self,
        input: Tensor,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        ceil_mode: bool = False,
        return_indices: Literal[False] = False,
    ) -> Tensor: ...
    @overload
    def __call__(
        self,
        input: Tensor,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        ceil_mode: bool = False,
        *,
        return_indices: Literal[True],
    ) -> Indexed: ...
    @overload
    def __call__(
        self,
        input: Tensor,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Tensor | Indexed: ...


def _overloaded(function: Callable[..., Tensor | Indexed]) -> _MaxPoolFunction:
    return cast(_MaxPoolFunction, function)


def _max_pool(
    name: str,
    dims: int,
    input: Tensor,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    dilation: Size,
    ceil_mode: bool,
    return_indices: bool,
) -> Tensor | Indexed:
    check_input(name, input, dims, floats=False)
    lines = lines_of(name, input._data.shape, dims, kernel_size, stride, padding, dilation, ceil_mode)
    return max_pooled_with_indices(input, lines) if return_indices else max_pooled(input, lines)


@_overloaded
def max_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | Indexed:
    """The greatest element of each window of `input`, of shape ([batch,] channels, length); as in `MaxPool1d`."""
    return _max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = True,
) -> Indexed:
    """`max_pool1d` and the numbers of the elements, whatever `return_indices` says, as in PyTorch."""
    return max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True)


@_overloaded
def max_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | Indexed:
    """The greatest element of each window of `input`, of ([batch,] channels, height, width); as in `MaxPool2d`."""
    return _max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = True,
) -> Indexed:
    """`max_pool2d` and the numbers of the elements, whatever `return_indices` says, as in PyTorch."""
    return max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True)


@_overloaded
def max_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | Indexed:
    """The greatest element of each window of `input`, ([batch,] channels, depth, height, width); as in `MaxPool3d`."""
    return _max_pool("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = True,
) -> Indexed:
    """`max_pool3d` and the numbers of the elements, whatever `return_indices` says, as in PyTorch."""
    return max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True)


class _MaxPool(IndexedPool[Indices]):
    _dims: int

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: Indices = False,  # type: ignore[assignment]  # the default of Indices
        ceil_mode: bool = False,
    ) -> None:
        check_windows(type(self).__name__, kernel_size, stride, padding, dilation, self._dims)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices: bool = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor | Indexed:
        return _max_pool(
            f"max_pool{self._dims}d",
            self._dims,
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool[Indices]):
    """The greatest element of each window of (batch, channels, length) or (channels, length), which is NaN if one is.

    A window has `kernel_size` elements, `dilation` apart, and begins `stride` (`kernel_size` if None) after the one
    before; `padding`, up to half a window at either end, is -inf. With `ceil_mode` a last window may go over the end.
    With `return_indices` a call answers also where the elements were, numbered through the pooled dimensions.
    """

    _dims = 1


class MaxPool2d(_MaxPool[Indices]):
    """`MaxPool1d` of (batch, channels, height, width) or (channels, height, width); options are an int or a pair."""

    _dims = 2


class MaxPool3d(_MaxPool[Indices]):
    """`MaxPool1d` of (batch, channels, depth, height, width) or without batch; options are an int or three."""

    _dims = 3
