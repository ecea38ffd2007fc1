"""Connectionist temporal classification: labels of a sequence, of which it is not known where they stand in it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from kytorch.kernels import ctc as kernels
from kytorch.nn.fused import FusedGradFn
from kytorch.nn.losses.reduction import Loss, Reduction, check_reduction
from kytorch.ops.gather import gather
from kytorch.ops.index import getitem
from kytorch.ops.join import cat, stack
from kytorch.ops.maximum import maximum
from kytorch.ops.reduce import sum
from kytorch.ops.shape import unsqueeze
from kytorch.ops.softmax import logsumexp
from kytorch.ops.where import where
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Array, lock


class CtcGradFn(FusedGradFn):
    """y = -log of the sum over alignments of the product of p,  dy = -P(class at a step | labels) d log p"""

    __slots__ = ("_blank", "_gradient", "_labels", "_lengths", "_shares", "_steps", "_zero")

    def __init__(
        self, labels: Array, steps: Array, lengths: Array, blank: int, shares: Array | None, zero: bool
    ) -> None:
        self._labels = labels
        self._steps = steps
        self._lengths = lengths
        self._blank = blank
        self._shares = shares  # what each example's loss is multiplied by in the sum; None without a reduction
        self._zero = zero

    def of(self, log_probs: Tensor) -> Tensor:
        """The loss, recorded."""
        x = log_probs._data
        wide = x.astype(np.float32) if x.dtype.char == "e" else x
        live = log_probs.requires_grad
        loss, gradient = kernels.alignment(wide, self._labels, self._steps, self._lengths, self._blank, live)
        if gradient is not None:
            lock(gradient)
            self._gradient = gradient
        if self._zero:
            loss = np.where(np.isinf(loss), np.zeros_like(loss), loss)
        y = loss if self._shares is None else np.asarray(np.add.reduce(loss * self._shares))
        return self.record(y.astype(x.dtype, copy=False), log_probs)

    def composition(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        states = kernels.states_of(self._labels, self._blank)
        n, count = states.shape
        steps, last = self._steps, 2 * self._lengths
        index = np.broadcast_to(states, (len(x), n, count))
        y = maximum(gather(x, 2, make(np.array(index), CONSTANT)), kernels.LOG_ZERO)
        penalty = np.where(kernels.cannot_skip(states), kernels.LOG_ZERO, 0.0).astype(x.dtype)
        before = make(np.full((n, 2), kernels.LOG_ZERO, x.dtype), CONSTANT)
        # Before the first step an alignment is in the state in front of the first: only there it can come from.
        beginning = np.full((n, count), kernels.LOG_ZERO, x.dtype)
        alphas = [where(np.arange(count) < 2, y[0], make(beginning, CONSTANT))] if len(x) else []
        for t in range(1, len(x)):
            wide = cat([before, alphas[-1]], 1)
            ways = stack([wide[:, :-2] + penalty, wide[:, 1:-1], wide[:, 2:]])
            alphas.append(logsumexp(ways, 0) + y[t])
        impossible = np.where((steps == 0) & (last > 0), math.inf, 0.0).astype(x.dtype)
        loss = make(impossible, CONSTANT)
        if alphas:
            every = cat([before.reshape(1, n, 2).expand(len(x), n, 2), stack(alphas)], 2)
            at, rows = np.maximum(steps - 1, 0), np.arange(n)
            ends = stack([getitem(every, (at, rows, last + 2)), getitem(every, (at, rows, last + 1))])
            likelihood = logsumexp(ends, 0)
            there = (steps > 0) & (likelihood._data > kernels.IMPOSSIBLE)
            loss = where(there, -likelihood, np.where(steps > 0, math.inf, impossible).astype(x.dtype))
        if self._zero:
            loss = where(np.isinf(loss._data), 0.0, loss)
        return loss if self._shares is None else sum(loss * self._shares.astype(x.dtype))

    def gradients(self, g: Array, *inputs: Array) -> tuple[Array | None, ...]:
        each = g if self._shares is None else g * self._shares
        y: Array = self._gradient * each[:, None]
        return (y.astype(inputs[0].dtype, copy=False),)


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int = 0,
    reduction: Reduction = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """-log of the probability that `log_probs` emit the targets, with any repetitions and blanks between, reduced.

    `log_probs`, (steps, n, classes) or (steps, classes), are logarithms of probabilities, as log_softmax gives them;
    `targets` are labels, (n, S) or, one example behind the other, (sum of the lengths,); the lengths say how many steps
    and labels of each example count, and are (n,) or, of one example, () or (1,). The mean is over each loss divided by
    its number of labels. Where no alignment is possible the loss is infinite, or 0 with `zero_infinity`. The gradient
    is the derivative with respect to `log_probs`; PyTorch's adds their exponential, which log_softmax takes off again.
    Raises ValueError for shapes, lengths and labels that do not fit, TypeError for those that are not integers and
    IndexError for labels out of range. (Graves et al. 2006.)
    """
    check_reduction("ctc_loss", reduction)
    if type(log_probs) is not Tensor or type(targets) is not Tensor:
        raise not_tensors("ctc_loss", log_probs, targets)
    if log_probs.dtype.kind != "f":
        raise TypeError(f"ctc_loss: log_probs are floats, not {log_probs.dtype}")
    if log_probs.ndim not in (2, 3):
        raise ValueError(
            f"ctc_loss: log_probs have shape {log_probs.shape}; expected (steps, n, classes) or (steps, classes)"
        )
    batched = log_probs.ndim == 3
    x = log_probs if batched else unsqueeze(log_probs, 1)
    most, n, classes = x.shape
    if not n:
        raise ValueError(f"ctc_loss: log_probs of shape {log_probs.shape} are an empty batch")
    if not isinstance(blank, int) or not 0 <= blank < classes:
        raise IndexError(f"ctc_loss: the blank {blank} is out of range for {classes} classes")
    steps = _lengths("input_lengths", input_lengths, n)
    lengths = _lengths("target_lengths", target_lengths, n)
    if steps.max() > most:
        raise ValueError(f"ctc_loss: an input length is {steps.max()}, and log_probs have {most} steps")
    labels = _labels(targets, lengths, classes, blank, batched)
    shares: Array | None = None
    if reduction != "none":
        kind = np.float64 if x.dtype.itemsize == 8 else np.float32
        shares = np.ones(n, kind)
        if reduction == "mean":
            shares = (1 / np.maximum(lengths, 1) / n).astype(kind)
    loss = CtcGradFn(labels, steps, lengths, blank, shares, zero_infinity).of(x)
    return loss if batched or reduction != "none" else loss.reshape(())


def _lengths(what: str, given: Tensor | Sequence[int], n: int) -> Array:
    """Lengths as an array, (n,)."""
    array = given._data if type(given) is Tensor else np.asarray(given)
    if array.dtype.kind not in "iu" and array.size:
        raise TypeError(f"ctc_loss: {what} are integers, not {array.dtype}")
    if array.shape not in {(n,), () if n == 1 else (n,)}:
        raise ValueError(f"ctc_loss: {what} have shape {array.shape}; expected ({n},), one for each example")
    if array.size and array.min() < 0:
        raise ValueError(f"ctc_loss: {what} are to be at least 0, and have {array.min()}")
    return array.reshape(n).astype(np.intp)


def _labels(targets: Tensor, lengths: Array, classes: int, blank: int, batched: bool) -> Array:
    """The labels (n, S), with 0 for those that do not count."""
    own = targets._data
    if own.dtype.kind not in "iu":
        raise TypeError(f"ctc_loss: targets are integers, not {own.dtype}; convert them with to(int64)")
    n = len(lengths)
    longest = int(lengths.max())
    if own.ndim == 1 and (batched or len(own) == lengths.sum()):
        if len(own) != lengths.sum():
            raise ValueError(f"ctc_loss: targets of shape {own.shape} for target_lengths that sum to {lengths.sum()}")
        counts = np.arange(longest) < lengths[:, None]
        labels = np.zeros((n, longest), np.intp)
        labels[counts] = own
    else:
        if own.ndim == 1:
            own = own[None]
        if own.ndim != 2 or len(own) != n or own.shape[1] < longest:
            raise ValueError(
                f"ctc_loss: targets have shape {targets.shape}; expected ({n}, {longest} or more), or one dimension"
            )
        counts = np.arange(longest) < lengths[:, None]
        labels = np.where(counts, own[:, :longest], 0).astype(np.intp)
    wrong = labels[(labels < 0) | (labels >= classes)]
    if wrong.size:
        raise IndexError(f"ctc_loss: label {wrong[0]} is out of range for {classes} classes")
    if np.any((labels == blank) & counts):
        raise ValueError(f"ctc_loss: the targets hold {blank}, which is the blank")
    lock(labels)
    return labels


class CTCLoss(Loss):
    """-log of the probability of labels in a sequence, wherever they stand in it, reduced."""

    def __init__(self, blank: int = 0, reduction: Reduction = "mean", zero_infinity: bool = False) -> None:
        if isinstance(blank, bool) or not isinstance(blank, int):
            raise TypeError(f"CTCLoss: blank is to be an int, the number of a class, not {type(blank).__name__}")
        super().__init__(reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | Sequence[int],
        target_lengths: Tensor | Sequence[int],
    ) -> Tensor:
        return ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
