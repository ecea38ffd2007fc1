"""The transformer: an encoder, and a decoder that attends to what it makes (Vaswani et al. 2017, figure 1)."""

from __future__ import annotations

from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from kytorch.nn import init
from kytorch.nn.attention.masks import square_subsequent_mask
from kytorch.nn.module import Module
from kytorch.nn.normalization.layer_norm import LayerNorm
from kytorch.nn.transformer.decoder import TransformerDecoder, TransformerDecoderLayer
from kytorch.nn.transformer.encoder import TransformerEncoder, TransformerEncoderLayer
from kytorch.nn.transformer.parts import Activation, TransformerLayer
from kytorch.ops.activation import relu
from kytorch.tensor.core import Tensor
from kytorch.tensor.errors import not_tensors

L = TypeVar("L", bound=TransformerLayer)


class Encoder(Protocol):
    """What may stand in the place of TransformerEncoder."""

    def __call__(
        self,
        src: Tensor,
        *,
        mask: Tensor | None,
        src_key_padding_mask: Tensor | None,
        is_causal: bool | None,
    ) -> Tensor: ...


class Decoder(Protocol):
    """What may stand in the place of TransformerDecoder."""

    def __call__(
        self,
        tgt: Tensor,
        memory: Tensor,
        *,
        tgt_mask: Tensor | None,
        memory_mask: Tensor | None,
        tgt_key_padding_mask: Tensor | None,
        memory_key_padding_mask: Tensor | None,
        tgt_is_causal: bool | None,
        memory_is_causal: bool,
    ) -> Tensor: ...


class Transformer(Module):
    """An encoder of `src` and a decoder of `tgt` that attends to what it makes, both with a norm behind the last layer.

    Sequences are (S, N, d_model), or (N, S, d_model) if `batch_first`, or (S, d_model).
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = relu,
        custom_encoder: Encoder | None = None,
        custom_decoder: Decoder | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        dtype: npt.DTypeLike = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:

        def layer(kind: type[L]) -> L:
            return kind(
                d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias,
                dtype, generator,
            )  # fmt: skip

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)

        if custom_encoder is None:
            custom_encoder = TransformerEncoder(layer(TransformerEncoderLayer), num_encoder_layers, norm())
        if custom_decoder is None:
            custom_decoder = TransformerDecoder(layer(TransformerDecoderLayer), num_decoder_layers, norm())
        self.encoder: Encoder = custom_encoder
        self.decoder: Decoder = custom_decoder
        for weight in self.weights():
            if weight.ndim > 1:
                init.xavier_uniform_(weight, generator=generator)
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The answer for `tgt`, of its shape. The masks are those of MultiheadAttention.

        Raises ValueError for other shapes.
        """
        if type(src) is not Tensor or type(tgt) is not Tensor:
            raise not_tensors("Transformer", src, tgt)
        batch = 0 if self.batch_first else 1
        if src.ndim == 3 and tgt.ndim == 3 and src.shape[batch] != tgt.shape[batch]:
            raise ValueError(f"Transformer: src of shape {src.shape} and tgt of {tgt.shape} differ in the batch size")
        if src.shape[-1:] != (self.d_model,) or tgt.shape[-1:] != (self.d_model,):
            raise ValueError(
                f"Transformer: src of shape {src.shape} and tgt of {tgt.shape} are to have {self.d_model} features"
            )
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, dtype: npt.DTypeLike = np.float32) -> Tensor:
        """What is added to scores (sz, sz): 0 where a key is not later than the query, and else -inf."""
        return square_subsequent_mask(sz, dtype)
