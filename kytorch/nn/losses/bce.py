"""The cross-entropy of two classes, from probabilities and from logits."""

from __future__ import annotations

from kytorch.kernels import loss as kernels
from kytorch.nn.losses.reduction import Loss, LossGradFn, Reduction, check_reduction, checked_pair, reduced
from kytorch.ops.activation import sigmoid
from kytorch.ops.comparison import gt
from kytorch.ops.exponential import log
from kytorch.ops.maximum import maximum
from kytorch.ops.where import where
from kytorch.tensor.core import A, Tensor


class BceGradFn(LossGradFn):
    """y = -(t log p + (1 - t) log(1 - p)),  dy = (p - t) / (p (1 - p)) dp + (log(1 - p) - log p) dt"""

    __slots__ = ("_inside",)

    def __init__(self, reduction: Reduction, size: int, inside: bool) -> None:
        LossGradFn.__init__(self, reduction, size)
        self._inside = inside

    def vjp_a(self, g: A, a: A, b: A) -> A:
        variance = a * (1.0 - a)
        if not self._inside:
            variance = maximum(variance, 1e-12 if a.dtype.itemsize > 2 else 1e-7)  # 1e-12 is 0 in float16
        return (a - b) / variance * (g * self._scale)

    def vjp_b(self, g: A, a: A, b: A) -> A:
        return (_clamped_log(1.0 - a) - _clamped_log(a)) * (g * self._scale)


def _clamped_log(x: A) -> A:
    """log x, but at least -100."""
    positive = gt(x, 0)
    return maximum(where(positive, log(where(positive, x, 1.0)), -100.0), -100.0)


def binary_cross_entropy(input: Tensor, target: Tensor, reduction: Reduction = "mean") -> Tensor:
    """-(t log p + (1 - t) log(1 - p)) of probabilities p and targets t, reduced; each logarithm is at least -100.

    Raises ValueError if the shapes differ or a value is outside [0, 1].
    """
    check_reduction("binary_cross_entropy", reduction)
    input, target = checked_pair("binary_cross_entropy", input, target)
    advice = "; apply sigmoid(), or take the loss with logits"
    inside = _check_unit("binary_cross_entropy", "input", input, advice)
    _check_unit("binary_cross_entropy", "target", target)
    loss = kernels.binary_cross_entropy(input._data, target._data, inside)
    return BceGradFn(reduction, input._data.size, inside).record(reduced(loss, reduction), input, target)


class BceWithLogitsGradFn(LossGradFn):
    """y = max(x, 0) - x t + log(1 + e^-|x|),  dy = (sigmoid(x) - t) dx - x dt"""

    __slots__ = ()

    def vjp_a(self, g: A, a: A, b: A) -> A:
        return (sigmoid(a) - b) * (g * self._scale)

    def vjp_b(self, g: A, a: A, b: A) -> A:
        return a * (g * -self._scale)


def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, reduction: Reduction = "mean") -> Tensor:
    """binary_cross_entropy(sigmoid(input), target), computed without overflow.

    Raises ValueError if the shapes differ or a target is outside [0, 1].
    """
    check_reduction("binary_cross_entropy_with_logits", reduction)
    input, target = checked_pair("binary_cross_entropy_with_logits", input, target)
    _check_unit("binary_cross_entropy_with_logits", "target", target)
    loss = kernels.binary_cross_entropy_with_logits(input._data, target._data)
    return BceWithLogitsGradFn(reduction, input.size).record(reduced(loss, reduction), input, target)


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


class BCELoss(Loss):
    """The cross-entropy of probabilities and targets in [0, 1], reduced."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return binary_cross_entropy(input, target, self.reduction)


class BCEWithLogitsLoss(Loss):
    """The cross-entropy of sigmoid(input) and targets in [0, 1], reduced."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return binary_cross_entropy_with_logits(input, target, self.reduction)
