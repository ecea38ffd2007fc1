"""The transpose of convolution in one, two and three dimensions: the gradient with respect to its input."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from kytorch.kernels.columns import Geometry
from kytorch.nn.convolution import nodes
from kytorch.nn.convolution.layer import ConvolutionLayer, PaddingMode
from kytorch.nn.convolution.sizes import Sizes, check_input, check_tensors, check_weight, per_dimension
from kytorch.tensor.core import Tensor
from kytorch.tensor.dims import sizes
from kytorch.tensor.values import Shape


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """The transposed convolution of `input` (n, in, length) or (in, length) by `weight` (in, out / groups, kernel).

    Raises ValueError for shapes that do not fit, TypeError for what is not floats.
    """
    return _transpose("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """The same for `input` (n, in, height, width) or (in, height, width)."""
    return _transpose("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """The same for `input` (n, in, depth, height, width) or (in, depth, height, width)."""
    return _transpose("conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def _transpose(
    name: str,
    n: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sizes,
    padding: Sizes,
    output_padding: Sizes,
    groups: int,
    dilation: Sizes,
) -> Tensor:
    check_tensors(name, input, weight, bias)
    shape, of_weight = input._data.shape, weight._data.shape
    check_weight(name, of_weight, bias, n, groups, of_weight[1] * groups if len(of_weight) > 1 else 0)
    check_input(name, shape, n, of_weight[0])
    geometry = _geometry(
        name,
        shape[-n:],
        of_weight[2:],
        per_dimension(name, "stride", stride, n, 1),
        per_dimension(name, "padding", padding, n, 0),
        per_dimension(name, "output_padding", output_padding, n, 0),
        per_dimension(name, "dilation", dilation, n, 1),
        groups,
    )
    if len(shape) == n + 1:
        return nodes.transposed(geometry, input.unsqueeze(0), weight, bias).squeeze(0)
    return nodes.transposed(geometry, input, weight, bias)


def _least(size: Shape, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape) -> Shape:
    """The size of the output without output padding."""
    options = zip(size, kernel, stride, padding, dilation)
    return tuple([(m - 1) * s - 2 * p + d * (k - 1) + 1 for m, k, s, p, d in options])


@lru_cache(1024)
def _geometry(
    name: str,
    size: Shape,
    kernel: Shape,
    stride: Shape,
    padding: Shape,
    output_padding: Shape,
    dilation: Shape,
    groups: int,
) -> Geometry:
    if any(more >= max(s, d) for more, s, d in zip(output_padding, stride, dilation)):
        raise ValueError(
            f"{name}: output_padding {output_padding} is to be smaller than the stride, {stride}, or the dilation, "
            f"{dilation}"
        )
    least = _least(size, kernel, stride, padding, dilation)
    whole = tuple([m + more for m, more in zip(least, output_padding)])
    if 0 in size or min(whole) < 1:
        raise ValueError(
            f"{name}: an input of size {size}, a kernel {kernel} and padding {padding} make an output of size {whole}"
        )
    return Geometry(whole, kernel, size, stride, dilation, padding, groups)


class _ConvTranspose(ConvolutionLayer):
    padding: Shape

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Sizes = 1,
        padding_mode: PaddingMode = "zeros",
        dtype: npt.DTypeLike = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        name = type(self).__name__
        if padding_mode != "zeros":
            raise ValueError(f"{name}: padding_mode is 'zeros', not {padding_mode!r}")
        if isinstance(padding, str):
            raise TypeError(f"{name}: padding is an int or {self.dimensions} of them, not {padding!r}")
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding, groups, bias,
            padding_mode, True, dtype, generator,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """`output_size`, of the space or with the dimensions before it, chooses the output padding."""
        name, n = f"conv_transpose{self.dimensions}d", self.dimensions
        weight, bias = self.weights_now()
        output_padding = self.output_padding
        if output_size is not None:
            check_tensors(name, input, weight, bias)
            check_input(name, input._data.shape, n, self.in_channels)
            output_padding = self._output_padding(name, input._data.shape, sizes(name, (output_size,)))
        return _transpose(
            name, n, input, weight, bias, self.stride, self.padding, output_padding, self.groups, self.dilation
        )

    def multiply_adds(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> int:
        return inputs[0].size * (self.weight.size // self.in_channels)

    def _output_padding(self, name: str, shape: Shape, output_size: Shape) -> Shape:
        n = self.dimensions
        if len(output_size) not in (n, len(shape)):
            raise ValueError(
                f"{name}: output_size {output_size} has {len(output_size)} numbers; expected {n} or {len(shape)}"
            )
        least = _least(shape[-n:], self.kernel_size, self.stride, self.padding, self.dilation)
        most = tuple([m + s - 1 for m, s in zip(least, self.stride)])
        wanted = output_size[-n:]
        if not all(a <= m <= b for a, m, b in zip(least, wanted, most)):
            raise ValueError(
                f"{name}: output_size {wanted} is out of reach: an input of shape {shape} gives {least} to {most}"
            )
        return tuple([m - a for a, m in zip(least, wanted)])


class ConvTranspose1d(_ConvTranspose):
    """Transposed convolution of (n, in_channels, length) or (in_channels, length), by PyTorch's options.

    `weight` has shape (in_channels, out_channels / groups, kernel), `bias` (out_channels,); both are drawn from
    U(-k, k) with k = 1 / sqrt(out_channels / groups times the kernel's size).
    """

    dimensions = 1


class ConvTranspose2d(_ConvTranspose):
    """The same for (n, in_channels, height, width) or (in_channels, height, width)."""

    dimensions = 2


class ConvTranspose3d(_ConvTranspose):
    """The same for (n, in_channels, depth, height, width) or (in_channels, depth, height, width)."""

    dimensions = 3
