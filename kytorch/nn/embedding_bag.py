"""The sums, means and maxima of bags of rows that are looked up in a table."""

from __future__ import annotations

from typing import Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from kytorch.kernels import embedding as kernels
from kytorch.nn.embedding import Table, checked_index, checked_padding, embedding, table_of
from kytorch.ops.index import part, spread
from kytorch.tensor.core import CONSTANT, Tensor, TrainableWeight, make
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Array, lock

Mode: TypeAlias = Literal["sum", "mean", "max"]


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: Mode = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or maximum of the rows of `weight`, (n, width), of each bag of indices: (bags, width).

    `input` is (bags, indices), or (indices,) with `offsets`, the place at which each bag begins, of which the last one
    with `include_last_offset` is the end. In a sum each row is multiplied by its `per_sample_weights`. The padding does
    not count. An empty bag has zeros. Other options are as in `embedding`. Raises ValueError for other shapes and
    options, TypeError for indices that are no integers, IndexError outside [0, n).
    """
    name = "embedding_bag"
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"{name}: mode {mode!r} is none of 'sum', 'mean', 'max'")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError(f"{name}: a maximum does not take scale_grad_by_freq")
    index = checked_index(name, input, weight)
    padding = checked_padding(name, padding_idx, weight.shape[0])
    lengths = _lengths(name, input, offsets, include_last_offset)
    index = index[: int(lengths.sum())]
    rows = embedding(make(index, CONSTANT), weight, padding, max_norm, norm_type, scale_grad_by_freq)
    if per_sample_weights is not None:
        if type(per_sample_weights) is not Tensor:
            raise not_tensors(name, per_sample_weights)
        if mode != "sum":
            raise ValueError(f"{name}: per_sample_weights are for mode 'sum', not {mode!r}")
        if per_sample_weights.shape != input.shape:
            raise ValueError(
                f"{name}: per_sample_weights have shape {per_sample_weights.shape}, and the input {input.shape}"
            )
        if per_sample_weights.dtype != weight.dtype:
            raise TypeError(
                f"{name}: the weight has dtype {weight.dtype}, and per_sample_weights {per_sample_weights.dtype}; "
                "convert one with to()"
            )
        rows = rows * per_sample_weights.reshape(-1, 1)[: len(index)]
    bags = np.repeat(np.arange(len(lengths)), lengths)
    shape = (len(lengths), weight.shape[1])
    if padding is not None and len(counted := np.flatnonzero(index != padding)) < len(index):
        lock(counted)
        bags, rows = bags[counted], part(rows, counted)
        lengths = np.bincount(bags, minlength=len(lengths))
    lock(bags)
    if mode == "max":
        return _maximum_of_bags(rows, lengths, shape)
    total = spread(rows, bags, shape)
    return total if mode == "sum" else total / np.maximum(lengths, 1).astype(weight.dtype)[:, None]


def _maximum_of_bags(rows: Tensor, lengths: Array, shape: tuple[int, int]) -> Tensor:
    full = np.flatnonzero(lengths)
    if not len(full) or not shape[1]:
        return spread(rows[:0], full[:0], shape)
    starts = np.cumsum(lengths[full]) - lengths[full]
    lock(full)
    top = part(rows, (kernels.greatest(rows._data, starts), np.arange(shape[1])))
    return spread(top, full, shape)


def _lengths(name: str, input: Tensor, offsets: Tensor | None, include_last_offset: bool) -> Array:
    """How many indices each bag has."""
    if input.ndim == 2:
        if offsets is not None:
            raise ValueError(f"{name}: offsets are for an input of one dimension, not of shape {input.shape}")
        return np.full(input.shape[0], input.shape[1])
    if input.ndim != 1 or offsets is None:
        raise ValueError(
            f"{name}: expected an input (bags, indices), or (indices,) and offsets, not shape {input.shape}"
        )
    if type(offsets) is not Tensor:
        raise not_tensors(name, offsets)
    if offsets.ndim != 1 or offsets.dtype.kind not in "iu":
        raise ValueError(f"{name}: offsets are integers of one dimension, not {offsets.dtype} of shape {offsets.shape}")
    starts = offsets._data.astype(np.intp)
    ends = starts[1:] if include_last_offset else np.append(starts[1:], len(input))
    lengths = ends - starts[: len(ends)]
    if len(offsets) and (offsets._data[0] != 0 or (lengths < 0).any() or offsets._data[-1] > len(input)):
        raise ValueError(f"{name}: offsets are to ascend from 0 to at most {len(input)}, the number of indices")
    if include_last_offset and not len(offsets):
        raise ValueError(f"{name}: include_last_offset needs an offset, the end of the last bag")
    return lengths


class EmbeddingBag(Table):
    """`embedding_bag` in a weight (num_embeddings, embedding_dim), drawn from N(0, 1), with zeros for the padding.

    With `max_norm` a call first updates the rows of the weight that it looks up and that are longer.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: Mode = "mean",
        sparse: bool = False,
        _weight: Tensor | TrainableWeight | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        dtype: npt.DTypeLike = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        if mode not in ("sum", "mean", "max"):
            raise ValueError(f"EmbeddingBag: mode {mode!r} is none of 'sum', 'mean', 'max'")
        Table.__init__(
            self, num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, _weight,
            dtype, generator,
        )  # fmt: skip
        self.mode: Mode = mode
        self.include_last_offset = include_last_offset

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor | Array,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: Mode = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Self:
        """A layer with a copy of `embeddings`, (n, width), as its weight, which is trained unless frozen."""
        weight = table_of(cls.__name__, embeddings, freeze)
        n, width = weight.shape
        return cls(
            n, width, max_norm, norm_type, scale_grad_by_freq, mode, sparse, weight, include_last_offset, padding_idx
        )

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        weight = self.limited("embedding_bag", input)
        return embedding_bag(
            input, weight, offsets, None, 2.0, self.scale_grad_by_freq, self.mode, self.sparse,
            per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return self._shown(padding_first=False, mode=self.mode)
