"""Power-average pooling: of each window a norm."""

from __future__ import annotations

import math

from kytorch.nn.checks import check_numbers
from kytorch.nn.convolution.sizes import per_dimension
from kytorch.nn.module import Module
from kytorch.nn.pooling.average_pool import Divisor, elements_of, means
from kytorch.nn.pooling.max_pool import max_pooled
from kytorch.nn.pooling.windows import Size, check_input, check_windows, lines_of
from kytorch.ops.where import where
from kytorch.tensor.core import Tensor


def _lp_pool(
    name: str, dims: int, input: Tensor, norm_type: float, kernel_size: Size, stride: Size | None, ceil_mode: bool
) -> Tensor:
    _check_norm_type(name, norm_type)
    check_input(name, input, dims)
    lines = lines_of(name, input._data.shape, dims, kernel_size, stride, 0, 1, ceil_mode)
    if math.isinf(norm_type):
        return max_pooled(abs(input), lines) if norm_type > 0 else -max_pooled(-abs(input), lines)
    # A window that goes over the end counts as if it were whole, as in PyTorch.
    whole = math.prod(per_dimension(name, "kernel_size", kernel_size, dims, 1))
    divisor: Divisor = elements_of(lines) / whole
    total = means(input if norm_type == 1 else input.pow(norm_type), lines, divisor)
    zero = total == 0
    if zero._data.any():
        return where(zero, 0.0, where(zero, 1.0, total).pow(1 / norm_type))  # with gradient 0 there
    return total if norm_type == 1 else total.pow(1 / norm_type)


def _check_norm_type(name: str, norm_type: float) -> None:
    check_numbers(name, norm_type=norm_type)
    if not norm_type or math.isnan(norm_type):
        raise ValueError(f"{name}: norm_type is not to be {norm_type}")


def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
) -> Tensor:
    """(sum x^p)^(1/p) over each window of `input`, of ([batch,] channels, length); as in `LPPool1d`."""
    return _lp_pool("lp_pool1d", 1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
) -> Tensor:
    """(sum x^p)^(1/p) over each window of `input`, of ([batch,] channels, height, width); as in `LPPool2d`."""
    return _lp_pool("lp_pool2d", 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
) -> Tensor:
    """(sum x^p)^(1/p) over each window of `input`, of ([batch,] channels, depth, height, width); as in `LPPool3d`."""
    return _lp_pool("lp_pool3d", 3, input, norm_type, kernel_size, stride, ceil_mode)


class _LPPool(Module):
    _dims: int

    def __init__(
        self, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
    ) -> None:
        _check_norm_type(type(self).__name__, norm_type)
        check_windows(type(self).__name__, kernel_size, stride, 0, 1, self._dims)
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        name = f"lp_pool{self._dims}d"
        return _lp_pool(name, self._dims, input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """(sum x^p)^(1/p) over each window of (batch, channels, length) or (channels, length), p being `norm_type`.

    The greatest |x| if p is infinite, the least if it is -inf. Where the sum is 0 so is the gradient.
    """

    _dims = 1


class LPPool2d(_LPPool):
    """`LPPool1d` of (batch, channels, height, width) or (channels, height, width); sizes are an int or a pair."""

    _dims = 2


class LPPool3d(_LPPool):
    """`LPPool1d` of (batch, channels, depth, height, width) or without batch; sizes are an int or three."""

    _dims = 3
