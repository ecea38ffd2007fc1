"""The negative log likelihood of classes, from log probabilities."""

from __future__ import annotations

import numpy as np

from kytorch.kernels import cross_entropy as kernels
from kytorch.nn.fused import FusedGradFn
from kytorch.nn.losses.classes import (
    ClassLoss,
    at_labels,
    by_rows,
    check_input,
    checked_labels,
    checked_weight,
    mean_scale,
    outer_shape,
    share_of_rows,
)
from kytorch.nn.losses.reduction import Reduction, check_reduction, tensor_of
from kytorch.ops.reduce import sum
from kytorch.ops.where import masked
from kytorch.tensor.core import Tensor
from kytorch.tensor.values import Array, Shape


class NllGradFn(FusedGradFn):
    """y = -s x[label] for each row,  dy = -s dx[label]"""

    __slots__ = ("_counts", "_labels", "_places", "_scale", "_shares")

    def __init__(self, labels: Array, counts: Array | None, shares: Array | None, scale: float, places: Shape) -> None:
        self._labels = labels
        self._counts = counts
        self._shares = shares
        self._scale = scale
        self._places = places  # the shape of the output, () if it is reduced

    def of(self, input: Tensor, none: bool) -> Tensor:
        """The loss, recorded."""
        x = input._data
        loss = -kernels.at_labels(by_rows(x), self._labels)
        if self._counts is not None:  # first, as there may be infinities
            loss = np.where(self._counts, loss, np.zeros_like(loss))
        if self._shares is not None:
            loss *= self._shares
        if none:
            return self.record(loss.reshape(self._places), input)
        y: Array = np.add.reduce(loss, dtype=np.float32 if x.dtype.char == "e" else None)
        return self.record((y * self._scale).astype(x.dtype), input)

    def composition(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        loss = -at_labels(x, self._labels)
        if self._counts is not None:
            loss = masked(loss, self._counts.reshape(loss.shape))
        if self._shares is not None:
            loss = loss * self._shares.reshape(loss.shape).astype(x.dtype, copy=False)
        return loss if self._places else sum(loss) * self._scale

    def gradients(self, g: Array, *inputs: Array) -> tuple[Array | None, ...]:
        (x,) = inputs
        each = (g.reshape(-1) if g.ndim else g) * -self._scale
        if self._shares is not None:
            each = each * self._shares
        if self._counts is not None:
            each = np.where(self._counts, each, np.zeros_like(each))
        return (kernels.put_at_labels(by_rows(x), self._labels, each).reshape(x.shape),)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
) -> Tensor:
    """Minus `input`, log probabilities, at the target's classes, reduced; the mean is over the targets.

    `input` has shape (classes,), (n, classes) or (n, classes, ...), `target`, of integers, the same without the
    classes. `weight`, (classes,), multiplies the loss of each class; the mean is over the targets' weights, without
    targets that are `ignore_index`, and NaN if nothing is left. Raises ValueError for other shapes, TypeError for
    indices that are not integers and IndexError for those outside [0, classes).
    """
    check_reduction("nll_loss", reduction)
    input = check_input("nll_loss", input, target)
    shape = input._data.shape
    classes = shape[1 if len(shape) > 1 else 0]
    outer = outer_shape(shape)
    if target._data.shape != outer:
        raise ValueError(
            f"nll_loss: an input of shape {shape} takes class indices of shape {outer}, not of shape {target.shape}"
        )
    labels, counts = checked_labels("nll_loss", target, classes, ignore_index)
    dtype = input._data.dtype
    weights = None if weight is None else checked_weight("nll_loss", weight, classes, dtype)
    shares = share_of_rows(labels, counts, weights, dtype)
    none = reduction == "none"
    scale = mean_scale(reduction, len(labels), shares)
    return NllGradFn(labels, counts, shares, scale, outer if none else ()).of(input, none)


class NLLLoss(ClassLoss):
    """Minus the log probabilities (n, classes, ...) at class indices, reduced."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return nll_loss(input, target, tensor_of(self.weight), ignore_index=self.ignore_index, reduction=self.reduction)
