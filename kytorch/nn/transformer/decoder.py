"""The transformer's decoder: self-attention, attention to the encoder's answer, and two affine maps, several times."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kytorch.nn.attention.multihead import MultiheadAttention
from kytorch.nn.containers import Layer
from kytorch.nn.dropout import Dropout
from kytorch.nn.module import Module
from kytorch.nn.normalization.layer_norm import LayerNorm
from kytorch.nn.transformer.parts import Activation, TransformerLayer, copies, is_causal_mask
from kytorch.ops.activation import relu
from kytorch.tensor.core import Tensor


class TransformerDecoderLayer(TransformerLayer):
    """Self-attention, attention to the memory that an encoder made, then two affine maps with `activation` between.

    Sequences are (T, N, d_model), or (N, T, d_model) if `batch_first`, or (T, d_model). With `norm_first` the inputs of
    the sublayers are normalised, and not their sums.
    """

    self_attn: MultiheadAttention
    multihead_attn: MultiheadAttention
    norm1: LayerNorm
    norm2: LayerNorm
    norm3: LayerNorm
    dropout1: Dropout
    dropout2: Dropout
    dropout3: Dropout

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
            ("self_attn", "multihead_attn"), d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps,
            batch_first, norm_first, bias, dtype, generator,
        )  # fmt: skip

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
