"""The cross-entropy of an affine map of the input, without the logits of all rows at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from kytorch.func.vjp import vjp
from kytorch.nn.fused import FusedGradFn
from kytorch.nn.linear import Linear, linear
from kytorch.nn.losses.classes import checked_labels, checked_weight
from kytorch.nn.losses.cross_entropy import CrossEntropyGradFn, check_smoothing, cross_entropy, factors
from kytorch.nn.losses.reduction import Reduction, WeightedLoss, check_reduction, tensor_of
from kytorch.ops.index import getitem
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Array

# Rows are taken together up to so many logits, but not fewer rows, as each pass reads the whole weight.
_LOGITS = 1 << 18
_ROWS = 256


class LinearCrossEntropyGradFn(FusedGradFn):
    """y = cross_entropy(x w^T + b), of some rows at a time, whose logits are computed again for the gradient"""

    __slots__ = ("_a", "_counts", "_labels", "_none", "_scale", "_several", "_share")

    def __init__(
        self,
        labels: Array,
        counts: Array | None,
        a: Array | None,
        share: Array | None,
        scale: float,
        several: int,
        none: bool,
    ) -> None:
        self._labels = labels
        self._counts = counts
        self._a = a
        self._share = share
        self._scale = scale
        self._several = several
        self._none = none

    def _parts(self) -> Iterator[slice]:
        for i in range(0, len(self._labels), self._several):
            yield slice(i, i + self._several)

    def _of_rows(self, rows: slice, x: Tensor, weight: Tensor, *bias: Tensor) -> Tensor:
        """The loss of these rows, which are `x`: one of each, or their share in the whole."""
        labels = self._labels[rows]
        counts, a = (None if own is None else own[rows] for own in (self._counts, self._a))
        node = CrossEntropyGradFn(labels, counts, a, self._share, self._scale, labels.shape if self._none else ())
        return node.of(linear(x, weight, *bias), self._none)

    def of(self, *inputs: Tensor) -> Tensor:
        """The loss, recorded."""
        x, *others = (make(tensor._data, CONSTANT) for tensor in inputs)
        losses = [self._of_rows(rows, getitem(x, rows), *others)._data for rows in self._parts()]
        y: Array = np.concatenate(losses) if self._none else np.asarray(np.add.reduce(losses))
        return self.record(y, *inputs)

    def composition(self, *inputs: Tensor) -> Tensor:
        return self._of_rows(slice(None), *inputs)

    def gradients(self, g: Array, *inputs: Array) -> tuple[Array | None, ...]:
        found = {i: np.zeros_like(array) for i, array in enumerate(inputs) if self.needs(i)}
        for rows in self._parts():
            given = [make(array[rows] if i == 0 else array, CONSTANT) for i, array in enumerate(inputs)]

            def of_live(*xs: Tensor, rows: slice = rows, given: list[Tensor] = given) -> Tensor:
                every = list(given)
                for i, x in zip(found, xs):
                    every[i] = x
                return self._of_rows(rows, *every)

            _, pullback = vjp(of_live, *[given[i] for i in found])
            for i, part in zip(found, pullback(make(g[rows] if self._none else g, CONSTANT))):
                if i == 0:
                    found[i][rows] = part._data
                else:
                    found[i] += part._data
        return tuple([found.get(i) for i in range(len(inputs))])


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: Reduction = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> Tensor:
    """cross_entropy(linear(input, linear_weight, linear_bias), target), which for many rows and class indices never
    holds the logits of all.

    `input` has shape (n, features) or (features,), `linear_weight` (classes, features) or, for an n-dimensional loss,
    (classes, ..., features), `linear_bias` the same without the features; `target` is `cross_entropy`'s. Without an
    `ignore_index`, -100 is. Raises ValueError for other shapes, and for an `ignore_index` beside probabilities.
    """
    name = "linear_cross_entropy"
    check_reduction(name, reduction)
    check_smoothing(name, label_smoothing)
    given = (input, linear_weight, target, *(() if linear_bias is None else (linear_bias,)))
    if any(type(x) is not Tensor for x in given):
        raise not_tensors(name, *given)
    shape, form = input.shape, linear_weight.shape
    outer = form[1:-1]
    if len(shape) not in (1, 2) or len(form) < 2 or shape[-1] != form[-1] or not form[0] or (outer and len(shape) < 2):
        raise ValueError(
            f"{name}: an input of shape {shape} and a linear_weight of shape {form}; expected (n, features) or "
            "(features,) and (classes, features), or (n, features) and (classes, ..., features), with some classes"
        )
    if linear_bias is not None and linear_bias.shape != form[:-1]:
        raise ValueError(f"{name}: a linear_bias of shape {linear_bias.shape}; expected {form[:-1]}")
    logits = (*shape[:-1], *form[:-1])
    if target.shape == logits and ignore_index is not None:
        raise ValueError(f"{name}: an ignore_index is for class indices, and the target holds probabilities")
    ignored = -100 if ignore_index is None else ignore_index
    classes = form[0]
    several = max(_ROWS, _LOGITS // classes)
    if target.shape == shape[:1] and len(logits) == 2 and shape[0] > several and input.dtype.kind == "f":
        dtype = np.dtype(np.float32) if input.dtype.char == "e" else input.dtype
        weights = None if weight is None else checked_weight(name, weight, classes, dtype)
        labels, counts = checked_labels(name, target, classes, ignored)
        a, share, scale = factors(labels, counts, classes, weights, label_smoothing, reduction, dtype)
        node = LinearCrossEntropyGradFn(labels, counts, a, share, scale, several, reduction == "none")
        return node.of(input, linear_weight, *(() if linear_bias is None else (linear_bias,)))
    flat = linear_weight.reshape(math.prod(form[:-1]), form[-1])
    scores = linear(input, flat, None if linear_bias is None else linear_bias.reshape(-1))
    return cross_entropy(
        scores.reshape(logits),
        target,
        weight,
        ignore_index=ignored,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


class LinearCrossEntropyLoss(WeightedLoss):
    """The cross-entropy of `linear`, an affine map of inputs (n, in_features) or (in_features,) to the logits of
    classes, reduced; with `out_features`, the shape of the places, each of which has a target of its own.
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: Sequence[int] = (),
        bias: bool = False,
        reduction: Reduction = "mean",
        weight: Tensor | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        dtype: npt.DTypeLike = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__(weight, reduction=reduction)
        check_smoothing("LinearCrossEntropyLoss", label_smoothing)
        if weight is not None and weight.shape != (num_classes,):
            raise ValueError(
                f"LinearCrossEntropyLoss: a weight of shape {weight.shape} for {num_classes} classes; expected "
                f"({num_classes},)"
            )
        self.num_classes = num_classes
        self.out_features = tuple(out_features)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        self.linear = Linear(in_features, num_classes * math.prod(self.out_features), bias, dtype, generator)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        form = (self.num_classes, *self.out_features)
        bias = self.linear.bias
        return linear_cross_entropy(
            input,
            self.linear.weight.tensor().reshape(*form, self.linear.in_features),
            target,
            linear_bias=None if bias is None else bias.tensor().reshape(form),
            weight=tensor_of(self.weight),
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
        )

    def extra_repr(self) -> str:
        # The options are PyTorch's, of how to divide the rows, and not needed here.
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, "
            f"out_features={self.out_features}, bias={self.linear.bias is not None}, reduction={self.reduction}, "
            f"ignore_index={self.ignore_index}, label_smoothing={self.label_smoothing}, options=None"
        )
