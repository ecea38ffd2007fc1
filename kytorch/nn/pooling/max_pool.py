"""Max pooling: of each window its greatest element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Literal, TypeVar, overload

from kytorch.kernels import max_pooling as kernels
from kytorch.kernels.scatter import Places
from kytorch.nn.module import Module
from kytorch.nn.pooling.windows import Lines, Size, check_input, check_windows, lines_of
from kytorch.ops.index import spread
from kytorch.tensor.core import CONSTANT, A, OneInputGradFn, Tensor, View, make
from kytorch.tensor.values import Array

if TYPE_CHECKING:
    from typing_extensions import TypeVar as TypeVarWithDefault

    Pooled = TypeVarWithDefault("Pooled", default=Tensor)
else:
    Pooled = TypeVar("Pooled")
"""What a layer answers: a Tensor, or with `return_indices` a tuple of two. `MaxPool2d` alone means the first."""


class MaxPoolGradFn(OneInputGradFn):
    """y = max x over each window,  dy = dx where x is greatest: of equal ones the first, of NaN the last"""

    __slots__ = ("_lines", "_x", "_y")
    _x: Array
    _y: Array

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        if isinstance(g, Tensor):
            places = kernels.max_places(self._x, self._lines)
            shape = self._shapes[0]
            return (spread(g, Places(kernels.numbered(places, shape, len(self._lines))), shape),)
        return (kernels.max_pool_vjp(g, self._x, self._y, self._lines),)

    def record(self, y: Array, x: Tensor) -> Tensor:
        self._x, self._y = x._data, y
        return OneInputGradFn.record(self, y, x)


def max_pooled(input: Tensor, lines: Lines) -> Tensor:
    """The greatest element of each window of the last dimensions of a checked `input`."""
    return MaxPoolGradFn(lines).record(kernels.max_pool(input._data, lines), input)


def max_pooled_with_indices(input: Tensor, lines: Lines) -> tuple[Tensor, Tensor]:
    """These elements, and each one's number, counted through the last dimensions."""
    return max_pooled(input, lines), make(kernels.max_places(input._data, lines), CONSTANT)


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
) -> Tensor | tuple[Tensor, Tensor]:
    check_input(name, input, dims, floats=False)
    lines = lines_of(name, input._data.shape, dims, kernel_size, stride, padding, dilation, ceil_mode)
    return max_pooled_with_indices(input, lines) if return_indices else max_pooled(input, lines)


@overload
def max_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Tensor: ...
@overload
def max_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...
def max_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
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
) -> tuple[Tensor, Tensor]:
    """`max_pool1d` and the numbers of the elements, whatever `return_indices` says, as in PyTorch."""
    name = "max_pool1d_with_indices"
    check_input(name, input, 1, floats=False)
    lines = lines_of(name, input._data.shape, 1, kernel_size, stride, padding, dilation, ceil_mode)
    return max_pooled_with_indices(input, lines)


@overload
def max_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Tensor: ...
@overload
def max_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...
def max_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
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
) -> tuple[Tensor, Tensor]:
    """`max_pool2d` and the numbers of the elements, whatever `return_indices` says, as in PyTorch."""
    name = "max_pool2d_with_indices"
    check_input(name, input, 2, floats=False)
    lines = lines_of(name, input._data.shape, 2, kernel_size, stride, padding, dilation, ceil_mode)
    return max_pooled_with_indices(input, lines)


@overload
def max_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Tensor: ...
@overload
def max_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...
def max_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
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
) -> tuple[Tensor, Tensor]:
    """`max_pool3d` and the numbers of the elements, whatever `return_indices` says, as in PyTorch."""
    name = "max_pool3d_with_indices"
    check_input(name, input, 3, floats=False)
    lines = lines_of(name, input._data.shape, 3, kernel_size, stride, padding, dilation, ceil_mode)
    return max_pooled_with_indices(input, lines)


class _MaxPool(Module, Generic[Pooled]):
    _dims: int

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        check_windows(type(self).__name__, kernel_size, stride, padding, dilation, self._dims)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Pooled:
        return _max_pool(  # type: ignore[return-value]  # as `return_indices` says, and so the constructor's type
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


class MaxPool1d(_MaxPool[Pooled]):
    """The greatest element of each window of (batch, channels, length) or (channels, length), which is NaN if one is.

    A window has `kernel_size` elements, `dilation` apart, and begins `stride` (`kernel_size` if None) after the one
    before; `padding`, up to half a window at either end, is -inf. With `ceil_mode` a last window may go over the end.
    With `return_indices` a call answers also where the elements were, numbered through the pooled dimensions.
    """

    _dims = 1

    if TYPE_CHECKING:  # the type of a call is that of the constructor

        @overload
        def __init__(
            self: MaxPool1d[Tensor],
            kernel_size: Size,
            stride: Size | None = None,
            padding: Size = 0,
            dilation: Size = 1,
            return_indices: Literal[False] = False,
            ceil_mode: bool = False,
        ) -> None: ...
        @overload
        def __init__(
            self: MaxPool1d[tuple[Tensor, Tensor]],
            kernel_size: Size,
            stride: Size | None = None,
            padding: Size = 0,
            dilation: Size = 1,
            *,
            return_indices: Literal[True],
            ceil_mode: bool = False,
        ) -> None: ...
        def __init__(self, *arguments: object, **options: object) -> None: ...


class MaxPool2d(_MaxPool[Pooled]):
    """`MaxPool1d` of (batch, channels, height, width) or (channels, height, width); options are an int or a pair."""

    _dims = 2

    if TYPE_CHECKING:  # the type of a call is that of the constructor

        @overload
        def __init__(
            self: MaxPool2d[Tensor],
            kernel_size: Size,
            stride: Size | None = None,
            padding: Size = 0,
            dilation: Size = 1,
            return_indices: Literal[False] = False,
            ceil_mode: bool = False,
        ) -> None: ...
        @overload
        def __init__(
            self: MaxPool2d[tuple[Tensor, Tensor]],
            kernel_size: Size,
            stride: Size | None = None,
            padding: Size = 0,
            dilation: Size = 1,
            *,
            return_indices: Literal[True],
            ceil_mode: bool = False,
        ) -> None: ...
        def __init__(self, *arguments: object, **options: object) -> None: ...


class MaxPool3d(_MaxPool[Pooled]):
    """`MaxPool1d` of (batch, channels, depth, height, width) or without batch; options are an int or three."""

    _dims = 3

    if TYPE_CHECKING:  # the type of a call is that of the constructor

        @overload
        def __init__(
            self: MaxPool3d[Tensor],
            kernel_size: Size,
            stride: Size | None = None,
            padding: Size = 0,
            dilation: Size = 1,
            return_indices: Literal[False] = False,
            ceil_mode: bool = False,
        ) -> None: ...
        @overload
        def __init__(
            self: MaxPool3d[tuple[Tensor, Tensor]],
            kernel_size: Size,
            stride: Size | None = None,
            padding: Size = 0,
            dilation: Size = 1,
            *,
            return_indices: Literal[True],
            ceil_mode: bool = False,
        ) -> None: ...
        def __init__(self, *arguments: object, **options: object) -> None: ...
