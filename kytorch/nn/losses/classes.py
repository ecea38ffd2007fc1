"""What losses of classes share: which shapes a target may have, and checks of labels and of weights of classes."""

from __future__ import annotations

import math

import numpy as np

from kytorch.nn.losses.reduction import Reduction, WeightedLoss, not_a_weight
from kytorch.ops.gather import gather
from kytorch.ops.shape import squeeze, unsqueeze
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Array, Shape


class ClassLoss(WeightedLoss):
    """The base of the losses of classes, which may have weights, and of which one may be ignored."""

    def __init__(
        self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: Reduction = "mean"
    ) -> None:
        super().__init__(weight, reduction=reduction)
        check_ignore_index(type(self).__name__, ignore_index)
        self.ignore_index = ignore_index


def check_ignore_index(name: str, ignore_index: int) -> None:
    """Raise TypeError for what is no int."""
    if not isinstance(ignore_index, (int, np.integer)):
        raise TypeError(f"{name}: ignore_index is to be an int, not {type(ignore_index).__name__}")


def check_input(name: str, input: Tensor, target: Tensor) -> Tensor:
    """`input` as floats. Raises TypeError for what is no Tensor, ValueError for one without classes."""
    if type(input) is not Tensor or type(target) is not Tensor:
        raise not_tensors(name, input, target)
    shape = input._data.shape
    if not shape or not shape[1 if len(shape) > 1 else 0]:
        raise ValueError(
            f"{name}: the input has shape {shape}; expected (classes,), (n, classes) or (n, classes, ...), with some "
            "classes"
        )
    return input if input._data.dtype.kind == "f" else input.to(np.float32)


def outer_shape(shape: Shape) -> Shape:
    """A shape without the classes, which are dimension 1, or the only one."""
    return shape[:1] + shape[2:] if len(shape) > 1 else ()


def by_rows(x: Array) -> Array:
    """`x` as (n, classes) or (n, classes, places)."""
    if x.ndim == 2:
        return x
    return x.reshape(1, -1) if x.ndim == 1 else x.reshape(*x.shape[:2], math.prod(x.shape[2:]))


def checked_labels(name: str, target: Tensor, classes: int, ignore_index: int) -> tuple[Array, Array | None]:
    """The labels in one dimension, and which of them count, whose others are 0; None if all do.

    Raises TypeError for an index or labels that are not integers, IndexError for those outside [0, classes).
    """
    check_ignore_index(name, ignore_index)
    labels = target._data.reshape(-1)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{name}: class indices are integers, not {labels.dtype}; convert them with to(int64)")
    if not labels.size:
        return labels, None
    # As an unsigned number, a negative one is huge too; argmax takes a third of a reduction's time.
    unsigned = labels.view(np.uintp) if labels.dtype == np.intp else labels.astype(np.uintp)
    in_range = unsigned.item(unsigned.argmax()) < classes
    if in_range and not 0 <= ignore_index < classes:
        return labels, None
    counts = labels != ignore_index
    wrong = labels[counts & ((labels < 0) | (labels >= classes))]
    if wrong.size:
        raise IndexError(f"{name}: class {wrong[0]} is out of range for {classes} classes")
    return (labels, None) if counts.all() else (np.where(counts, labels, 0), counts)


def checked_weight(name: str, weight: Tensor, classes: int, dtype: np.dtype[np.generic]) -> Array:
    """The classes' weights in `dtype`. Raises ValueError for another shape, and for one that is not a constant."""
    if type(weight) is not Tensor:
        raise not_a_weight(f"{name}: the weight", weight)
    if weight.shape != (classes,):
        raise ValueError(f"{name}: a weight of shape {weight.shape} for {classes} classes; expected ({classes},)")
    if weight.requires_grad:
        raise ValueError(f"{name}: classes' weights have no gradient here; pass weight.detach()")
    return weight._data.astype(dtype, copy=False)


def share_of_rows(
    labels: Array, counts: Array | None, weight: Array | None, dtype: np.dtype[np.generic]
) -> Array | None:
    """What each row's loss is multiplied by: its class's weight, and 0 where it does not count. None if that is 1."""
    if weight is None:
        return None if counts is None else counts.astype(dtype)
    shares = weight[labels]
    return shares if counts is None else np.where(counts, shares, np.zeros_like(shares))


def mean_scale(reduction: Reduction, rows: int, shares: Array | None) -> float:
    """What the reduction multiplies the sum of the rows by: for the mean, one over the sum of their shares, or NaN."""
    if reduction != "mean":
        return 1.0
    total = rows if shares is None else float(np.add.reduce(shares, dtype=np.float64))
    return 1 / total if total else float("nan")


def at_labels(x: Tensor, labels: Array) -> Tensor:
    """The elements of `x`, (classes,) or (n, classes, ...), at labels in one dimension; without the classes."""
    dim = 1 if x.ndim > 1 else 0
    places = make(labels.reshape(outer_shape(x.shape)).astype(np.intp), CONSTANT)
    return squeeze(gather(x, dim, unsqueeze(places, dim)), dim)
