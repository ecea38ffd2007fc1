"""Losses that want a margin between what is right and what is not: of two classes, several classes, several labels."""

from __future__ import annotations

import numpy as np

from kytorch.kernels import loss as kernels
from kytorch.nn.losses.bce import binary_cross_entropy_with_logits
from kytorch.nn.losses.classes import at_labels, check_input, checked_labels, checked_weight, outer_shape
from kytorch.nn.losses.reduction import (
    Loss,
    LossGradFn,
    Reduction,
    WeightedLoss,
    as_float,
    check_options,
    check_reduction,
    check_signs,
    checked_pair,
    checked_same,
    reduced_tensor,
    tensor_of,
    weighted,
)
from kytorch.ops.activation import relu, sigmoid
from kytorch.ops.clamp import clamp
from kytorch.ops.gather import gather
from kytorch.ops.reduce import mean, sum
from kytorch.ops.shape import unsqueeze
from kytorch.ops.where import masked, where
from kytorch.tensor.core import CONSTANT, A, Tensor, make
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Array


class SoftMarginGradFn(LossGradFn):
    """y = log(1 + e^(-t x)),  dy = -sigmoid(-t x) (t dx + x dt)"""

    __slots__ = ()

    def value(self, a: Array, b: Array) -> Array:
        return kernels.soft_margin(a, b)

    def slope_a(self, a: A, b: A) -> A:
        return -b * sigmoid(-a * b)

    def slope_b(self, a: A, b: A) -> A:
        return -a * sigmoid(-a * b)


def soft_margin_loss(input: Tensor, target: Tensor, reduction: Reduction = "mean") -> Tensor:
    """log(1 + e^(-target input)) for targets 1 and -1, reduced. Raises ValueError if the shapes differ."""
    check_reduction("soft_margin_loss", reduction)
    input, target = checked_pair("soft_margin_loss", input, target)
    return SoftMarginGradFn(reduction, input._data.size).of(input, target, reduction)


class SoftMarginLoss(Loss):
    """The logistic loss of targets 1 and -1, reduced."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return soft_margin_loss(input, target, self.reduction)


def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, *, reduction: Reduction = "mean"
) -> Tensor:
    """`input`, a distance, where the target is 1, and max(0, margin - input) where it is -1, reduced.

    Raises ValueError if the shapes differ, or for other targets.
    """
    check_reduction("hinge_embedding_loss", reduction)
    check_options("hinge_embedding_loss", margin=margin)
    input, target = checked_pair("hinge_embedding_loss", input, target)
    check_signs("hinge_embedding_loss", target)
    near = make(np.greater(target._data, 0), CONSTANT)
    return reduced_tensor(where(near, input, clamp(margin - input, 0.0)), reduction)


class HingeEmbeddingLoss(Loss):
    """A distance where the target is 1, and what it lacks of `margin` where it is -1, reduced."""

    def __init__(self, margin: float = 1.0, *, reduction: Reduction = "mean") -> None:
        super().__init__(reduction)
        check_options(type(self).__name__, margin=margin)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, *, reduction: Reduction = "mean"
) -> Tensor:
    """max(0, margin - target (input1 - input2)), reduced: the target is 1 where input1 is to be greater, -1 where not.

    Raises ValueError if the shapes differ.
    """
    check_reduction("margin_ranking_loss", reduction)
    check_options("margin_ranking_loss", margin=margin)
    input1, input2, target = checked_same("margin_ranking_loss", input1=input1, input2=input2, target=target)
    return reduced_tensor(clamp(margin - target * (input1 - input2), 0.0), reduction)


class MarginRankingLoss(Loss):
    """What the difference of two inputs lacks of `margin`, in the target's direction, 1 or -1, reduced."""

    def __init__(self, margin: float = 0.0, *, reduction: Reduction = "mean") -> None:
        super().__init__(reduction)
        check_options(type(self).__name__, margin=margin)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    *,
    reduction: Reduction = "mean",
) -> Tensor:
    """sum of max(0, margin - x[target] + x[i])^p over the other classes i, over the number of classes, reduced.

    `input` has shape (n, classes) or (classes,), `target` holds class indices, p is 1 or 2, and `weight`, (classes,),
    multiplies the terms of each target before their power is taken. Raises ValueError for others, TypeError for indices
    that are not integers and IndexError for those out of range.
    """
    name = "multi_margin_loss"
    check_reduction(name, reduction)
    _check_options(name, p, margin)
    input = check_input(name, input, target)
    if input.ndim > 2 or target.shape != outer_shape(input.shape):
        raise ValueError(
            f"{name}: an input of shape {input.shape} and a target of shape {target.shape}; expected (n, classes) and "
            "(n,), or (classes,) and ()"
        )
    classes = input.shape[-1]
    labels, counts = checked_labels(name, target, classes, -100)
    if counts is not None:
        raise IndexError(f"{name}: class -100 is out of range for {classes} classes")
    terms = relu(margin - unsqueeze(at_labels(input, labels), -1) + input)
    terms = masked(terms, np.arange(classes) != labels.reshape(*target.shape, 1))
    if p == 2:
        terms = terms * terms
    loss = sum(terms, -1) / classes
    if weight is not None:
        shares = checked_weight(name, weight, classes, input.dtype)[labels].reshape(target.shape)
        loss = loss * make(shares, CONSTANT)
    return reduced_tensor(loss, reduction)


