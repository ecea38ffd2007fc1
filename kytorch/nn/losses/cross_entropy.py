"""The cross-entropy of several classes, from logits."""

from __future__ import annotations

import math

import numpy as np

from kytorch.kernels import cross_entropy as kernels
from kytorch.nn.checks import check_numbers
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
from kytorch.ops.softmax import log_softmax
from kytorch.ops.where import masked
from kytorch.tensor.core import A, Tensor, View
from kytorch.tensor.rules import NaryGradFn
from kytorch.tensor.values import Array, Shape, lock


def _float32(x: Array) -> Array:
    """`x`, in float32 if it is in float16, which cannot hold a sum of many powers."""
    return x.astype(np.float32) if x.dtype.char == "e" else x


class CrossEntropyGradFn(FusedGradFn):
    """y = -sum_c t_c log softmax(x)_c for each row, with t = a one-hot(label) + b,  dy = (softmax(x) sum_c t_c - t) dx

    a is the weight of the row's label, less smoothing, b is the share that smoothing gives each class.
    """

    __slots__ = ("_a", "_counts", "_dtype", "_e", "_labels", "_places", "_scale", "_share", "_total")

    def __init__(
        self, labels: Array, counts: Array | None, a: Array | None, share: Array | None, scale: float, places: Shape
    ) -> None:
        self._labels = labels
        self._counts = counts
        self._a = a
        self._share = share
        self._scale = scale
        self._places = places  # the shape of the output, () if it is reduced

    def of(self, input: Tensor, none: bool) -> Tensor:
        """The loss, recorded."""
        x = input._data
        own = x if x.ndim == 2 and x.dtype.char != "e" else _float32(by_rows(x))
        self._e, self._total, loss, shared = kernels.by_labels(own, self._labels, self._share)
        lock(self._e)
        lock(self._total)
        if self._counts is not None:  # first, as there may be infinities
            loss = np.where(self._counts, loss, np.zeros_like(loss))
        if self._a is not None:
            loss *= self._a
        if shared is not None:
            loss += shared if self._counts is None else np.where(self._counts, shared, np.zeros_like(shared))
        y: Array = loss.reshape(self._places) if none else np.add.reduce(loss)
        if not none and self._scale != 1.0:
            y = y * self._scale
        self._dtype = x.dtype
        # Not as a FusedGradFn: the powers tell all of the logits that a derivative depends on, so these are not kept.
        return NaryGradFn.record(self, y if y.dtype is x.dtype else y.astype(x.dtype), input)

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        if not isinstance(g, Tensor):
            return self.gradients(g)
        with np.errstate(divide="ignore"):
            logits = self._shaped(np.log(self._e))
        lock(logits)
        return self.of_composition(g, [view(logits, self._inputs[0])])

    def _shaped(self, matrix: Array) -> Array:
        """A (classes, rows) matrix in the shape and dtype of the input."""
        shape = self._shapes[0]
        x = matrix.T if len(shape) < 3 else kernels.shaped(matrix, (*shape[:2], math.prod(shape[2:])))
        return x.reshape(shape).astype(self._dtype, copy=False)

    def composition(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        dim = 1 if x.ndim > 1 else 0
        log = log_softmax(x, dim)
        outer = outer_shape(x.shape)
        loss = self._masked(-at_labels(log, self._labels))
        if self._a is not None:
            loss = loss * self._a.reshape(outer).astype(x.dtype)
        if self._share is not None:
            share = self._share.astype(x.dtype).reshape(-1, *[1] * (x.ndim - 1 - dim))
            loss = loss - self._masked(sum(log * share, dim))
        return loss if self._places else sum(loss) * self._scale

    def _masked(self, loss: Tensor) -> Tensor:
        """The rows that count, and 0 for the others."""
        return loss if self._counts is None else masked(loss, self._counts.reshape(loss.shape))

    def gradients(self, g: Array, *inputs: Array) -> tuple[Array | None, ...]:
        each = g.reshape(-1) if g.ndim else g
        if self._dtype.char == "e":
            each = each.astype(np.float32)
        if self._scale != 1.0:
            each = each * self._scale
        if self._counts is not None:
            each = np.where(self._counts, each, np.zeros_like(each))
        of_label = each if self._a is None else each * self._a
        of_all = of_label if self._share is None else of_label + each * np.add.reduce(self._share)
        matrix = kernels.by_labels_vjp(self._e, self._total, self._labels, of_all, of_label, each, self._share)
        return (self._shaped(matrix),)


class SoftCrossEntropyGradFn(FusedGradFn):
    """y = -sum_c w_c s_c log softmax(x)_c for each row, with s = (1 - smoothing) t + smoothing / classes"""

    __slots__ = ("_e", "_mass", "_places", "_scale", "_smoothing", "_total", "_weight")

    def __init__(self, weight: Array | None, smoothing: float, scale: float, places: Shape) -> None:
        self._weight = weight
        self._smoothing = smoothing
        self._scale = scale
        self._places = places  # the shape of the output, () if it is reduced

    def of(self, input: Tensor, target: Tensor, none: bool) -> Tensor:
        """The loss, recorded."""
        x, t = input._data, target._data
        own, targets = _float32(by_rows(x)), self._weighted(_float32(by_rows(t)))
        self._e, self._total, loss, self._mass = kernels.by_probabilities(own, targets)
        for array in (self._e, self._total, self._mass):
            lock(array)
        y: Array = loss.reshape(self._places) if none else np.add.reduce(loss)
        if self._scale != 1.0:
            y = y * self._scale
        return self.record(y if y.dtype is x.dtype else y.astype(x.dtype), input, target)

    def _weighted(self, t: Array) -> Array:
        """w s, for targets (n, classes, ...)."""
        if self._smoothing:
            t = t * (1 - self._smoothing) + self._smoothing / t.shape[1]
        return t if self._weight is None else t * self._along(self._weight, t.ndim)

    def _along(self, weight: Array, ndim: int) -> Array:
        return weight.reshape(-1, *[1] * (ndim - 2))

    def composition(self, *inputs: Tensor) -> Tensor:
        x, t = inputs
        dim = 1 if x.ndim > 1 else 0
        if self._smoothing:
            t = t * (1 - self._smoothing) + self._smoothing / x.shape[dim]
        if self._weight is not None:
            t = t * self._weight.reshape(-1, *[1] * (x.ndim - 1 - dim)).astype(x.dtype)
        loss = -sum(t * log_softmax(x, dim), dim)
        return loss if self._places else sum(loss) * self._scale

    def gradients(self, g: Array, *inputs: Array) -> tuple[Array | None, ...]:
        x, t = inputs
        each = _float32(g.reshape(-1) if g.ndim else g)
        if self._scale != 1.0:
            each = each * self._scale
        g_x: Array | None = None
        g_t: Array | None = None
        if self.needs(0):
            targets = self._weighted(_float32(by_rows(t)))
            matrix = kernels.by_probabilities_vjp(self._e, targets, each * self._mass / self._total, each)
            g_x = kernels.shaped(matrix, by_rows(x).shape).reshape(x.shape).astype(x.dtype, copy=False)
        if self.needs(1):
            own = kernels.minus_log_softmax(_float32(by_rows(x)))
            own *= each if not each.ndim else each.reshape(len(own), 1, *own.shape[2:])
            if self._weight is not None:
                own *= self._along(self._weight, own.ndim)
            if self._smoothing:
                own *= 1 - self._smoothing
            g_t = own.reshape(t.shape).astype(t.dtype, copy=False)
        return g_x, g_t


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-log softmax(input) at the target's classes, reduced; the mean is over the targets.

    `input` has shape (classes,), (n, classes) or (n, classes, ...); `target` holds class indices, in the same shape
    without the classes, or, in the shape of `input`, probabilities. `weight`, (classes,), multiplies the loss of each
    class; the mean over class indices is over their weights, without targets that are `ignore_index`, and NaN if
    nothing is left. `label_smoothing` is the share of each target that is spread evenly over the classes (Szegedy et
    al. 2016). Raises ValueError for other shapes, TypeError for indices that are not integers and IndexError for those
    outside [0, classes).
    """
    check_reduction("cross_entropy", reduction)
    input = check_input("cross_entropy", input, target)
    if label_smoothing:
        check_smoothing("cross_entropy", label_smoothing)
    shape = input._data.shape
    classes = shape[1 if len(shape) > 1 else 0]
    outer = outer_shape(shape)
    none = reduction == "none"
    dtype = np.dtype(np.float32) if input._data.dtype.char == "e" else input._data.dtype
    weights = None if weight is None else checked_weight("cross_entropy", weight, classes, dtype)
    if target._data.shape != outer:
        if target._data.shape != shape or target._data.dtype.kind != "f":
            raise ValueError(
                f"cross_entropy: an input of shape {shape} takes class indices of shape {outer} or probabilities of "
                f"shape {shape}, not a target of shape {target.shape} and dtype {target.dtype}"
            )
        scale = mean_scale(reduction, input._data.size // classes, None)
        return SoftCrossEntropyGradFn(weights, label_smoothing, scale, outer if none else ()).of(input, target, none)
    labels, counts = checked_labels("cross_entropy", target, classes, ignore_index)
    a, share, scale = factors(labels, counts, classes, weights, label_smoothing, reduction, dtype)
    return CrossEntropyGradFn(labels, counts, a, share, scale, outer if none else ()).of(input, none)


def factors(
    labels: Array,
    counts: Array | None,
    classes: int,
    weights: Array | None,
    label_smoothing: float,
    reduction: Reduction,
    dtype: np.dtype[np.generic],
) -> tuple[Array | None, Array | None, float]:
    """What multiplies each row's loss at its label, each class's by smoothing, and the sum of all."""
    a = None if weights is None and counts is None else share_of_rows(labels, counts, weights, dtype)
    scale = mean_scale(reduction, len(labels), a)
    share: Array | None = None
    if label_smoothing:
        even = label_smoothing / classes
        share = np.full(classes, even, dtype) if weights is None else weights * even
        a = np.full(len(labels), 1 - label_smoothing, dtype) if a is None else a * (1 - label_smoothing)
    return a, share, scale


def check_smoothing(name: str, label_smoothing: float) -> None:
    """Raise TypeError for what is no number, ValueError for one outside [0, 1]."""
    check_numbers(name, label_smoothing=label_smoothing)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{name}: label_smoothing is to be in [0, 1], not {label_smoothing}")


class CrossEntropyLoss(ClassLoss):
    """The cross-entropy of logits (n, classes, ...) and class indices or probabilities, reduced."""

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = -100,
        reduction: Reduction = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, ignore_index=ignore_index, reduction=reduction)
        check_smoothing("CrossEntropyLoss", label_smoothing)
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return cross_entropy(
            input,
            target,
            tensor_of(self.weight),
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )
