"""The mean squared error."""

from __future__ import annotations

from kytorch.nn.losses.reduction import Loss, LossGradFn, Reduction, check_reduction, checked_pair, reduced
from kytorch.tensor.core import A, Tensor


class MseGradFn(LossGradFn):
    """y = (a - b)^2,  dy = 2 (a - b) (da - db)"""

    __slots__ = ()

    def vjp_a(self, g: A, a: A, b: A) -> A:
        return (a - b) * (g * (2.0 * self._scale))

    def vjp_b(self, g: A, a: A, b: A) -> A:
        return (b - a) * (g * (2.0 * self._scale))


def mse_loss(input: Tensor, target: Tensor, reduction: Reduction = "mean") -> Tensor:
    """(input - target)^2, reduced. Raises ValueError if the shapes differ."""
    check_reduction("mse_loss", reduction)
    input, target = checked_pair("mse_loss", input, target)
    difference = input._data - target._data
    return MseGradFn(reduction, input.size).record(reduced(difference * difference, reduction), input, target)


class MSELoss(Loss):
    """The squared difference of input and target, reduced."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return mse_loss(input, target, self.reduction)
