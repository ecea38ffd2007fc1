"""Attention of queries to keys (Vaswani et al. 2017, eq. 1), as one operation."""

from __future__ import annotations

import math

import numpy as np

from kytorch.kernels import attention as kernels
from kytorch.kernels import dropout
from kytorch.nn.checks import check_numbers
from kytorch.nn.dropout import check_probability
from kytorch.nn.fused import FusedGradFn
from kytorch.ops.dtype import to
from kytorch.ops.exponential import exp
from kytorch.ops.products import matmul
from kytorch.ops.reduce import sum
from kytorch.ops.shape import unsqueeze
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.random import generator_or_default
from kytorch.tensor.values import Array, Shape, lock

_NAME = "scaled_dot_product_attention"


class AttentionGradFn(FusedGradFn):
    """y = p v with p = softmax(s), s = scale q k^T + mask,  dy = dp v + p dv,  dp = p (ds - sum p ds)"""

    __slots__ = ("_normaliser", "_terms", "_y")
    _y: Array

    def __init__(self, terms: kernels.Terms, normaliser: kernels.Normaliser) -> None:
        for array in (normaliser.shift, normaliser.inverse):
            if array is not None:
                lock(array)
        self._terms = terms
        self._normaliser = normaliser

    def composition(self, *inputs: Tensor) -> Tensor:
        query, key, value, *masks = inputs
        terms = self._terms
        scores = matmul(query * terms.scale, key.mT)
        if masks:
            scores = scores + masks[0]
        elif terms.mask is not None:
            scores = scores + make(terms.mask, CONSTANT)
        if terms.causal:
            scores = scores + make(_causal(scores._data), CONSTANT)
        weights = _softmax(scores)
        if terms.kept is not None:
            weights = weights * make(terms.kept * np.asarray(terms.gain, weights.dtype), CONSTANT)
        return matmul(weights, value)

    def gradients(self, g: Array, *inputs: Array) -> tuple[Array | None, ...]:
        needed = self.needs(0), self.needs(1), self.needs(2), len(inputs) > 3 and self.needs(3)
        query, key, value = inputs[:3]
        terms = self._terms if len(inputs) < 4 else self._terms._replace(mask=inputs[3])
        found = kernels.attention_vjp(g, query, key, value, self._y, terms, self._normaliser, needed)
        return found[: len(inputs)]

    def record(self, y: Array, *inputs: Tensor) -> Tensor:
        tensor = FusedGradFn.record(self, y, *inputs)
        self._y = tensor._data
        return tensor


def _softmax(scores: Tensor) -> Tensor:
    """softmax along the last dimension, and zeros where all are -inf."""
    if not scores.size:
        return scores
    greatest = np.maximum.reduce(scores._data, -1, keepdims=True)
    powers = exp(scores - make(np.where(greatest == -np.inf, np.zeros_like(greatest), greatest), CONSTANT))
    total = sum(powers, -1, True)
    return powers / (total + (total == 0))


