"""What the layers of convolution share: their weights, their checks and what is shown of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Literal, get_args

import numpy as np
import numpy.typing as npt

from kytorch.nn import init
from kytorch.nn.checks import check_positive, weight_dtype
from kytorch.nn.convolution.sizes import Padding, Sizes, check_padding, per_dimension
from kytorch.nn.module import Module
from kytorch.tensor.core import Tensor, TrainableWeight
from kytorch.tensor.values import Shape

PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]


class ConvolutionLayer(Module):
    """A weight of shape (first, second / groups, *kernel), and a bias.

    Both are drawn as in PyTorch, from U(-k, k) with k = 1 / sqrt(second / groups times the kernel's size).
    """

    dimensions: ClassVar[int]
    padding: Shape | Literal["same", "valid"]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes,
        padding: Padding,
        dilation: Sizes,
        output_padding: Sizes,
        groups: int,
        bias: bool,
        padding_mode: PaddingMode,
        is_transposed: bool,
        dtype: npt.DTypeLike,
        generator: np.random.Generator | None,
    ) -> None:
        name, n = type(self).__name__, self.dimensions
        check_positive(name, in_channels=in_channels, out_channels=out_channels, groups=groups)
        for what, count in (("in_channels", in_channels), ("out_channels", out_channels)):
            if count % groups:
                raise ValueError(f"{name}: {groups} groups do not divide {what}, {count}")
        if padding_mode not in get_args(PaddingMode):
            raise ValueError(f"{name}: padding_mode is one of {get_args(PaddingMode)}, not {padding_mode!r}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = per_dimension(name, "kernel_size", kernel_size, n, 1)
        self.stride = per_dimension(name, "stride", stride, n, 1)
        self.dilation = per_dimension(name, "dilation", dilation, n, 1)
        self.output_padding = per_dimension(name, "output_padding", output_padding, n, 0)
        if isinstance(padding, str):
            check_padding(name, padding, self.stride)
            self.padding = padding
        else:
            self.padding = per_dimension(name, "padding", padding, n, 0)
        self.groups = groups
        self.padding_mode = padding_mode
        first, second = (in_channels, out_channels) if is_transposed else (out_channels, in_channels)
        bound = 1 / math.sqrt(second // groups * math.prod(self.kernel_size))
        # The second's channels innermost in memory, so that it is a matrix without copying.
        empty = np.empty((first, *self.kernel_size, second // groups), weight_dtype(name, dtype))
        self.weight = init.uniform_(TrainableWeight(np.moveaxis(empty, -1, 1)), -bound, bound, generator)
        self.bias = init.uniform_weight((out_channels,), bound, dtype, generator) if bias else None

    def weights_now(self) -> tuple[Tensor, Tensor | None]:
        """The weight and the bias, read."""
        return self.weight.tensor(), None if self.bias is None else self.bias.tensor()

    def multiply_adds(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> int:
        return outputs[0].size * (self.weight.size // self.out_channels)

    def extra_repr(self) -> str:
        shown = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        for what, usual in (("padding", 0), ("dilation", 1), ("output_padding", 0)):
            value = getattr(self, what)
            if value != (usual,) * self.dimensions:
                shown += f", {what}={value}"
        if self.groups != 1:
            shown += f", groups={self.groups}"
        if self.bias is None:
            shown += ", bias=False"
        return shown if self.padding_mode == "zeros" else f"{shown}, padding_mode={self.padding_mode}"
