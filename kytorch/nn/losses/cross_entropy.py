"""The cross-entropy of several classes, from logits."""

from __future__ import annotations

import numpy as np

from kytorch.kernels import loss as kernels
from kytorch.nn.losses.reduction import Loss, Reduction, check_reduction, reduced
from kytorch.ops.exponential import exp, log
from kytorch.ops.extremum import max
from kytorch.ops.reduce import mean, sum
from kytorch.ops.shape import unsqueeze
from kytorch.tensor.core import A, Tensor
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.rules import InputGradFn
from kytorch.tensor.values import Array, lock


class CrossEntropyGradFn(InputGradFn):
    """y = -log softmax(x)[label] for each row,  dy = (softmax(x) - one-hot(label)) dx"""

    __slots__ = ("_labels", "_scale", "_softmax")

    def __init__(self, labels: Array, softmax: Array, scale: float) -> None:
        lock(softmax)
        self._labels = labels
        self._softmax = softmax
        self._scale = scale

    def vjp(self, g: A, x: A) -> A:
        each = (unsqueeze(g, 1) if g.ndim else g) * self._scale
        if isinstance(g, Tensor):
            return exp(_log_softmax(x)).at[np.arange(len(self._labels)), self._labels].add(-1.0) * each
        return kernels.cross_entropy_vjp(self._softmax, self._labels, each)


def _log_softmax(x: A) -> A:
    """log softmax of each row."""
    z = x - max(x, 1, True).values
    result: A = z - log(sum(exp(z), 1, True))
    return result


def cross_entropy(input: Tensor, target: Tensor, reduction: Reduction = "mean") -> Tensor:
    """-log softmax(input) at the target's classes, reduced; the mean is over the targets.

    `input` has shape (classes,), (n, classes) or (n, classes, ...); `target` holds class indices, in the same shape
    without the classes, or, in the shape of `input`, probabilities. Raises ValueError for other shapes, TypeError for
    indices that are not integers and IndexError for those outside [0, classes).
    """
    check_reduction("cross_entropy", reduction)
    if type(input) is not Tensor or type(target) is not Tensor:
        raise not_tensors("cross_entropy", input, target)
    if not input.ndim:
        raise ValueError(
            "cross_entropy: the input has shape (); expected (classes,), (n, classes) or (n, classes, ...)"
        )
    if input.dtype.kind != "f":
        input = input.to(np.float32)
    dim = 1 if input.ndim > 1 else 0
    outer = input.shape[:dim] + input.shape[dim + 1 :]
    rows = _rows(input, dim)
    if target.shape == input.shape and target.dtype.kind == "f":
        loss = -sum(_rows(target, dim) * _log_softmax(rows), 1)
        if reduction == "none":
            return loss.reshape(outer)
        return sum(loss) if reduction == "sum" else mean(loss)
    if target.shape != outer:
        raise ValueError(
            f"cross_entropy: an input of shape {input.shape} takes class indices of shape {outer} or probabilities of "
            f"shape {input.shape}, not a target of shape {target.shape} and dtype {target.dtype}"
        )
    labels = target._data.reshape(-1)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy: class indices are integers, not {labels.dtype}; convert them with to(int64)")
    classes = rows.shape[1]
    if labels.size and np.maximum.reduce(labels.astype(np.uintp, copy=False)) >= classes:  # a negative one is huge too
        wrong = labels[(labels < 0) | (labels >= classes)][0]
        raise IndexError(f"cross_entropy: class {wrong} is out of range for {classes} classes")
    loss_of_rows, softmax = kernels.cross_entropy(rows._data, labels)
    node = CrossEntropyGradFn(labels, softmax, 1 / len(labels) if reduction == "mean" and labels.size else 1.0)
    loss = node.record(reduced(loss_of_rows, reduction), rows)
    return loss.reshape(outer) if reduction == "none" else loss


def _rows(x: Tensor, dim: int) -> Tensor:
    """`x` as a matrix with the classes, its dimension `dim`, in the columns."""
    if x.ndim == 1:
        return x.reshape(1, -1)
    if x.ndim == 2:
        return x
    return x.permute(*[i for i in range(x.ndim) if i != dim], dim).reshape(-1, x.shape[dim])


class CrossEntropyLoss(Loss):
    """The cross-entropy of logits (n, classes, ...) and class indices or probabilities, reduced."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return cross_entropy(input, target, self.reduction)
