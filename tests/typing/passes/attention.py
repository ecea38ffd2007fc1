"""Attention, positions, the cache and the transformer."""

from typing import assert_type

import numpy as np

from kytorch import Tensor, nn
from kytorch.nn import functional


class Attention(nn.Module):
    def __init__(self) -> None:
        self.attention = nn.MultiheadAttention(8, 2, dropout=0.1, batch_first=True, generator=np.random.default_rng(1))
        self.rotary = nn.RotaryPositions()

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = self.rotary(x, offset=3)
        y, weights = self.attention(x, x, x, key_padding_mask=mask)
        assert_type(weights, Tensor | None)
        return functional.scaled_dot_product_attention(y, x, x, is_causal=True)


def generate(model: nn.TransformerEncoder, token: Tensor, count: int) -> list[Tensor]:
    caches: tuple[nn.KeyValueCache, ...] = ()
    tokens = [token]
    for _ in range(count):
        token, caches = model.step(token, caches)
        tokens.append(nn.SinusoidalPositions(batch_first=True)(token, len(caches[0])))
    return tokens


layer = nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", norm_first=True)
encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(8))
decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, activation=functional.gelu), 2)
model = nn.Transformer(8, 2, 1, 1, activation=nn.GELU(), custom_encoder=encoder, custom_decoder=decoder)
x = Tensor([[0.0] * 8])
assert_type(model(x, x, tgt_mask=nn.Transformer.generate_square_subsequent_mask(1)), Tensor)
assert_type(encoder.layers[0].self_attn, nn.MultiheadAttention)
keys, values, cache = nn.KeyValueCache().append(x, x)
assert_type(cache, nn.KeyValueCache)
assert_type(keys, Tensor)
assert_type(functional.sinusoidal_positions(functional.rotary_positions(x, interleaved=False), 2), Tensor)


def decode(model: nn.TransformerDecoder, token: Tensor, memory: Tensor, count: int) -> Tensor:
    caches: tuple[nn.DecoderCache, ...] = ()
    for _ in range(count):
        token, caches = model.step(token, memory, caches)
    assert_type(caches[0].tokens, nn.KeyValueCache)
    return caches[0].memory.keys