def _causal(scores: Array) -> Array:
    """What is added to scores (..., L, S): 0 where key j is not later than query i, j <= i, and else -inf."""
    return np.triu(np.full_like(scores, -np.inf, shape=scores.shape[-2:]), 1)


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """softmax(scale query key^T + mask) value, for each of the leading dimensions, which broadcast.

    `query` is (..., L, E), `key` (..., S, E), `value` (..., S, Ev) and the answer (..., L, Ev). `attn_mask` broadcasts
    to (..., L, S): of bool, True where a query sees a key, or of floats that are added to the scores; a query that sees
    none gives zeros. With `is_causal` query i sees the keys up to i. `scale` is 1 / sqrt(E) unless given. Dropout is
    applied whenever `dropout_p` is not 0. With `enable_gqa` each head of keys, at -3, serves several heads of queries.

    Raises ValueError for other shapes and values, TypeError for other dtypes.
    """
    if type(query) is not Tensor or type(key) is not Tensor or type(value) is not Tensor:
        raise not_tensors(_NAME, query, key, value)
    q, k, v = query._data.shape, key._data.shape, value._data.shape
    if min(len(q), len(k), len(v)) < 2 or q[-1] != k[-1] or k[-2] != v[-2]:
        raise ValueError(f"{_NAME}: expected shapes (..., L, E), (..., S, E) and (..., S, Ev), not {q}, {k} and {v}")
    dtype = query._data.dtype
    if dtype.kind != "f" or key._data.dtype != dtype or value._data.dtype != dtype:
        raise TypeError(
            f"{_NAME}: expected query, key and value of one dtype of floats, not {dtype}, {key.dtype} and "
            f"{value.dtype}; convert them with to()"
        )
    check_probability(_NAME, dropout_p)
    if attn_mask is not None:
        _check_mask(attn_mask, is_causal)
    if enable_gqa:
        return _grouped(query, key, value, attn_mask, dropout_p, is_causal, scale, generator)
    lead = q[:-2]
    if not lead == k[:-2] == v[:-2] or (attn_mask is not None and attn_mask.shape != (q[-2], k[-2])):
        lead = _lead(query, key, value, attn_mask)
    if scale is None:
        scale = 1 / math.sqrt(q[-1]) if q[-1] else 0.0
    else:
        check_numbers(_NAME, scale=scale)
    inputs: tuple[Tensor, ...] = (query, key, value)
    mask: Array | None = None
    if attn_mask is not None:
        if attn_mask.ndim < 2:
            attn_mask = attn_mask.reshape((1,) * (2 - attn_mask.ndim) + attn_mask.shape)
        if attn_mask.dtype.kind == "b":
            mask = np.where(attn_mask._data, np.zeros((), dtype), np.full((), -np.inf, dtype))
        else:
            attn_mask = to(attn_mask, dtype)
            mask = attn_mask._data
            if attn_mask._grad_fn is not CONSTANT:
                inputs = (query, key, value, attn_mask)
        lock(mask)
    kept: Array | None = None
    gain = 1.0
    if dropout_p:
        shape = (*lead, q[-2], k[-2])
        if dropout_p < 1:
            kept, gain = dropout.kept(generator_or_default(generator), shape, dropout_p), 1 / (1 - dropout_p)
        else:
            kept, gain = np.zeros(shape, np.bool_), 0.0
        lock(kept)
    terms = kernels.Terms(float(scale), is_causal, mask, kept, float(gain))
    live = any(x._grad_fn is not CONSTANT for x in inputs)
    y, normaliser = kernels.attention(query._data, key._data, value._data, terms, live)
    return AttentionGradFn(terms, normaliser).record(y, *inputs)


def _check_mask(mask: Tensor, is_causal: bool) -> None:
    if type(mask) is not Tensor:
        raise not_tensors(_NAME, mask)
    if mask.dtype.kind not in "bf":
        raise TypeError(
            f"{_NAME}: the mask has dtype {mask.dtype}; expected bool, True where a query sees a key, or floats"
        )
    if is_causal:
        raise ValueError(f"{_NAME}: a mask and is_causal exclude each other; make the mask causal too")


def _lead(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Shape:
    """The leading dimensions of the answer. Raises ValueError if the inputs' do not broadcast, or the mask to them."""
    q, k, v = query.shape, key.shape, value.shape
    try:
        lead = np.broadcast_shapes(q[:-2], k[:-2], v[:-2])
    except ValueError:
        advice = " (enable_gqa=True lets heads of keys serve several heads of queries)" if len(q) > 2 else ""
        problem = f"the leading dimensions of shapes {q}, {k} and {v} do not broadcast"
        raise ValueError(f"{_NAME}: {problem}{advice}") from None
    if mask is None:
        return lead
    scores = (*lead, q[-2], k[-2])
    try:
        fits = np.broadcast_shapes(mask.shape, scores)[-2:] == scores[-2:]
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{_NAME}: a mask of shape {mask.shape} does not broadcast to the scores' shape {scores}")
    return np.broadcast_shapes(mask.shape[:-2], lead)


def _grouped(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    dropout_p: float,
    is_causal: bool,
    scale: float | None,
    generator: np.random.Generator | None,
) -> Tensor:
    """Attention in which each head of keys and values serves several heads of queries (Ainslie et al. 2023)."""
    q, k, v = query.shape, key.shape, value.shape
    if min(len(q), len(k), len(v)) < 3 or k[-3] != v[-3] or not k[-3] or q[-3] % k[-3]:
        raise ValueError(
            f"{_NAME}: with enable_gqa expected (..., heads, L, E) for the query, and key and value with a number of "
            f"heads that divides the query's; not {q}, {k} and {v}"
        )
    heads, group = k[-3], q[-3] // k[-3]
    if mask is not None and mask.ndim > 2:
        if mask.shape[-3] == q[-3]:
            mask = mask.reshape(*mask.shape[:-3], heads, group, *mask.shape[-2:])
        elif mask.shape[-3] == 1:
            mask = unsqueeze(mask, -3)
        else:
            raise ValueError(f"{_NAME}: a mask of shape {mask.shape} has not the query's {q[-3]} heads")
    y = scaled_dot_product_attention(
        query.reshape(*q[:-3], heads, group, *q[-2:]),
        unsqueeze(key, -3),
        unsqueeze(value, -3),
        mask,
        dropout_p,
        is_causal,
        scale,
        False,
        generator,
    )
    return y.reshape(*y.shape[:-4], heads * group, *y.shape[-2:])
