"""Instance norm (Ulyanov et al. 2016)."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from kytorch.nn.normalization.affine import read
from kytorch.nn.normalization.channels import ChannelNorm, Statistic, normalized_channels
from kytorch.ops.shape import squeeze, unsqueeze
from kytorch.tensor.core import Tensor
from kytorch.tensor.errors import not_tensors


def instance_norm(
    input: Tensor,
    running_mean: Statistic | None = None,
    running_var: Statistic | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(var + eps) weight + bias of (N, C, ...), with statistics of each example's channels.

    Running statistics that are Buffers move by `momentum` to the average over the examples, the running variance to
    the unbiased one. Without `use_input_stats`, x is normalised by the running ones. Raises ValueError for wrong shapes
    and for one value per channel, TypeError for what is no Tensor of floats.
    """
    if type(input) is not Tensor:
        raise not_tensors("instance_norm", input)
    if use_input_stats and math.prod(input.shape[2:]) == 1:
        raise ValueError(
            f"instance_norm: expected more than 1 value per channel of an example, not an input of shape {input.shape}"
        )
    groups = input.shape[1] if input.ndim > 1 else 1
    return normalized_channels(
        "instance_norm", input, running_mean, running_var, weight, bias, use_input_stats, groups, momentum, eps
    )


class InstanceNorm(ChannelNorm):
    """The base of the instance norms, over inputs (N, C, ...) or (C, ...)."""

    _ndim: ClassVar[int] = 0

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        dtype: npt.DTypeLike = np.float32,
        *,
        bias: bool = True,
    ) -> None:
        ChannelNorm.__init__(self, num_features, eps, momentum, affine, track_running_stats, bias, dtype)

    def forward(self, input: Tensor) -> Tensor:
        name = type(self).__name__
        if type(input) is not Tensor:
            raise not_tensors(name, input)
        if input.ndim not in (self._ndim - 1, self._ndim):
            raise ValueError(
                f"{name}: expected {self._ndim - 1} or {self._ndim} dimensions, not an input of shape {input.shape}"
            )
        if self.affine and input.shape[1 - self._ndim] != self.num_features:
            raise ValueError(f"{name}: expected {self.num_features} channels, not an input of shape {input.shape}")
        single = input.ndim < self._ndim
        y = instance_norm(
            unsqueeze(input, 0) if single else input,
            self.running_mean, self.running_var, read(self.weight), read(self.bias),
            self.training or not self.track_running_stats, self.momentum or 0.0, self.eps,
        )  # fmt: skip
        return squeeze(y, 0) if single else y


class InstanceNorm1d(InstanceNorm):
    """`instance_norm` of (N, C, L) or (C, L)."""

    _ndim = 3


class InstanceNorm2d(InstanceNorm):
    """`instance_norm` of (N, C, H, W) or (C, H, W)."""

    _ndim = 4


class InstanceNorm3d(InstanceNorm):
    """`instance_norm` of (N, C, D, H, W) or (C, D, H, W)."""

    _ndim = 5
