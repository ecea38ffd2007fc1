"""Losses of the difference of input and target: squared, absolute, and squared near 0 only."""

from __future__ import annotations

import numpy as np

from kytorch.kernels import loss as kernels
from kytorch.nn.losses.reduction import (
    DifferenceGradFn,
    Loss,
    Reduction,
    check_options,
    check_reduction,
    checked_pair,
    weighted,
)
from kytorch.ops.clamp import clamp
from kytorch.ops.sign import sign
from kytorch.tensor.core import A, Tensor
from kytorch.tensor.values import Array


class MseGradFn(DifferenceGradFn):
    """y = (a - b)^2,  dy = 2 (a - b) (da - db)"""

    __slots__ = ()

    def value(self, a: Array, b: Array) -> Array:
        d: Array = a - b
        d = np.multiply(d, d, out=d if d.ndim else None)
        return d

    def __init__(self, reduction: Reduction, size: int) -> None:
        DifferenceGradFn.__init__(self, reduction, size, 2.0)

    def slope(self, d: A) -> A:
        return d


def mse_loss(input: Tensor, target: Tensor, reduction: Reduction = "mean", *, weight: Tensor | None = None) -> Tensor:
    """(input - target)^2, times `weight`, reduced; the mean is over the weights. ValueError if the shapes differ."""
    check_reduction("mse_loss", reduction)
    input, target = checked_pair("mse_loss", input, target)
    if weight is not None:
        loss = MseGradFn("none", 1).of(input, target, "none")
        return weighted("mse_loss", loss, weight, reduction, by_weight=True)
    return MseGradFn(reduction, input._data.size).of(input, target, reduction)


class MSELoss(Loss):
    """The squared difference of input and target, reduced."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return mse_loss(input, target, self.reduction)


class L1GradFn(DifferenceGradFn):
    """y = |a - b|,  dy = sign(a - b) (da - db)"""

    __slots__ = ()

    def value(self, a: Array, b: Array) -> Array:
        d: Array = a - b
        d = np.abs(d, out=d if d.ndim else None)
        return d

    def slope(self, d: A) -> A:
        return sign(d)


def l1_loss(input: Tensor, target: Tensor, reduction: Reduction = "mean", *, weight: Tensor | None = None) -> Tensor:
    """|input - target|, times `weight`, reduced; the mean is over the weights. ValueError if the shapes differ."""
    check_reduction("l1_loss", reduction)
    input, target = checked_pair("l1_loss", input, target)
    if weight is not None:
        loss = L1GradFn("none", 1).of(input, target, "none")
        return weighted("l1_loss", loss, weight, reduction, by_weight=True)
    return L1GradFn(reduction, input._data.size).of(input, target, reduction)


class L1Loss(Loss):
    """The absolute difference of input and target, reduced."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return l1_loss(input, target, self.reduction)


class HuberGradFn(DifferenceGradFn):
    """y = c (|d| - c / 2) k for d = a - b, c = min(|d|, delta),  dy = k d limited to [-delta, delta] (da - db)"""

    __slots__ = ("_delta", "_factor")

    def __init__(self, reduction: Reduction, size: int, delta: float, factor: float) -> None:
        DifferenceGradFn.__init__(self, reduction, size, factor)
        self._delta = delta
        self._factor = factor

    def value(self, a: Array, b: Array) -> Array:
        return kernels.huber(a, b, self._delta, self._factor)

    def slope(self, d: A) -> A:
        return clamp(d, -self._delta, self._delta)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: Reduction = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """d^2 / 2 for |d| <= delta and delta (|d| - delta / 2) beyond, for d = input - target, times `weight`, reduced.

    Raises ValueError if the shapes differ, or `delta` is not positive. (Huber 1964.)
    """
    check_reduction("huber_loss", reduction)
    _check_positive("huber_loss", "delta", delta)
    input, target = checked_pair("huber_loss", input, target)
    if weight is not None:
        if type(weight) is Tensor and weight.shape != input.shape:
            raise ValueError(
                f"huber_loss: the weight has shape {weight.shape} and the input {input.shape}; they are to be equal"
            )
        loss = HuberGradFn("none", 1, delta, 1.0).of(input, target, "none")
        return weighted("huber_loss", loss, weight, reduction)
    return HuberGradFn(reduction, input._data.size, delta, 1.0).of(input, target, reduction)


class HuberLoss(Loss):
    """Half the squared difference up to `delta`, and from there on a line, reduced."""

    def __init__(self, reduction: Reduction = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        _check_positive("HuberLoss", "delta", delta)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return huber_loss(input, target, self.reduction, self.delta)


def smooth_l1_loss(input: Tensor, target: Tensor, reduction: Reduction = "mean", *, beta: float = 1.0) -> Tensor:
    """d^2 / (2 beta) for |d| < beta and |d| - beta / 2 beyond, for d = input - target, reduced; l1_loss for beta = 0.

    Raises ValueError if the shapes differ, or `beta` is negative.
    """
    check_reduction("smooth_l1_loss", reduction)
    _check_not_negative("smooth_l1_loss", "beta", beta)
    input, target = checked_pair("smooth_l1_loss", input, target)
    if beta == 0:
        return L1GradFn(reduction, input._data.size).of(input, target, reduction)
    return HuberGradFn(reduction, input._data.size, beta, 1 / beta).of(input, target, reduction)


class SmoothL1Loss(Loss):
    """The absolute difference less beta / 2, and a parabola within `beta`, reduced."""

    def __init__(self, reduction: Reduction = "mean", *, beta: float = 1.0) -> None:
        super().__init__(reduction)
        _check_not_negative("SmoothL1Loss", "beta", beta)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return smooth_l1_loss(input, target, self.reduction, beta=self.beta)


def _check_positive(name: str, what: str, value: float) -> None:
    check_options(name, **{what: value})
    if not value > 0:
        raise ValueError(f"{name}: {what} is to be positive, not {value}")


def _check_not_negative(name: str, what: str, value: float) -> None:
    check_options(name, **{what: value})
    if not value >= 0:
        raise ValueError(f"{name}: {what} is to be at least 0, not {value}")
