"""Losses of embeddings: near to what is alike, far from what is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kytorch.nn.distance import PairwiseDistance, pairwise_distance
from kytorch.nn.losses.reduction import (
    Loss,
    Reduction,
    check_options,
    check_reduction,
    check_signs,
    checked_same,
    reduced_tensor,
)
from kytorch.ops.clamp import clamp
from kytorch.ops.maximum import minimum
from kytorch.ops.power import sqrt
from kytorch.ops.reduce import sum
from kytorch.ops.where import where
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.errors import not_tensors

Distance = Callable[[Tensor, Tensor], Tensor]

# Added to squares of norms, so that the cosine of a zero vector is 0.
_LEAST_SQUARE = 1e-12


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, *, reduction: Reduction = "mean"
) -> Tensor:
    """1 - cos(input1, input2) where the target is 1, and max(0, cos - margin) where it is -1, reduced.

    Inputs (n, d) take a target (n,), inputs (d,) one of (). Raises ValueError for others.
    """
    name = "cosine_embedding_loss"
    check_reduction(name, reduction)
    check_options(name, margin=margin)
    input1, input2 = checked_same(name, input1=input1, input2=input2)
    if type(target) is not Tensor:
        raise not_tensors(name, target)
    if input1.ndim not in (1, 2) or target.shape != input1.shape[:-1]:
        raise ValueError(
            f"{name}: inputs of shape {input1.shape} and a target of shape {target.shape}; expected (n, d) and (n,), "
            "or (d,) and ()"
        )
    check_signs(name, target)
    squares = (sum(input1 * input1, -1) + _LEAST_SQUARE) * (sum(input2 * input2, -1) + _LEAST_SQUARE)
    cosine = sum(input1 * input2, -1) / sqrt(squares)
    alike = make(np.greater(target._data, 0), CONSTANT)
    return reduced_tensor(where(alike, 1.0 - cosine, clamp(cosine - margin, 0.0)), reduction)


class CosineEmbeddingLoss(Loss):
    """How far two inputs' directions are apart where the target is 1, how near where it is -1, reduced."""

    def __init__(self, margin: float = 0.0, *, reduction: Reduction = "mean") -> None:
        super().__init__(reduction)
        check_options("CosineEmbeddingLoss", margin=margin)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return cosine_embedding_loss(input1, input2, target, self.margin, reduction=self.reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: Reduction = "mean",
) -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), reduced, with d the `pairwise_distance`.

    With `swap`, d(positive, negative) takes the second one's place where it is less (Balntas et al. 2016). All have
    shape (n, d) or (d,). Raises ValueError if the shapes differ.
    """

    def distance(x: Tensor, y: Tensor) -> Tensor:
        return pairwise_distance(x, y, p, eps)

    return _triplet("triplet_margin_loss", anchor, positive, negative, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Distance | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: Reduction = "mean",
) -> Tensor:
    """`triplet_margin_loss` with another distance, by default `pairwise_distance`."""
    name = "triplet_margin_with_distance_loss"
    return _triplet(name, anchor, positive, negative, distance_function or pairwise_distance, margin, swap, reduction)


def _triplet(
    name: str,
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    distance: Distance,
    margin: float,
    swap: bool,
    reduction: Reduction,
) -> Tensor:
    check_reduction(name, reduction)
    _check_margin(name, margin)
    anchor, positive, negative = checked_same(name, anchor=anchor, positive=positive, negative=negative)
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return reduced_tensor(clamp(near - far + margin, 0.0), reduction)


def _check_margin(name: str, margin: float) -> None:
    check_options(name, margin=margin)
    if not margin > 0:
        raise ValueError(f"{name}: the margin is to be positive, not {margin}")


class TripletMarginLoss(Loss):
    """What an anchor lacks of being nearer to a positive than to a negative by `margin`, reduced."""

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        *,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__(reduction)
        _check_margin("TripletMarginLoss", margin)
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, reduction=self.reduction
        )


class TripletMarginWithDistanceLoss(Loss):
    """`TripletMarginLoss` with another distance, by default `pairwise_distance`."""

    def __init__(
        self,
        *,
        distance_function: Distance | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__(reduction)
        _check_margin("TripletMarginWithDistanceLoss", margin)
        self.distance_function = distance_function or PairwiseDistance()
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )
