"""Convolution, misused: each marked line must fail."""

import kytorch as kt
from kytorch import nn

x = kt.ones(2, 3, 8, 8)
conv = nn.Conv2d(3, 4, 3)
conv("x")  # error
conv(x, x)  # error
nn.Conv2d(3, 4)  # error
nn.Conv2d(3, 4, 1.5)  # error
nn.Conv2d(3, 4, 3, padding="full")  # error
nn.Conv2d(3, 4, 3, padding_mode="wrap")  # error
nn.ConvTranspose2d(3, 4, 3, padding="same")  # error
nn.functional.conv2d(x, conv.weight)  # error
nn.functional.conv2d(x, conv.weight.tensor(), stride=None)  # error
nn.functional.fold(x, "4", 2)  # error
nn.Unfold()  # error
