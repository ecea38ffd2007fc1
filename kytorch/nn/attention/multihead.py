"""Attention in several heads (Vaswani et al. 2017, section 3.2.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kytorch.nn import init
from kytorch.nn.attention.cache import KeyValueCache
from kytorch.nn.attention.masks import added_mask, causal_mask, checked_mask
from kytorch.nn.attention.scaled_dot_product import scaled_dot_product_attention
from kytorch.nn.checks import check_positive, weight_dtype
from kytorch.nn.dropout import check_probability, dropout
from kytorch.nn.linear import Linear, linear
from kytorch.nn.module import Module, called
from kytorch.ops.join import cat
from kytorch.ops.logic import logical_not, logical_or
from kytorch.ops.pad import pad
from kytorch.ops.products import matmul
from kytorch.ops.reduce import mean
from kytorch.ops.softmax import softmax
from kytorch.tensor.core import Tensor, TrainableWeight
from kytorch.tensor.errors import not_tensors

_NAME = "MultiheadAttention"


class MultiheadAttention(Module):
    """`num_heads` attentions side by side, each to its part of a projection, and a projection of all their answers.

    The projections are the rows of `in_proj_weight`, or with `kdim` or `vdim` other than `embed_dim` `q_proj_weight`,
    `k_proj_weight` and `v_proj_weight`. `add_bias_kv` appends a trained key and value, `add_zero_attn` zeros.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        dtype: npt.DTypeLike = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        kdim = embed_dim if kdim is None else kdim
        vdim = embed_dim if vdim is None else vdim
        check_positive(_NAME, embed_dim=embed_dim, num_heads=num_heads, kdim=kdim, vdim=vdim)
        if embed_dim % num_heads:
            raise ValueError(f"{_NAME}: {num_heads} heads do not divide embed_dim {embed_dim}")
        check_probability(_NAME, dropout)
        dtype = weight_dtype(_NAME, dtype)
        self.embed_dim = embed_dim
        self.kdim = kdim
        self.vdim = vdim
        self.num_heads = num_heads
        self.head_dim = embed_dim // num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.add_zero_attn = add_zero_attn
        self.generator = generator

        def projection(rows: int, columns: int) -> TrainableWeight:
            bound = math.sqrt(6 / (rows + columns))  # Glorot and Bengio 2010, eq. 16
            return init.uniform_weight((rows, columns), bound, dtype, generator, order="F")

        self.in_proj_weight: TrainableWeight | None = None
        self.q_proj_weight: TrainableWeight | None = None
        self.k_proj_weight: TrainableWeight | None = None
        self.v_proj_weight: TrainableWeight | None = None
        if kdim == vdim == embed_dim:
            self.in_proj_weight = projection(3 * embed_dim, embed_dim)
        else:
            self.q_proj_weight = projection(embed_dim, embed_dim)
            self.k_proj_weight = projection(embed_dim, kdim)
            self.v_proj_weight = projection(embed_dim, vdim)
        self.in_proj_bias = TrainableWeight(np.zeros(3 * embed_dim, dtype)) if bias else None
        self.bias_k: TrainableWeight | None = None
        self.bias_v: TrainableWeight | None = None
        if add_bias_kv:
            self.bias_k, self.bias_v = [
                init.xavier_normal_(TrainableWeight(np.zeros((1, 1, embed_dim), dtype)), generator=generator)
                for _ in range(2)
            ]
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype, generator)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """The answer for each query, shaped as `query`, and the weights (N, L, S), or None unless `need_weights`.

        `query` is (L, N, E), `key` (S, N, kdim) and `value` (S, N, vdim), with the batch N first if `batch_first`, or
        all without it. `attn_mask` is (L, S) or (N heads, L, S), `key_padding_mask` (N, S) or without a batch (S,): of
        bool, True where a key is not seen, or of floats that are added to the scores. Unless `average_attn_weights` the
        weights are (N, heads, L, S). With `is_causal` query i sees the keys up to i, and a mask given beside it is to
        say the same. Raises ValueError for other shapes and TypeError for other dtypes.
        """
        self._check(query, key, value)
        batched = query.ndim == 3
        attn_mask, key_padding_mask = self._checked_masks(query, key, attn_mask, key_padding_mask)
        # Appended keys are seen by all, with weights and without; in PyTorch not without.
        if is_causal and (need_weights or key_padding_mask is not None or self._appended):
            if attn_mask is None:
                attn_mask = causal_mask(query.shape[self._length_dim(query)], key.shape[self._length_dim(key)])
            is_causal = False
        elif is_causal:
            attn_mask = None
        q, k, v = self._projected(query, key, value)
        mask = self._mask(attn_mask, key_padding_mask, k)
        k, v = self._with_appended(k, v)
        if not need_weights:
            return self._attended(q, k, v, mask, is_causal, batched), None
        scores = matmul(q * (1 / math.sqrt(self.head_dim)), k.mT)
        if mask is not None:
            scores = scores + added_mask(mask, scores)
        weights = softmax(scores, -1)
        if self.dropout:
            weights = dropout(weights, self.dropout, self.training, generator=self.generator)
        y = self._joined(matmul(weights, v), batched)
        if average_attn_weights:
            weights = mean(weights, 1)
        return y, weights if batched else weights[0]

    @called
    def step(self, input: Tensor, cache: KeyValueCache) -> tuple[Tensor, KeyValueCache]:
        """Causal self-attention of new tokens, which see those in `cache` and each other up to themselves.

        `input` is shaped as a query. Answers what the whole sequence's forward pass gives for the new tokens, and the
        cache with them.
        """
        _check_cache(cache)
        if self._appended:
            raise ValueError(f"{_NAME}: step is not for add_bias_kv and add_zero_attn, which append keys")
        self._check(input, input, input)
        q, new_keys, new_values = self._projected(input, input, input)
        seen = len(cache)
        keys, values, cache = cache.append(new_keys, new_values)
        length, count = q.shape[-2], keys.shape[-2]
        mask = causal_mask(length, count, seen) if length > 1 and seen else None
        return self._attended(q, keys, values, mask, length > 1 and not seen, input.ndim == 3), cache

    @called
    def cross_step(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        cache: KeyValueCache,
        key_padding_mask: Tensor | None = None,
    ) -> tuple[Tensor, KeyValueCache]:
        """Attention of new queries to keys and values that stay, which are projected once, if `cache` is empty.

        Answers what the forward pass gives for `query`, and the cache with the projections. Raises ValueError for a
        cache of other keys' shape.
        """
        self._check(query, key, value)
        _check_cache(cache)
        _, mask = self._checked_masks(query, key, None, key_padding_mask)
        of_query, of_key, of_value = self._projections()
        q = self._heads(linear(query, *of_query))
        if not len(cache):
            k, v = self._heads(linear(key, *of_key)), self._heads(linear(value, *of_value))
            cache = cache.append(*self._with_appended(k, v))[2]
        count = key.shape[self._length_dim(key)] + self._appended
        if cache.keys.shape != (*q.shape[:2], count, self.head_dim):
            raise ValueError(f"{_NAME}: a key of shape {key.shape} beside a cache of keys {cache.keys.shape}")
        mask = self._mask(None, mask, q)
        return self._attended(q, cache.keys, cache.values, mask, False, query.ndim == 3), cache

    def multiply_adds(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> int:
        """Of the projections of queries, keys and values, the scores and the weighted sums."""
        query, key, value, *_ = inputs
        count = key.shape[self._length_dim(key)] + self._appended
        return (query.size + key.size + value.size) * self.embed_dim + 2 * query.size * count

    @property
    def _appended(self) -> int:
        """How many keys the options append."""
        return (self.bias_k is not None) + self.add_zero_attn

    def _check(self, query: Tensor, key: Tensor, value: Tensor) -> None:
        for x in (query, key, value):
            if type(x) is not Tensor:
                raise not_tensors(_NAME, query, key, value)
        dtype = query.dtype
        if dtype.kind != "f" or key.dtype != dtype or value.dtype != dtype:
            raise TypeError(
                f"{_NAME}: expected query, key and value of one dtype of floats, not {dtype}, {key.dtype} and "
                f"{value.dtype}; convert them with to()"
            )
        shapes = query.shape, key.shape, value.shape
        q, k, v = shapes
        if len(q) not in (2, 3) or len(k) != len(q) or len(v) != len(q):
            raise ValueError(f"{_NAME}: expected query, key and value all of 3 dimensions, or of 2, not {shapes}")
        for what, shape, n in zip(("query", "key", "value"), shapes, (self.embed_dim, self.kdim, self.vdim)):
            if shape[-1] != n:
                raise ValueError(f"{_NAME}: a {what} of shape {shape} has {shape[-1]} features, expected {n}")
        batch = 0 if self.batch_first else 1
        if k[:-1] != v[:-1] or (len(q) == 3 and q[batch] != k[batch]):
            order = "(N, L, E)" if self.batch_first else "(L, N, E)"
            raise ValueError(
                f"{_NAME}: query, key and value of shapes {q}, {k} and {v}; key and value are to be equally long, and "
                f"all are to have one batch size N, in the order {order}"
            )

    def _length_dim(self, x: Tensor) -> int:
        return 1 if self.batch_first and x.ndim == 3 else 0

    def _checked_masks(
        self, query: Tensor, key: Tensor, attn_mask: Tensor | None, padding: Tensor | None
    ) -> tuple[Tensor | None, Tensor | None]:
        """Both masks, of bool or in the dtype of `query`, (L, S) or (N, heads, L, S) and (N, 1, 1, S)."""
        at = self._length_dim(query)
        length, count, batch = query.shape[at], key.shape[at], query.shape[1 - at] if query.ndim == 3 else 1
        if attn_mask is not None:
            attn_mask = checked_mask(_NAME, "attn_mask", attn_mask, query)
            if attn_mask.shape == (batch * self.num_heads, length, count):
                attn_mask = attn_mask.reshape(batch, self.num_heads, length, count)
            elif attn_mask.shape != (length, count):
                raise ValueError(
                    f"{_NAME}: an attn_mask of shape {attn_mask.shape}; expected {(length, count)}, or for each head "
                    f"{(batch * self.num_heads, length, count)}"
                )
        if padding is not None:
            padding = checked_mask(_NAME, "key_padding_mask", padding, query)
            expected = (batch, count) if query.ndim == 3 else (count,)
            if padding.shape != expected:
                raise ValueError(f"{_NAME}: a key_padding_mask of shape {padding.shape}; expected {expected}")
            padding = padding.reshape(batch, 1, 1, count)
        return attn_mask, padding

    def _mask(self, attn_mask: Tensor | None, padding: Tensor | None, k: Tensor) -> Tensor | None:
        """Both masks in one, which lets the keys be seen that are appended."""
        if attn_mask is None:
            mask = padding
        elif padding is None:
            mask = attn_mask
        elif attn_mask.dtype.kind == padding.dtype.kind == "b":
            mask = logical_or(attn_mask, padding)
        else:
            mask = added_mask(attn_mask, k) + added_mask(padding, k)
        return mask if mask is None or not self._appended else pad(mask, (0, self._appended))

    def _projected(self, query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of each head, (N, heads, L or S, head_dim)."""
        n = self.embed_dim
        if query is key and key is value and self.in_proj_weight is not None:
            bias = None if self.in_proj_bias is None else self.in_proj_bias.tensor()
            every = linear(query, self.in_proj_weight.tensor(), bias)
            return self._heads(every[..., :n]), self._heads(every[..., n : 2 * n]), self._heads(every[..., 2 * n :])
        q, k, v = [self._heads(linear(x, w, b)) for x, (w, b) in zip((query, key, value), self._projections())]
        return q, k, v

    def _projections(self) -> list[tuple[Tensor, Tensor | None]]:
        """The weight and the bias for queries, for keys and for values."""
        n = self.embed_dim
        parts = [slice(i * n, (i + 1) * n) for i in range(3)]
        if self.in_proj_weight is not None:
            weight = self.in_proj_weight.tensor()
            weights = [weight[part] for part in parts]
        else:
            own = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
            weights = [weight.tensor() for weight in own if weight is not None]
        bias = None if self.in_proj_bias is None else self.in_proj_bias.tensor()
        return [(weight, None if bias is None else bias[part]) for weight, part in zip(weights, parts)]

    def _heads(self, x: Tensor) -> Tensor:
        """(N, L, E) or (L, N, E), or without N, as (N, heads, L, head_dim)."""
        if x.ndim == 2:
            return x.reshape(1, x.shape[0], self.num_heads, self.head_dim).transpose(1, 2)
        parts = x.reshape(*x.shape[:2], self.num_heads, self.head_dim)
        return parts.transpose(1, 2) if self.batch_first else parts.permute(1, 2, 0, 3)

    def _attended(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, is_causal: bool, batched: bool) -> Tensor:
        """The layer's answer, from what each head attends to; the weights are not made."""
        if mask is not None and mask.dtype.kind == "b":
            mask = logical_not(mask)
        p = self.dropout if self.training else 0.0
        y = scaled_dot_product_attention(q, k, v, mask, p, is_causal, generator=self.generator)
        return self._joined(y, batched)

    def _joined(self, y: Tensor, batched: bool) -> Tensor:
        """The output projection of the heads' answers (N, heads, L, head_dim), in the inputs' order of dimensions."""
        parts = y.transpose(1, 2) if self.batch_first or not batched else y.permute(2, 0, 1, 3)
        shape = (*parts.shape[:2], self.embed_dim) if batched else (parts.shape[1], self.embed_dim)
        return self.out_proj(parts.reshape(*shape))

    def _with_appended(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values with what the options append to them."""
        if self.bias_k is not None and self.bias_v is not None:
            k, v = [
                cat([x, bias.tensor().reshape(1, self.num_heads, 1, -1).expand(x.shape[0], -1, -1, -1)], 2)
                for x, bias in ((k, self.bias_k), (v, self.bias_v))
            ]
        if self.add_zero_attn:
            k, v = [pad(x, (0, 0, 0, 1)) for x in (k, v)]
        return k, v


def _check_cache(cache: KeyValueCache) -> None:
    if type(cache) is not KeyValueCache:
        raise TypeError(f"{_NAME}: expected a KeyValueCache, not {type(cache).__name__}; KeyValueCache() is empty")
