"""Batch norm (Ioffe and Szegedy 2015)."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from kytorch.nn.normalization.affine import read
from kytorch.nn.normalization.channels import ChannelNorm, Statistic, normalized_channels, track
from kytorch.tensor.core import Tensor
from kytorch.tensor.errors import not_tensors


def batch_norm(
    input: Tensor,
    running_mean: Statistic | None,
    running_var: Statistic | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(var + eps) weight + bias of (N, C, ...), with a mean and a variance of each channel.

    In training they are the batch's, and running statistics that are Buffers move to them by `momentum`, the running
    variance to the unbiased one; a Tensor is immutable and stays. Outside training they are the running ones. Raises
    ValueError for wrong shapes and in training for one value per channel, TypeError for what is no Tensor of floats.
    """
    if training:
        if type(input) is not Tensor:
            raise not_tensors("batch_norm", input)
        if input.ndim > 1 and input.shape[0] * math.prod(input.shape[2:]) == 1:
            raise ValueError(
                f"batch_norm: expected more than 1 value per channel in training, not an input of shape {input.shape}; "
                "enlarge the batch, or call eval()"
            )
        if eps <= 0:
            raise ValueError(f"batch_norm: eps is to be positive in training, not {eps}")
    return normalized_channels(
        "batch_norm", input, running_mean, running_var, weight, bias, training, None, momentum, eps
    )


class BatchNorm(ChannelNorm):
    """The base of the batch norms, over inputs (N, C, ...) of any number of dimensions."""

    _ndims: ClassVar[tuple[int, ...]] = ()

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        dtype: npt.DTypeLike = np.float32,
        *,
        bias: bool = True,
    ) -> None:
        ChannelNorm.__init__(self, num_features, eps, momentum, affine, track_running_stats, bias, dtype)

    def forward(self, input: Tensor) -> Tensor:
        name = type(self).__name__
        if type(input) is not Tensor:
            raise not_tensors(name, input)
        if input.ndim not in self._ndims:
            raise ValueError(
                f"{name}: expected {' or '.join(map(str, self._ndims))} dimensions, not an input of shape {input.shape}"
            )
        if input.shape[1] != self.num_features:
            raise ValueError(f"{name}: expected {self.num_features} channels, not an input of shape {input.shape}")
        momentum = self.momentum
        tracked = self.num_batches_tracked if self.training else None
        batches = 0 if tracked is None else int(tracked.tensor().item()) + 1
        if momentum is None and batches:
            momentum = 1 / batches
        y = batch_norm(
            input, self.running_mean, self.running_var, read(self.weight), read(self.bias),
            self.training or not self.track_running_stats, momentum or 0.0, self.eps,
        )  # fmt: skip
        if tracked is not None:
            track(tracked, np.asarray(batches))
        return y


class BatchNorm1d(BatchNorm):
    """`batch_norm` of (N, C) or (N, C, L), with running statistics; a `momentum` of None averages over all batches."""

    _ndims = (2, 3)


class BatchNorm2d(BatchNorm):
    """`batch_norm` of (N, C, H, W), with running statistics; a `momentum` of None averages over all batches."""

    _ndims = (4,)


class BatchNorm3d(BatchNorm):
    """`batch_norm` of (N, C, D, H, W), with running statistics; a `momentum` of None averages over all batches."""

    _ndims = (5,)
