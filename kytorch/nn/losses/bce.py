"""The cross-entropy of two classes, from probabilities and from logits."""

from __future__ import annotations

import math

from kytorch.kernels import loss as kernels
from kytorch.nn.losses.reduction import (
    LossGradFn,
    Reduction,
    WeightedLoss,
    broadcasts,
    buffer_of,
    check_reduction,
    checked_pair,
    reduced_tensor,
    tensor_of,
    weighted,
)
from kytorch.ops.activation import sigmoid, softplus
from kytorch.ops.comparison import gt
from kytorch.ops.exponential import log
from kytorch.ops.maximum import maximum
from kytorch.ops.where import where
from kytorch.tensor.core import CONSTANT, A, Tensor, View
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.rules import NaryGradFn
from kytorch.tensor.values import Array


class BceGradFn(LossGradFn):
    """y = -(t log p + (1 - t) log(1 - p)),  dy = (p - t) / (p (1 - p)) dp + (log(1 - p) - log p) dt"""

    __slots__ = ("_inside",)

    def __init__(self, reduction: Reduction, size: int, inside: bool) -> None:
        LossGradFn.__init__(self, reduction, size)
        self._inside = inside

    def value(self, a: Array, b: Array) -> Array:
        return kernels.binary_cross_entropy(a, b, self._inside)

    def slope_a(self, a: A, b: A) -> A:
        variance = a * (1.0 - a)
        if not self._inside:
            variance = maximum(variance, 1e-12 if a.dtype.itemsize > 2 else 1e-7)  # 1e-12 is 0 in float16
        return (a - b) / variance

    def slope_b(self, a: A, b: A) -> A:
        return _clamped_log(1.0 - a) - _clamped_log(a)


def _clamped_log(x: A) -> A:
    """log x, but at least -100."""
    positive = gt(x, 0)
    return maximum(where(positive, log(where(positive, x, 1.0)), -100.0), -100.0)


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: Reduction = "mean"
) -> Tensor:
    """-(t log p + (1 - t) log(1 - p)) of probabilities p and targets t, reduced; each logarithm is at least -100.

    `weight`, which broadcasts, multiplies the elements. Raises ValueError if the shapes differ or a value is outside
    [0, 1].
    """
    check_reduction("binary_cross_entropy", reduction)
    input, target = checked_pair("binary_cross_entropy", input, target)
    advice = "; apply sigmoid(), or take the loss with logits"
    inside = _check_unit("binary_cross_entropy", "input", input, advice)
    _check_unit("binary_cross_entropy", "target", target)
    if weight is not None:
        loss = BceGradFn("none", 1, inside).of(input, target, "none")
        return weighted("binary_cross_entropy", loss, weight, reduction)
    return BceGradFn(reduction, input._data.size, inside).of(input, target, reduction)


class BceWithLogitsGradFn(LossGradFn):
    """y = max(x, 0) - x t + log(1 + e^-|x|),  dy = (sigmoid(x) - t) dx - x dt"""

    __slots__ = ()

    def value(self, a: Array, b: Array) -> Array:
        return kernels.binary_cross_entropy_with_logits(a, b)

    def slope_a(self, a: A, b: A) -> A:
        return sigmoid(a) - b

    def slope_b(self, a: A, b: A) -> A:
        return -a


class PosWeightedBceGradFn(NaryGradFn):
    """y = (1 - t) x + (1 + (p - 1) t) log(1 + e^-x),
    dy = (1 - t - (1 + (p - 1) t) sigmoid(-x)) dx + ((p - 1) log(1 + e^-x) - x) dt + t log(1 + e^-x) dp"""

    __slots__ = ("_p", "_t", "_x")

    def __init__(self, x: Array, t: Array, p: Array) -> None:
        self._x = x
        self._t = t
        self._p = p

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        needs_x, needs_t, needs_p = (grad_fn is not CONSTANT for grad_fn in self._inputs)
        x, t, p = (view(array, grad_fn) for array, grad_fn in zip((self._x, self._t, self._p), self._inputs))
        less = p - 1.0
        above = softplus(-x, 1.0, math.inf) if needs_t or needs_p else x
        return (
            g * (1.0 - t - (1.0 + less * t) * sigmoid(-x)) if needs_x else None,
            g * (less * above - x) if needs_t else None,
            g * (t * above) if needs_p else None,
        )


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: Reduction = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """binary_cross_entropy(sigmoid(input), target), computed without overflow.

    `weight` multiplies the elements, `pos_weight` the part of the target 1 in each; both broadcast. Raises ValueError
    if the shapes differ or a target is outside [0, 1].
    """
    name = "binary_cross_entropy_with_logits"
    check_reduction(name, reduction)
    input, target = checked_pair(name, input, target)
    _check_unit(name, "target", target)
    if pos_weight is None and weight is None:
        return BceWithLogitsGradFn(reduction, input._data.size).of(input, target, reduction)
    if pos_weight is None:
        loss = BceWithLogitsGradFn("none", 1).of(input, target, "none")
    else:
        loss = _with_pos_weight(name, input, target, pos_weight)
    return reduced_tensor(loss, reduction) if weight is None else weighted(name, loss, weight, reduction)


def _with_pos_weight(name: str, input: Tensor, target: Tensor, pos_weight: Tensor) -> Tensor:
    """The elements of the loss."""
    if type(pos_weight) is not Tensor:
        raise not_tensors(f"{name}: pos_weight", pos_weight)
    p = pos_weight if pos_weight.dtype == input.dtype else pos_weight.to(input.dtype)
    if not broadcasts(p.shape, input.shape):
        raise ValueError(f"{name}: pos_weight has shape {p.shape}; it is to broadcast to the input's, {input.shape}")
    loss = kernels.binary_cross_entropy_with_logits(input._data, target._data, p._data)
    return PosWeightedBceGradFn(input._data, target._data, p._data).record(loss, input, target, p)


def _check_unit(name: str, what: str, x: Tensor, advice: str = "") -> bool:
    """Whether all elements are so far inside (0, 1) that nothing that is computed of them needs a limit.

    Raises ValueError if one is outside [0, 1].
    """
    data = x._data
    if not data.size:
        return True
    least, greatest = data.item(data.argmin()), data.item(data.argmax())  # NaN is either; quicker than a reduction
    if not (least >= 0 and greatest <= 1):
        outside = data[~((data >= 0) & (data <= 1))][0]
        raise ValueError(f"{name}: the {what} is to be in [0, 1], and has {outside}{advice}")
    return bool(least > 2e-12 and greatest < 1 - 2e-12)


class BCELoss(WeightedLoss):
    """The cross-entropy of probabilities and targets in [0, 1], times `weight`, reduced."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return binary_cross_entropy(input, target, tensor_of(self.weight), reduction=self.reduction)


class BCEWithLogitsLoss(WeightedLoss):
    """The cross-entropy of sigmoid(input) and targets in [0, 1], times `weight`, reduced.

    `pos_weight`, for each class say, multiplies the part of the target 1: above 1 it favours recall.
    """

    def __init__(
        self, weight: Tensor | None = None, *, reduction: Reduction = "mean", pos_weight: Tensor | None = None
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.pos_weight = buffer_of("BCEWithLogitsLoss", "pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        weight, pos_weight = tensor_of(self.weight), tensor_of(self.pos_weight)
        return binary_cross_entropy_with_logits(input, target, weight, reduction=self.reduction, pos_weight=pos_weight)
