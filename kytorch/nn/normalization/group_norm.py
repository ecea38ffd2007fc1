"""Group norm (Wu and He 2018)."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kytorch.nn.checks import check_numbers, check_positive, weight_dtype
from kytorch.nn.module import Module
from kytorch.nn.normalization.affine import read
from kytorch.nn.normalization.channels import normalized_channels
from kytorch.tensor.core import Tensor, TrainableWeight
from kytorch.tensor.errors import not_tensors


def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """(x - mean) / sqrt(var + eps) weight + bias of (N, C, ...), with statistics of each example's groups of channels.

    Raises ValueError for wrong shapes, for channels that do not divide into groups and for one value in all, TypeError
    for what is no Tensor of floats.
    """
    check_positive("group_norm", num_groups=num_groups)
    if type(input) is not Tensor:
        raise not_tensors("group_norm", input)
    shape = input.shape
    if len(shape) > 1 and shape[1] % num_groups:
        raise ValueError(
            f"group_norm: the channels of an input of shape {shape} do not divide into {num_groups} groups"
        )
    if len(shape) > 1 and shape[0] * (shape[1] // num_groups) * math.prod(shape[2:]) == 1:
        raise ValueError(f"group_norm: expected more than 1 value per group, not an input of shape {shape}")
    return normalized_channels("group_norm", input, None, None, weight, bias, True, num_groups, 0.0, eps)


class GroupNorm(Module):
    """`group_norm` with a weight, at first 1, and a bias, at first 0, of each channel, unless left out."""

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        dtype: npt.DTypeLike = np.float32,
        *,
        bias: bool = True,
    ) -> None:
        check_positive("GroupNorm", num_groups=num_groups, num_channels=num_channels)
        check_numbers("GroupNorm", eps=eps)
        dtype = weight_dtype("GroupNorm", dtype)
        if num_channels % num_groups:
            raise ValueError(f"GroupNorm: num_channels {num_channels} does not divide into num_groups {num_groups}")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self.weight = TrainableWeight(np.ones(num_channels, dtype)) if affine else None
        self.bias = TrainableWeight(np.zeros(num_channels, dtype)) if affine and bias else None

    def forward(self, input: Tensor) -> Tensor:
        if type(input) is Tensor and input.shape[1:2] != (self.num_channels,):
            raise ValueError(f"GroupNorm: expected {self.num_channels} channels, not an input of shape {input.shape}")
        return group_norm(input, self.num_groups, read(self.weight), read(self.bias), self.eps)

    def extra_repr(self) -> str:
        has_bias = self.bias is not None
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, bias={has_bias}"
