"""Losses of distributions: divergence, and the likelihood of counts and of numbers with a variance."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import numpy as np

from kytorch.kernels.elementwise import xlogy
from kytorch.nn.losses.reduction import (
    Loss,
    LossGradFn,
    Reduction,
    as_float,
    check_options,
    check_reduction,
    checked_pair,
    reduced_tensor,
)
from kytorch.nn.module import Module
from kytorch.ops.comparison import gt
from kytorch.ops.exponential import exp, log
from kytorch.ops.shape import unsqueeze
from kytorch.ops.where import where
from kytorch.tensor.core import A, Tensor
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Array

BatchReduction: TypeAlias = Literal["mean", "sum", "none", "batchmean"]


class KlDivGradFn(LossGradFn):
    """y = t (log t - x), and 0 at t = 0,  dy = -t dx + (log t + 1 - x) dt"""

    __slots__ = ()

    def value(self, a: Array, b: Array) -> Array:
        y: Array = xlogy(b, b) - b * a
        return y

    def slope_a(self, a: A, b: A) -> A:
        return -b

    def slope_b(self, a: A, b: A) -> A:
        some = gt(b, 0)
        return where(some, log(where(some, b, 1.0)) + 1.0, 0.0) - a


class KlDivOfLogsGradFn(LossGradFn):
    """y = e^t (t - x),  dy = -e^t dx + e^t (t - x + 1) dt"""

    __slots__ = ()

    def value(self, a: Array, b: Array) -> Array:
        y: Array = np.exp(b) * (b - a)
        return y

    def slope_a(self, a: A, b: A) -> A:
        return -exp(b)

    def slope_b(self, a: A, b: A) -> A:
        return exp(b) * (b - a + 1.0)


def kl_div(input: Tensor, target: Tensor, reduction: BatchReduction = "mean", *, log_target: bool = False) -> Tensor:
    """target (log target - input), reduced: the divergence of log probabilities `input` from probabilities `target`.

    With `log_target` the target holds logarithms too. "batchmean" divides the sum by the size of the first dimension,
    which is the divergence's mathematical mean. Raises ValueError if the shapes differ, or a probability is negative.
    """
    if reduction != "batchmean":
        check_reduction("kl_div", reduction)
    input, target = checked_pair("kl_div", input, target)
    if not log_target:
        _check_not_negative("kl_div", "target", target)
    own: Reduction = "sum" if reduction == "batchmean" else reduction
    rule = KlDivOfLogsGradFn if log_target else KlDivGradFn
    loss = rule(own, input._data.size).of(input, target, own)
    return loss / input.shape[0] if reduction == "batchmean" and input.ndim else loss


def _check_not_negative(name: str, what: str, x: Tensor) -> None:
    """Raise ValueError if an element is negative or NaN."""
    data = x._data
    if data.size and not data.item(data.argmin()) >= 0:
        raise ValueError(f"{name}: the {what} is to be at least 0, and has {data[~(data >= 0)][0]}")


class KLDivLoss(Module):
    """The divergence of log probabilities from probabilities, reduced."""

    def __init__(self, reduction: BatchReduction = "mean", *, log_target: bool = False) -> None:
        if reduction != "batchmean":
            check_reduction("KLDivLoss", reduction)
        self.reduction: BatchReduction = reduction
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return kl_div(input, target, self.reduction, log_target=self.log_target)


class PoissonNllGradFn(LossGradFn):
    """y = e^x - t x (+ t log t - t + log(2 pi t) / 2 for t > 1),  dy = (e^x - t) dx - x dt (+ log t + 1 / 2t dt)"""

    __slots__ = ("_full",)

    def __init__(self, reduction: Reduction, size: int, full: bool) -> None:
        LossGradFn.__init__(self, reduction, size)
        self._full = full

    def value(self, a: Array, b: Array) -> Array:
        y: Array = np.exp(a) - b * a
        return y + _log_factorial(b) if self._full else y

    def slope_a(self, a: A, b: A) -> A:
        return exp(a) - b

    def slope_b(self, a: A, b: A) -> A:
        return _slope_of_log_factorial(b) - a if self._full else -a


class PoissonNllOfRateGradFn(PoissonNllGradFn):
    """y = x - t log(x + eps) (+ t log t - t + log(2 pi t) / 2 for t > 1),
    dy = (1 - t / (x + eps)) dx - log(x + eps) dt (+ log t + 1 / 2t dt)"""

    __slots__ = ("_eps",)

    def __init__(self, reduction: Reduction, size: int, full: bool, eps: float) -> None:
        PoissonNllGradFn.__init__(self, reduction, size, full)
        self._eps = eps

    def value(self, a: Array, b: Array) -> Array:
        y: Array = a - b * np.log(a + self._eps)
        return y + _log_factorial(b) if self._full else y

    def slope_a(self, a: A, b: A) -> A:
        return 1.0 - b / (a + self._eps)

    def slope_b(self, a: A, b: A) -> A:
        slope = -log(a + self._eps)
        return slope + _slope_of_log_factorial(b) if self._full else slope


def _log_factorial(t: Array) -> Array:
    """Stirling's approximation of log t!, and 0 for t <= 1."""
    some = t > 1
    t = np.where(some, t, np.ones_like(t))
    y: Array = t * np.log(t) - t + 0.5 * np.log(2 * math.pi * t)
    return np.where(some, y, np.zeros_like(y))


