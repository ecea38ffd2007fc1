"""Vectors for whole numbers, looked up in a table."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

from kytorch.kernels import embedding as kernels
from kytorch.kernels import scatter
from kytorch.nn.checks import check_numbers, check_positive, weight_dtype
from kytorch.nn.module import Module
from kytorch.ops.index import spread
from kytorch.tensor.core import A, Tensor, TrainableWeight, make
from kytorch.tensor.dims import whole
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.random import generator_or_default
from kytorch.tensor.rules import PartGradFn
from kytorch.tensor.values import Array, lock


class EmbeddingGradFn(PartGradFn):
    """y = w[index],  dw[index] += dy, times a factor for each index"""

    __slots__ = ("_factor", "_index")

    def __init__(self, index: Array, factor: Array | None) -> None:
        self._index = index  # in one line
        self._factor = factor  # (indices, 1), or None for 1

    def vjp(self, g: A) -> A:
        shape = self._shapes[0]
        rows = self._rows(g)
        if isinstance(rows, Tensor):
            return spread(rows, self._index, shape)
        return kernels.rows_summed(rows, self._index, shape[0])

    def add_to(self, total: Array, g: Array) -> None:
        scatter.add(total, self._index, self._rows(g))

    def _rows(self, g: A) -> A:
        rows = g.reshape(len(self._index), self._shapes[0][1])
        return rows if self._factor is None else rows * self._factor


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of `weight`, (n, width), that the indices `input`, (...), name: (..., width).

    Row `padding_idx` gets no gradient. Rows of a `norm_type`-norm above `max_norm` are scaled down to it; `weight` is
    immutable and stays, and the gradient is that with respect to the scaled rows. `scale_grad_by_freq` divides a row's
    gradient by how often it is named. `sparse` changes nothing: gradients are dense.
    Raises TypeError for indices that are no integers, IndexError outside [0, n).
    """
    index = checked_index("embedding", input, weight)
    padding = checked_padding("embedding", padding_idx, weight.shape[0])
    w = weight._data
    if max_norm is not None and (scaled := kernels.limited(w, index, max_norm, norm_type)) is not None:
        w = scaled
    y = w.take(index, 0).reshape(*input._data.shape, w.shape[1])
    factor = None
    if weight.requires_grad and (padding is not None or scale_grad_by_freq):
        factor = _factor(index, w, padding, scale_grad_by_freq)
    return EmbeddingGradFn(index, factor).record(y, weight)


def checked_index(name: str, input: Tensor, weight: Tensor) -> Array:
    """The indices in one line."""
    if type(input) is not Tensor or type(weight) is not Tensor:
        raise not_tensors(name, input, weight)
    shape = weight._data.shape
    if len(shape) != 2 or weight._data.dtype.kind != "f":
        raise ValueError(f"{name}: the weight is to be a matrix of floats, not of shape {shape} and {weight.dtype}")
    if input._data.dtype.kind not in "iu":
        raise TypeError(f"{name}: indices are integers, not {input.dtype}; convert them with to(int64)")
    index: Array = input._data.reshape(-1).astype(np.intp, copy=False)
    if index.size and np.maximum.reduce(index.view(np.uintp)) >= shape[0]:  # a negative one is huge there
        wrong = index[(index < 0) | (index >= shape[0])][0]
        raise IndexError(f"{name}: index {wrong} is out of range for a weight of {shape[0]} rows")
    lock(index)
    return index


def checked_padding(name: str, padding_idx: int | None, n: int) -> int | None:
    """The row that is padding, counted from the first. Raises ValueError outside [-n, n)."""
    if padding_idx is None:
        return None
    whole(name, "padding_idx", padding_idx)
    if not -n <= padding_idx < n:
        raise ValueError(f"{name}: padding_idx {padding_idx} is out of range for {n} rows")
    return padding_idx % n


def _factor(index: Array, like: Array, padding: int | None, by_frequency: bool) -> Array:
    """By what the gradient of each row that is named is multiplied, (indices, 1)."""
    factor = np.ones_like(like, shape=index.shape)
    if by_frequency:
        factor /= np.bincount(index)[index].astype(like.dtype)
    if padding is not None:
        factor[index == padding] = 0
    lock(factor)
    return factor[:, None]


class Table(Module):
    """The base of what looks up rows of a weight (num_embeddings, embedding_dim), drawn from N(0, 1)."""

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        max_norm: float | None,
        norm_type: float,
        scale_grad_by_freq: bool,
        sparse: bool,
        weight: Tensor | TrainableWeight | None,
        dtype: npt.DTypeLike,
        generator: np.random.Generator | None,
    ) -> None:
        name = type(self).__name__
        check_positive(name, num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = checked_padding(name, padding_idx, num_embeddings)
        check_numbers(name, max_norm=0.0 if max_norm is None else max_norm, norm_type=norm_type)
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        shape = (num_embeddings, embedding_dim)
        if weight is None:
            values = generator_or_default(generator).standard_normal(shape)
            if self.padding_idx is not None:
                values[self.padding_idx] = 0
            weight = TrainableWeight(values.astype(weight_dtype(name, dtype)))
        elif weight.shape != shape:
            raise ValueError(f"{name}: _weight has shape {weight.shape}, expected {shape}")
        self.weight = TrainableWeight(weight) if isinstance(weight, Tensor) else weight

    def limited(self, name: str, input: Tensor) -> Tensor:
        """The weight, after an update of the rows that the input names and that are longer than the greatest norm."""
        weight = self.weight.tensor()
        if self.max_norm is None:
            return weight
        index = checked_index(name, input, weight)
        scaled = kernels.limited(weight._data, index, self.max_norm, self.norm_type)
        if scaled is None:
            return weight
        if weight._data is not self.weight._data:  # another Tensor is read in its place, as in functional_call
            return make(scaled, weight._grad_fn)
        self.weight.update(scaled)
        return self.weight.tensor()

    def _shown(self, padding_first: bool, mode: str | None = None) -> str:
        padding = f", padding_idx={self.padding_idx}" if self.padding_idx is not None else ""
        shown = f"{self.num_embeddings}, {self.embedding_dim}{padding if padding_first else ''}"
        if self.max_norm is not None:
            shown += f", max_norm={self.max_norm}"
        if self.norm_type != 2:
            shown += f", norm_type={self.norm_type}"
        if self.scale_grad_by_freq:
            shown += f", scale_grad_by_freq={self.scale_grad_by_freq}"
        if mode is not None:
            shown += f", mode={mode!r}"
        return shown if padding_first else shown + padding


class Embedding(Table):
    """`embedding` in a weight (num_embeddings, embedding_dim), drawn from N(0, 1), with zeros for the padding.

    With `max_norm` a call first updates the rows of the weight that it looks up and that are longer.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | TrainableWeight | None = None,
        _freeze: bool = False,
        dtype: npt.DTypeLike = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        Table.__init__(
            self, num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, _weight,
            dtype, generator,
        )  # fmt: skip
        if _freeze:
            self.weight.requires_grad_(False)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor | Array,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """A layer with a copy of `embeddings`, (n, width), as its weight, which is trained unless frozen."""
        weight = table_of(cls.__name__, embeddings, freeze)
        n, width = weight.shape
        return cls(n, width, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, weight)

    def forward(self, input: Tensor) -> Tensor:
        weight = self.limited("embedding", input)
        return embedding(input, weight, self.padding_idx, None, 2.0, self.scale_grad_by_freq)

    def extra_repr(self) -> str:
        return self._shown(padding_first=True) + (", sparse=True" if self.sparse else "")


def table_of(name: str, embeddings: Tensor | Array, freeze: bool) -> TrainableWeight:
    """A weight of a copy of `embeddings`. Raises TypeError for what is no array of floats, ValueError for no matrix."""
    if not hasattr(embeddings, "dtype") or isinstance(embeddings, TrainableWeight):
        raise not_tensors(f"{name}.from_pretrained", embeddings)
    if embeddings.ndim != 2:
        raise ValueError(f"{name}.from_pretrained: expected a matrix, not shape {embeddings.shape}")
    return TrainableWeight(embeddings, requires_grad=not freeze)
