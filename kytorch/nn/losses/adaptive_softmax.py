"""A softmax over many classes, of which few are frequent (Grave et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kytorch.nn.containers import Layer, ModuleList, Sequential
from kytorch.nn.linear import Linear
from kytorch.nn.losses.classes import at_labels, check_input, checked_labels
from kytorch.nn.module import Module
from kytorch.ops.extremum import argmax
from kytorch.ops.index import getitem
from kytorch.ops.join import cat
from kytorch.ops.reduce import mean
from kytorch.ops.shape import unsqueeze
from kytorch.ops.softmax import log_softmax
from kytorch.tensor.core import Tensor
from kytorch.tensor.errors import not_tensors


class AdaptiveLogSoftmaxOutput(NamedTuple):
    """The log probability of each target, and minus its mean."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log probabilities of classes that are sorted by frequency, the most frequent first, and their loss.

    `cutoffs` divide the classes. The head decides between those before the first cutoff and the clusters behind; each
    cluster is projected to `div_value` times fewer features than the one before it, and is computed only for the
    targets that are in it. Called with inputs (n, in_features) and targets (n,), or with (in_features,) and ().
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        dtype: npt.DTypeLike = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        ends = [int(end) for end in cutoffs]
        if not ends or ends != sorted(set(ends)) or ends != list(cutoffs) or ends[0] < 1 or ends[-1] >= n_classes:
            raise ValueError(
                f"AdaptiveLogSoftmaxWithLoss: cutoffs {list(cutoffs)} are to be integers from 1 to {n_classes - 1}, "
                "each greater than the one before"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*ends, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = ends[0]
        self.n_clusters = len(ends)
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, head_bias, dtype, generator)
        clusters: list[Layer] = []
        for i, (start, end) in enumerate(zip(self.cutoffs, self.cutoffs[1:])):
            features = int(in_features // div_value ** (i + 1))
            if features < 1:
                raise ValueError(
                    f"AdaptiveLogSoftmaxWithLoss: cluster {i + 1} of {self.n_clusters} would get no features: "
                    f"{in_features} over {div_value} to the power of {i + 1}"
                )
            clusters.append(
                Sequential(
                    Linear(in_features, features, False, dtype, generator),
                    Linear(features, end - start, False, dtype, generator),
                )
            )
        self.tail = ModuleList[Layer](clusters)

    def forward(self, input: Tensor, target: Tensor) -> AdaptiveLogSoftmaxOutput:
        name = "adaptive_log_softmax"
        x = check_input(name, input, target)
        if x.ndim not in (1, 2) or target.shape != x.shape[:-1]:
            raise ValueError(
                f"{name}: an input of shape {x.shape} and a target of shape {target.shape}; expected (n, in_features) "
                "and (n,), or (in_features,) and ()"
            )
        labels, counts = checked_labels(name, target, self.n_classes, -1)
        if counts is not None:
            raise IndexError(f"{name}: class -1 is out of range for {self.n_classes} classes")
        rows = x if x.ndim == 2 else unsqueeze(x, 0)
        cluster = np.searchsorted(self.cutoffs, labels, "right")
        of_head = np.where(cluster == 0, labels, self.shortlist_size + cluster - 1)
        output = at_labels(log_softmax(self.head(rows), 1), of_head)
        for i in range(self.n_clusters):
            here = np.flatnonzero(cluster == i + 1)
            if here.size:
                log = log_softmax(self.tail[i](getitem(rows, here)), 1)
                output = output.at[here].add(at_labels(log, labels[here] - self.cutoffs[i]))
        loss = -mean(output)
        return AdaptiveLogSoftmaxOutput(output if x.ndim == 2 else output.reshape(()), loss)

    def log_prob(self, input: Tensor) -> Tensor:
        """The log probabilities of all classes, (n, n_classes), of inputs (n, in_features)."""
        if type(input) is not Tensor:
            raise not_tensors("log_prob", input)
        head = log_softmax(self.head(input), 1)
        parts = [head[:, : self.shortlist_size]]
        for i in range(self.n_clusters):
            place = self.shortlist_size + i
            parts.append(log_softmax(self.tail[i](input), 1) + head[:, place : place + 1])
        return cat(parts, 1)

    def predict(self, input: Tensor) -> Tensor:
        """The most probable class of each input, (n,)."""
        return argmax(self.log_prob(input), 1)