def _slope_of_log_factorial(t: A) -> A:
    some = gt(t, 1)
    t = where(some, t, 1.0)
    return where(some, log(t) + 0.5 / t, 0.0)


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: Reduction = "mean",
) -> Tensor:
    """-log of the Poisson probability of counts `target`, up to log target!, reduced.

    `input` holds the logarithm of the rate, or, without `log_input`, the rate itself, to which `eps` is added in the
    logarithm. `full` adds Stirling's approximation of log target! where the target is above 1. Raises ValueError if the
    shapes differ, or a count is negative.
    """
    check_reduction("poisson_nll_loss", reduction)
    input, target = checked_pair("poisson_nll_loss", input, target)
    _check_not_negative("poisson_nll_loss", "target", target)
    size = input._data.size
    rule = PoissonNllGradFn(reduction, size, full) if log_input else PoissonNllOfRateGradFn(reduction, size, full, eps)
    return rule.of(input, target, reduction)


class PoissonNLLLoss(Loss):
    """-log of the Poisson probability of counts, from the rate or its logarithm, reduced."""

    def __init__(
        self, log_input: bool = True, full: bool = False, *, eps: float = 1e-8, reduction: Reduction = "mean"
    ) -> None:
        super().__init__(reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        return poisson_nll_loss(log_input, target, self.log_input, self.full, eps=self.eps, reduction=self.reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: Reduction = "mean",
) -> Tensor:
    """(log var + (input - target)^2 / var) / 2, reduced; `full` adds log(2 pi) / 2.

    `var` is a number or has the shape of `input`, the same without its last dimension, or with one dimension of size 1.
    It counts as at least `eps`, but its gradient is as if it were not limited. Raises ValueError for other shapes, and
    for a negative variance.
    """
    name = "gaussian_nll_loss"
    check_reduction(name, reduction)
    _check_eps(name, eps)
    input, target = checked_pair(name, input, target)
    var = _variance(name, input, var)
    below = var._data < eps
    if below.any():
        var = var + np.where(below, eps - var._data, 0.0).astype(var.dtype)
    difference = input - target
    loss = (log(var) + difference * difference / var) * 0.5
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced_tensor(loss, reduction)


def _variance(name: str, input: Tensor, var: Tensor | float) -> Tensor:
    """`var` as a Tensor that broadcasts to `input`."""
    if isinstance(var, (int, float)):
        var = Tensor(var, input.dtype)
    elif type(var) is not Tensor:
        raise not_tensors(name, var)
    elif var.shape != input.shape:
        if input.ndim and var.shape == input.shape[:-1]:
            var = unsqueeze(var, -1)
        elif var.ndim != input.ndim or [n for n, m in zip(var.shape, input.shape) if n != m] != [1]:
            raise ValueError(
                f"{name}: the variance has shape {var.shape}, the input {input.shape}; the variance is a number or has "
                "the same shape, the same without the last dimension, or with one dimension of size 1"
            )
    _check_not_negative(name, "variance", var)
    return as_float(var)


def _check_eps(name: str, eps: float) -> None:
    check_options(name, eps=eps)
    if not eps > 0:
        raise ValueError(f"{name}: eps is to be positive, not {eps}")


class GaussianNLLLoss(Loss):
    """-log of the normal density of targets, given means and variances, reduced."""

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: Reduction = "mean") -> None:
        super().__init__(reduction)
        _check_eps("GaussianNLLLoss", eps)
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        return gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)
