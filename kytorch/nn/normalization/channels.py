"""What batch, group and instance norm share: (N, C, ...) is normalised, with a weight for each channel."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from kytorch.kernels import normalization as kernels
from kytorch.nn.buffer import Buffer
from kytorch.nn.checks import check_numbers, check_positive, weight_dtype
from kytorch.nn.fused import FusedGradFn
from kytorch.nn.module import Module
from kytorch.nn.normalization.affine import affine_of
from kytorch.ops.power import rsqrt
from kytorch.ops.reduce import mean
from kytorch.tensor.core import CONSTANT, A, Tensor, TrainableWeight, make
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Array, lock

Statistic: TypeAlias = Tensor | Buffer
"""A running mean or variance: a Buffer can be updated, a Tensor only read."""


class ChannelNormGradFn(FusedGradFn):
    """y = (x - mean) / sqrt(var + eps) weight + bias, with statistics of what `layout` takes together"""

    __slots__ = ("_eps", "_groups", "_has_bias", "_has_weight", "_layout", "_mean", "_scale")
    _layout: kernels.Layout
    _mean: Array
    _scale: Array

    def __init__(self, groups: int | None, eps: float, has_weight: bool, has_bias: bool) -> None:
        self._groups = groups  # of the channels of an example, or None for channels of the batch
        self._eps = eps
        self._has_weight = has_weight
        self._has_bias = has_bias

    def forward(self, input: Tensor, *affine: Tensor) -> tuple[Tensor, kernels.Normalized]:
        """The normalised Tensor, recorded, and the statistics."""
        x = input._data
        self._layout = kernels.batch_layout(x) if self._groups is None else kernels.group_layout(x, self._groups)
        weight, bias = self._apart(*[part._data for part in affine])
        made = kernels.normalize(x, weight, bias, self._eps, self._layout)
        self._keep(made.mean, made.scale)
        return self.record(made.y, input, *affine), made

    def _keep(self, mean: Array, scale: Array) -> None:
        lock(mean)
        lock(scale)
        self._mean, self._scale = mean, scale

    def gradients(self, g: Array, *inputs: Array) -> tuple[Array | None, ...]:
        return self._gradients(g, False, *inputs)

    def _gradients(self, g: Array, fixed: bool, *inputs: Array) -> tuple[Array | None, ...]:
        x, *affine = inputs
        weight, _ = self._apart(*affine)
        needed = (self.needs(0), self._has_weight and self.needs(1), self._has_bias and self.needs(len(affine)))
        found = kernels.normalize_vjp(g, x, weight, self._mean, self._scale, self._layout, fixed, needed)
        places = (True, self._has_weight, self._has_bias)
        return tuple([part for part, has in zip(found, places) if has])

    def composition(self, *inputs: Tensor) -> Tensor:
        x, *affine = inputs
        shape, dims = x.shape, (0, *range(2, x.ndim))
        if self._groups is not None:
            x = x.reshape(shape[0], self._groups, shape[1] // self._groups, *shape[2:])
            dims = tuple(range(2, x.ndim))
        d = x - mean(x, dims, True)
        y = d * rsqrt(mean(d * d, dims, True) + self._eps)
        return self._affine(y.reshape(*shape), *affine)

    def _affine(self, y: Tensor, *affine: Tensor) -> Tensor:
        weight, bias = self._apart(*affine)
        y = y if weight is None else y * along_channels(weight, y.ndim)
        return y if bias is None else y + along_channels(bias, y.ndim)

    def _apart(self, *affine: A) -> tuple[A | None, A | None]:
        """Weight and bias, those of them that there are being given."""
        return affine[0] if self._has_weight else None, affine[-1] if self._has_bias else None


class FixedNormGradFn(ChannelNormGradFn):
    """y = (x - mean) / sqrt(var + eps) weight + bias, with a mean and a variance of each channel that are given"""

    __slots__ = ("_average", "_variance")
    _average: Array
    _variance: Array

    def fixed(self, mean: Tensor, variance: Tensor, input: Tensor, *affine: Tensor) -> Tensor:
        """The normalised Tensor, recorded."""
        if mean.requires_grad or variance.requires_grad:
            return self._composed(mean, variance, input, *affine)
        x = input._data
        wide = np.float32 if x.dtype.char == "e" else x.dtype
        self._average, self._variance = mean._data, variance._data
        average, scale = mean._data.astype(wide), 1 / np.sqrt(variance._data.astype(wide) + self._eps)
        self._layout = kernels.batch_layout(x)
        self._keep(average.reshape(self._layout.statistic), scale.reshape(self._layout.statistic))
        weight, bias = self._apart(*[part._data for part in affine])
        factor = scale if weight is None else scale * weight
        shift = -average * factor if bias is None else bias - average * factor
        return self.record(kernels.scaled(x, factor, shift, self._layout), input, *affine)

    def gradients(self, g: Array, *inputs: Array) -> tuple[Array | None, ...]:
        return self._gradients(g, True, *inputs)

    def composition(self, *inputs: Tensor) -> Tensor:
        return self._composed(make(self._average, CONSTANT), make(self._variance, CONSTANT), *inputs)

    def _composed(self, mean: Tensor, variance: Tensor, x: Tensor, *affine: Tensor) -> Tensor:
        average, spread = [along_channels(given.to(x.dtype), x.ndim) for given in (mean, variance)]
        return self._affine((x - average) * rsqrt(spread + self._eps), *affine)


def along_channels(vector: Tensor, ndim: int) -> Tensor:
    """A number for each channel, beside (N, C, ...) of `ndim` dimensions."""
    return vector.reshape(-1, *(1,) * (ndim - 2))


def normalized_channels(
    name: str,
    input: Tensor,
    running_mean: Statistic | None,
    running_var: Statistic | None,
    weight: Tensor | None,
    bias: Tensor | None,
    of_input: bool,
    groups: int | None,
    momentum: float,
    eps: float,
) -> Tensor:
    """Batch norm, or with `groups` that of each example's groups of channels, by the input's or by running statistics.

    The input's statistics are taken into the running ones that are Buffers.
    """
    if type(input) is not Tensor:
        raise not_tensors(name, input)
    if input.ndim < 2:
        raise ValueError(f"{name}: expected an input (N, C, ...), not of shape {input.shape}")
    channels = input.shape[1]
    affine = affine_of(name, input, weight, bias, (channels,))
    for what, statistic in (("mean", running_mean), ("var", running_var)):
        if statistic is not None and not isinstance(statistic, (Tensor, Buffer)):
            raise not_tensors(name, statistic)
        if statistic is not None and statistic.shape != (channels,):
            raise ValueError(
                f"{name}: an input of shape {input.shape} has {channels} channels, and running_{what} "
                f"has shape {statistic.shape}"
            )
    if not of_input:
        if running_mean is None or running_var is None:
            raise ValueError(f"{name}: without the input's statistics, running_mean and running_var are to be given")
        fixed = FixedNormGradFn(groups, eps, weight is not None, bias is not None)
        return fixed.fixed(_value(running_mean), _value(running_var), input, *affine)
    node = ChannelNormGradFn(groups, eps, weight is not None, bias is not None)
    y, made = node.forward(input, *affine)
    if input.size:
        n = node._layout.elements
        unbiased = made.variance * (n / (n - 1)) if n > 1 else made.variance
        for running, found in ((running_mean, made.mean), (running_var, unbiased)):
            if isinstance(running, Buffer):
                average = node._layout.by_channel(found, channels) * (channels / found.size)
                track(running, (1 - momentum) * running._data + momentum * average)
    return y


def _value(statistic: Statistic) -> Tensor:
    return statistic.tensor() if isinstance(statistic, Buffer) else statistic


def track(running: Buffer, array: Array) -> None:
    """Give a buffer its new values, unless another Tensor is read in its place, as in functional_call."""
    if running.tensor()._data is running._data:
        running._replace(array)


class ChannelNorm(Module):
    """The base of batch and instance norm: weight and bias of each channel, and running statistics."""

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        bias: bool,
        dtype: npt.DTypeLike,
    ) -> None:
        name = type(self).__name__
        check_positive(name, num_features=num_features)
        check_numbers(name, eps=eps, momentum=0.0 if momentum is None else momentum)
        dtype = weight_dtype(name, dtype)
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self.weight = TrainableWeight(np.ones(num_features, dtype)) if affine else None
        self.bias = TrainableWeight(np.zeros(num_features, dtype)) if affine and bias else None
        self.running_mean = Buffer(np.zeros(num_features, dtype)) if track_running_stats else None
        self.running_var = Buffer(np.ones(num_features, dtype)) if track_running_stats else None
        self.num_batches_tracked = Buffer(np.zeros((), np.int64)) if track_running_stats else None

    def reset_running_stats(self) -> None:
        """Forget what was tracked."""
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            self.running_mean.update(np.zeros(self.num_features))
            self.running_var.update(np.ones(self.num_features))
            self.num_batches_tracked.update(0)

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )
