"""Pooling layers that are made or called wrongly."""

import kytorch
from kytorch import Tensor, nn

x = kytorch.randn(2, 3, 8, 8)

nn.MaxPool2d("2")  # error
nn.MaxPool2d(2)("x")  # error
nn.MaxPool2d(2)(x, x)  # error
nn.AvgPool2d(2, divisor_override=1.5)  # error
nn.AvgPool1d(2, divisor_override=2)  # error
nn.AdaptiveAvgPool2d(2.5)  # error
nn.MaxUnpool2d(2)(x)  # error
nn.Sequential(nn.MaxPool2d(2, return_indices=True))  # error
both: tuple[Tensor, Tensor] = nn.MaxPool2d(2)(x)  # error
one: Tensor = nn.functional.max_pool2d(x, 2, return_indices=True)  # error
pool: nn.MaxPool2d = nn.MaxPool2d(2, return_indices=True)  # error
