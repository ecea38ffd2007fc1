"""The transformer's encoder: self-attention and two affine maps, several times."""

from __future__ import annotations

from collections.abc import Sequence

from kytorch.nn.attention.cache import KeyValueCache
from kytorch.nn.attention.masks import is_causal_mask
from kytorch.nn.attention.multihead import MultiheadAttention
from kytorch.nn.containers import Layer
from kytorch.nn.dropout import Dropout
from kytorch.nn.module import Module, called
from kytorch.nn.normalization.layer_norm import LayerNorm
from kytorch.nn.transformer.parts import TransformerLayer, check_caches, copies
from kytorch.tensor.core import Tensor


class TransformerEncoderLayer(TransformerLayer):
    """Self-attention, then two affine maps with `activation` between them, each added to its input and normalised.

    Sequences are (S, N, d_model), or (N, S, d_model) if `batch_first`, or (S, d_model). With `norm_first` the inputs of
    the sublayers are normalised, and not their sums.
    """

    _attentions = ("self_attn",)
    self_attn: MultiheadAttention
    norm1: LayerNorm
    norm2: LayerNorm
    dropout1: Dropout
    dropout2: Dropout

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

    @called
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

    @called
    def step(self, src: Tensor, caches: Sequence[KeyValueCache] = ()) -> tuple[Tensor, tuple[KeyValueCache, ...]]:
        """What a causal forward pass gives for new tokens behind those in `caches`, and the caches with them.

        There is one for each layer, or none before the first tokens; its length is the position of the next token.
        """
        check_caches("TransformerEncoder", caches, len(self.layers))
        after = []
        for layer, cache in zip(self.layers, caches or [KeyValueCache()] * len(self.layers)):
            src, cache = layer.step(src, cache)
            after.append(cache)
        return src if self.norm is None else self.norm(src), tuple(after)
