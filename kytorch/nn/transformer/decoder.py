"""The transformer's decoder: self-attention, attention to the encoder's answer, and two affine maps, several times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kytorch.nn.attention.cache import KeyValueCache
from kytorch.nn.attention.masks import is_causal_mask
from kytorch.nn.attention.multihead import MultiheadAttention
from kytorch.nn.containers import Layer
from kytorch.nn.dropout import Dropout
from kytorch.nn.module import Module, called
from kytorch.nn.normalization.layer_norm import LayerNorm
from kytorch.nn.transformer.parts import TransformerLayer, check_caches, copies
from kytorch.tensor.core import Tensor


class DecoderCache(NamedTuple):
    """The keys and values of a decoder's layer: of the tokens so far, and of the memory."""

    tokens: KeyValueCache = KeyValueCache()
    memory: KeyValueCache = KeyValueCache()


class TransformerDecoderLayer(TransformerLayer):
    """Self-attention, attention to the memory that an encoder made, then two affine maps with `activation` between.

    Sequences are (T, N, d_model), or (N, T, d_model) if `batch_first`, or (T, d_model). With `norm_first` the inputs of
    the sublayers are normalised, and not their sums.
    """

    _attentions = ("self_attn", "multihead_attn")
    self_attn: MultiheadAttention
    multihead_attn: MultiheadAttention
    norm1: LayerNorm
    norm2: LayerNorm
    norm3: LayerNorm
    dropout1: Dropout
    dropout2: Dropout
    dropout3: Dropout

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The answer for `tgt`, of its shape; the masks are those of MultiheadAttention."""

        def attention(x: Tensor) -> Tensor:
            return self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal)[0]

        def attention_to_memory(x: Tensor) -> Tensor:
            padding, mask, causal = memory_key_padding_mask, memory_mask, memory_is_causal
            return self.multihead_attn(x, memory, memory, padding, False, mask, is_causal=causal)[0]

        x = self._added(tgt, attention, self.norm1, self.dropout1)
        x = self._added(x, attention_to_memory, self.norm2, self.dropout2)
        return self._added(x, self._feed_forward, self.norm3, self.dropout3)

    @called
    def step(
        self, tgt: Tensor, memory: Tensor, cache: DecoderCache, memory_key_padding_mask: Tensor | None = None
    ) -> tuple[Tensor, DecoderCache]:
        """What a causal forward pass gives for new tokens behind those in `cache`, and the cache with them."""
        tokens, of_memory = cache

        def attention(x: Tensor) -> Tensor:
            nonlocal tokens
            y, tokens = self.self_attn.step(x, tokens)
            return y

        def attention_to_memory(x: Tensor) -> Tensor:
            nonlocal of_memory
            y, of_memory = self.multihead_attn.cross_step(x, memory, memory, of_memory, memory_key_padding_mask)
            return y

        x = self._added(tgt, attention, self.norm1, self.dropout1)
        x = self._added(x, attention_to_memory, self.norm2, self.dropout2)
        return self._added(x, self._feed_forward, self.norm3, self.dropout3), DecoderCache(tokens, of_memory)


class TransformerDecoder(Module):
    """`num_layers` copies of a layer, one behind the other, and `norm` behind them."""

    def __init__(self, decoder_layer: TransformerDecoderLayer, num_layers: int, norm: Layer | None = None) -> None:
        self.layers = copies("TransformerDecoder", decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The answer for `tgt`, of its shape. If `tgt_is_causal` is None, `tgt_mask` is looked at for whether it is."""
        causal = is_causal_mask(tgt_mask) if tgt_is_causal is None else tgt_is_causal
        for layer in self.layers:
            tgt = layer(
                tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask, causal,
                memory_is_causal,
            )  # fmt: skip
        return tgt if self.norm is None else self.norm(tgt)

    @called
    def step(
        self,
        tgt: Tensor,
        memory: Tensor,
        caches: Sequence[DecoderCache] = (),
        memory_key_padding_mask: Tensor | None = None,
    ) -> tuple[Tensor, tuple[DecoderCache, ...]]:
        """What a causal forward pass gives for new tokens behind those in `caches`, and the caches with them.

        There is one for each layer, or none before the first tokens. The memory is to be the same at every step; its
        keys and values are computed at the first.
        """
        check_caches("TransformerDecoder", caches, len(self.layers))
        after = []
        for layer, cache in zip(self.layers, caches or [DecoderCache()] * len(self.layers)):
            tgt, cache = layer.step(tgt, memory, cache, memory_key_padding_mask)
            after.append(cache)
        return tgt if self.norm is None else self.norm(tgt), tuple(after)
