"""Convolution answers Tensors."""

from typing import assert_type

import numpy as np

import kytorch as kt
from kytorch import nn

x = kt.ones(2, 3, 8, 8)
conv = nn.Conv2d(3, 4, (3, 5), stride=2, padding=(1, 2), generator=np.random.default_rng(0))
assert_type(conv(x), kt.Tensor)
assert_type(conv.weight, kt.TrainableWeight)
assert_type(conv.bias, kt.TrainableWeight | None)
assert_type(conv.kernel_size, tuple[int, ...])
nn.Conv1d(3, 4, 3, padding="same", padding_mode="circular", bias=False)
up = nn.ConvTranspose2d(3, 4, 2, stride=2)
assert_type(up(x), kt.Tensor)
assert_type(up(x, output_size=(16, 17)), kt.Tensor)
assert_type(nn.functional.conv2d(x, conv.weight.tensor(), padding="valid"), kt.Tensor)
assert_type(nn.functional.conv_transpose2d(x, up.weight.tensor(), stride=2, output_padding=(0, 1)), kt.Tensor)
assert_type(nn.Unfold(3)(x), kt.Tensor)
assert_type(nn.functional.fold(kt.ones(2, 4, 4), (4, 4), 2, stride=2), kt.Tensor)


class Standardized(nn.Conv2d):
    """As users of PyTorch write a convolution with weights of their own making."""

    def forward(self, input: kt.Tensor) -> kt.Tensor:
        w = self.weight.tensor()
        w = w - w.mean((1, 2, 3), keepdim=True)
        bias = None if self.bias is None else self.bias.tensor()
        return nn.functional.conv2d(input, w, bias, self.stride, self.padding, self.dilation, self.groups)


assert_type(Standardized(3, 4, 3, padding="same")(x), kt.Tensor)