def _check_options(name: str, p: int, margin: float) -> None:
    check_options(name, p=p, margin=margin)
    if p not in (1, 2):
        raise ValueError(f"{name}: p is to be 1 or 2, not {p}")


class MultiMarginLoss(WeightedLoss):
    """What the target's score lacks of being `margin` above each other class's, reduced."""

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Tensor | None = None, *, reduction: Reduction = "mean"
    ) -> None:
        super().__init__(weight, reduction=reduction)
        _check_options("MultiMarginLoss", p, margin)
        self.p = p
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        weight = tensor_of(self.weight)
        return multi_margin_loss(input, target, self.p, self.margin, weight, reduction=self.reduction)


def multilabel_margin_loss(input: Tensor, target: Tensor, reduction: Reduction = "mean") -> Tensor:
    """sum of max(0, 1 - x[j] + x[i]) over labels j and other classes i, over the number of classes, reduced.

    `input` and `target` have shape (n, classes) or (classes,); each row of `target` begins with the labels of one
    example, behind which stands -1 if there are fewer than classes. Raises ValueError for others, TypeError for labels
    that are not integers and IndexError for those out of range.
    """
    name = "multilabel_margin_loss"
    check_reduction(name, reduction)
    if type(input) is not Tensor or type(target) is not Tensor:
        raise not_tensors(name, input, target)
    if input.ndim not in (1, 2) or input.shape != target.shape:
        raise ValueError(
            f"{name}: the input has shape {input.shape} and the target {target.shape}; both are to be (n, classes) or "
            "(classes,)"
        )
    if target.dtype.kind not in "iu":
        raise TypeError(f"{name}: labels are integers, not {target.dtype}; convert them with to(int64)")
    input = as_float(input)
    labels, counts, is_label = _labels_of(name, target._data)
    right = gather(input, -1, make(labels, CONSTANT))
    terms = relu(1.0 - unsqueeze(right, -1) + unsqueeze(input, -2))
    terms = masked(terms, counts[..., :, None] & ~is_label[..., None, :])
    return reduced_tensor(sum(terms, (-2, -1)) / max(1, input.shape[-1]), reduction)


def _labels_of(name: str, target: Array) -> tuple[Array, Array, Array]:
    """The labels before the first -1 of each row and 0 behind, where they stand, and of which classes they are."""
    classes = target.shape[-1]
    counts = np.logical_and.accumulate(target != -1, -1)
    wrong = target[counts & ((target < 0) | (target >= classes))]
    if wrong.size:
        raise IndexError(f"{name}: label {wrong[0]} is out of range for {classes} classes")
    labels = np.where(counts, target, 0)
    is_label = np.zeros(target.shape, np.bool_)
    np.put_along_axis(is_label, labels, True, -1)
    # A place behind the labels has marked class 0, which may be one or not.
    is_label[..., :1] = np.logical_and(counts, labels == 0).any(-1, keepdims=True)
    return labels, counts, is_label


class MultiLabelMarginLoss(Loss):
    """What each label's score lacks of being 1 above each other class's, reduced."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return multilabel_margin_loss(input, target, self.reduction)


def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: Reduction = "mean"
) -> Tensor:
    """The cross-entropy of sigmoid(input) and targets in [0, 1], averaged over the classes, then reduced.

    Both have shape (n, classes) or (classes,); `weight` multiplies the classes. Raises ValueError if the shapes differ
    or a target is outside [0, 1].
    """
    name = "multilabel_soft_margin_loss"
    check_reduction(name, reduction)
    input, target = checked_pair(name, input, target)
    if not input.ndim:
        raise ValueError(f"{name}: the input has shape (); expected (n, classes) or (classes,)")
    loss = binary_cross_entropy_with_logits(input, target, reduction="none")
    if weight is not None:
        loss = weighted(name, loss, weight, "none")
    return reduced_tensor(mean(loss, -1), reduction)


class MultiLabelSoftMarginLoss(WeightedLoss):
    """The cross-entropy of each label for itself, averaged over the classes, then reduced."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return multilabel_soft_margin_loss(input, target, tensor_of(self.weight), reduction=self.reduction)
