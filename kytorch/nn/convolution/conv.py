"""Convolution (cross-correlation, in the field's usage of the word) in one, two and three dimensions."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from kytorch.kernels.columns import Geometry
from kytorch.nn.convolution import nodes
from kytorch.nn.convolution.layer import ConvolutionLayer, PaddingMode
from kytorch.nn.convolution.sizes import (
    Padding,
    Sizes,
    check_input,
    check_tensors,
    check_weight,
    padding_pairs,
    per_dimension,
)
from kytorch.ops.pad import pad
from kytorch.tensor.core import Tensor
from kytorch.tensor.values import Shape


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Padding = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """The convolution of `input` (n, in, length) or (in, length) by `weight` (out, in / groups, kernel).

    Raises ValueError for shapes that do not fit, TypeError for what is not floats.
    """
    return _conv("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Padding = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """The same for `input` (n, in, height, width) or (in, height, width)."""
    return _conv("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Padding = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """The same for `input` (n, in, depth, height, width) or (in, depth, height, width)."""
    return _conv("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def _conv(
    name: str,
    n: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int,
) -> Tensor:
    check_tensors(name, input, weight, bias)
    shape, of_weight = input._data.shape, weight._data.shape
    check_weight(name, of_weight, bias, n, groups, of_weight[0] if of_weight else 0)
    check_input(name, shape, n, of_weight[1] * groups)
    if not input._data.size and 0 not in shape[:-n]:
        raise ValueError(f"{name}: an input of shape {shape} has no elements; only the batch may be empty")
    geometry = _geometry(
        name,
        shape[-n:],
        of_weight[2:],
        per_dimension(name, "stride", stride, n, 1),
        padding if isinstance(padding, str) else per_dimension(name, "padding", padding, n, 0),
        per_dimension(name, "dilation", dilation, n, 1),
        groups,
    )
    if len(shape) == n + 1:
        return nodes.convolution(geometry, input.unsqueeze(0), weight, bias).squeeze(0)
    return nodes.convolution(geometry, input, weight, bias)


@lru_cache(1024)
def _geometry(
    name: str, size: Shape, kernel: Shape, stride: Shape, padding: Padding, dilation: Shape, groups: int
) -> Geometry:
    pairs = padding_pairs(name, padding, kernel, stride, dilation)
    padded = [before + m + after for m, (before, after) in zip(size, pairs)]
    extent = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    if any(m < e for m, e in zip(padded, extent)):
        raise ValueError(
            f"{name}: a kernel of size {kernel} with dilation {dilation} covers {tuple(extent)}, more than the input's "
            f"{size} with its padding, {tuple(padded)}"
        )
    out = tuple([(m - e) // s + 1 for m, e, s in zip(padded, extent, stride)])
    return Geometry(size, kernel, out, stride, dilation, tuple([before for before, _ in pairs]), groups)


class _Conv(ConvolutionLayer):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Padding = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: PaddingMode = "zeros",
        dtype: npt.DTypeLike = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, 0, groups, bias, padding_mode, False,
            dtype, generator,
        )  # fmt: skip
        pairs = padding_pairs(type(self).__name__, padding, self.kernel_size, self.stride, self.dilation)
        self._pad = [count for pair in reversed(pairs) for count in pair]

    def forward(self, input: Tensor) -> Tensor:
        name = f"conv{self.dimensions}d"
        weight, bias = self.weights_now()
        padding = self.padding
        if self.padding_mode != "zeros":
            check_tensors(name, input, weight, bias)
            check_input(name, input._data.shape, self.dimensions, self.in_channels)
            input = pad(input, self._pad, self.padding_mode)
            padding = "valid"
        return _conv(name, self.dimensions, input, weight, bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_Conv):
    """Convolution of (n, in_channels, length) or (in_channels, length), by PyTorch's options.

    `weight` has shape (out_channels, in_channels / groups, kernel), `bias` (out_channels,); both are drawn from
    U(-k, k) with k = 1 / sqrt(in_channels / groups times the kernel's size).
    """

    dimensions = 1


class Conv2d(_Conv):
    """The same for (n, in_channels, height, width) or (in_channels, height, width)."""

    dimensions = 2


class Conv3d(_Conv):
    """The same for (n, in_channels, depth, height, width) or (in_channels, depth, height, width)."""

    dimensions = 3
