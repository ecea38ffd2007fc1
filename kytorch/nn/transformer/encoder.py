"""The transformer's encoder: self-attention and two affine maps, several times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kytorch.nn.attention.cache import KeyValueCache
from kytorch.nn.attention.multihead import MultiheadAttention
from kytorch.nn.containers import Layer
from kytorch.nn.dropout import Dropout
from kytorch.nn.module import Module
from kytorch.nn.normalization.layer_norm import LayerNorm
from kytorch.nn.transformer.parts import Activation, TransformerLayer, copies, is_causal_mask
from kytorch.ops.activation import relu
from kytorch.tensor.core import Tensor


class TransformerEncoderLayer(TransformerLayer):
    """Self-attention, then two affine maps with `activation` between them, each added to its input and normalised.

    Sequences are (S, N, d_model), or (N, S, d_model) if `batch_first`, or (S, d_model). With `norm_first` the inputs of
    the sublayers are normalised, and not their sums.
    """

    self_attn: MultiheadAttention
    norm1: LayerNorm
    norm2: LayerNorm
    dropout1: Dropout
    dropout2: Dropout

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        dtype: npt.DTypeLike = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__(
            ("self_attn",), d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
            norm_first, bias, dtype, generator,
        )  # fmt: skip

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """The answer for `src`, of its shape; the masks are those of MultiheadAttention."""

        def attention(x: Tensor) -> Tensor:
            return self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)[0]

        x = self._added(src, attention, self.norm1, self.dropout1)
        return self._added(x, self._feed_forward, self.norm2, self.dropout2)

    def step(self, src: Tensor, cache: KeyValueCache) -> tuple[Tensor, KeyValueCache]:
        """What a causal forward pass gives for new tokens behind those in `cache`, and the cache with them."""

        def attention(x: Tensor) -> Tensor:
            nonlocal cache
            y, cache = self.self_attn.step(x, cache)
            return y

        x = self._added(src, attention, self.norm1, self.dropout1)
        return self._added(x, self._feed_forward, self.norm2, self.dropout2), cache


class TransformerEncoder(Module):
    """`num_layers` copies of a layer, one behind the other, and `norm` behind them.

    `enable_nested_tensor` and `mask_check` are PyTorch's and change nothing.
    """

    def __init__(
        self,
        encoder_layer: TransformerEncoderLayer,
        num_layers: int,
        norm: Layer | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        self.layers = copies("TransformerEncoder", encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """The answer for `src`, of its shape. If `is_causal` does not say whether the mask is causal, that is seen."""
        causal = is_causal_mask(mask) if is_causal is None else is_causal
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, causal)
        return src if self.norm is None else self.norm(src)

    def step(self, src: Tensor, caches: Sequence[KeyValueCache] = ()) -> tuple[Tensor, tuple[KeyValueCache, ...]]:
        """What a causal forward pass gives for new tokens behind those in `caches`, and the caches with them.

        There is one for each layer, or none before the first tokens; its length is the position of the next token.
        """
        if caches and len(caches) != len(self.layers):
            raise ValueError(f"TransformerEncoder: step got {len(caches)} caches for {len(self.layers)} layers")
        after = []
        for layer, cache in zip(self.layers, caches or [KeyValueCache()] * len(self.layers)):
            src, cache = layer.step(src, cache)
            after.append(cache)
        return src if self.norm is None else self.norm(src), tuple(after)
