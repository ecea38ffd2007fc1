"""Two models that tell what comes after each of a row of characters: a GPT and an LSTM."""

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from kytorch import Tensor, arange, cat, nn

CONTEXT = 128
"""How many characters are read at once; the GPT sees no further back."""


class Read(Protocol):
    """The logits (batch, length, characters) of what follows each of the next tokens, and what reads on from there."""

    def __call__(self, tokens: Tensor, /) -> tuple[Tensor, "Read"]: ...


class GPT(nn.Module):
    """A transformer's layers that look back only, normalised as in GPT-2 (Radford et al. 2019): 0.8 million weights."""

    def __init__(self, characters: int, width: int = 128, layers: int = 4, heads: int = 4) -> None:
        self.token = nn.Embedding(characters, width)
        self.position = nn.Embedding(CONTEXT, width)
        for embedding in (self.token, self.position):
            nn.init.normal_(embedding.weight, std=0.1)  # what the layers add is not drowned

        def layer() -> nn.TransformerEncoderLayer:
            return nn.TransformerEncoderLayer(width, heads, 4 * width, 0.0, "gelu", batch_first=True, norm_first=True)

        self.layers = nn.ModuleList([layer() for _ in range(layers)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, characters)

    def forward(self, tokens: Tensor) -> Tensor:
        """The logits (batch, length, characters) of what follows each of `tokens` (batch, length)."""
        x = self.token(tokens) + self.position(arange(tokens.shape[1]))
        backwards = nn.Transformer.generate_square_subsequent_mask(tokens.shape[1])
        for layer in self.layers:
            x = layer(x, backwards, is_causal=True)
        return self.head(self.norm(x))

    def read(
        self, tokens: Tensor, seen: Tensor | None = None, caches: Sequence[nn.KeyValueCache] = ()
    ) -> tuple[Tensor, Read]:
        """`Read` after the tokens `seen`, of which each layer has its keys and values in `caches`."""
        seen = tokens if seen is None else cat([seen, tokens], 1)
        if seen.shape[1] > CONTEXT:  # there are no positions further on, so the latter half is read afresh
            seen = tokens = seen[:, -CONTEXT // 2 :]
            caches = ()
        x = self.token(tokens) + self.position(arange(seen.shape[1] - tokens.shape[1], seen.shape[1]))
        after = []
        for layer, cache in zip(self.layers, caches or [nn.KeyValueCache()] * len(self.layers)):
            x, cache = layer.step(x, cache)
            after.append(cache)
        return self.head(self.norm(x)), partial(self.read, seen=seen, caches=after)


class LSTM(nn.Module):
    """Two layers of 256 long short-term memory cells (Graves 2013): 0.95 million weights."""

    def __init__(self, characters: int, width: int = 256, layers: int = 2) -> None:
        self.token = nn.Embedding(characters, 128)
        self.lstm = nn.LSTM(128, width, layers, batch_first=True)
        self.head = nn.Linear(width, characters)

    def forward(self, tokens: Tensor) -> Tensor:
        """The logits (batch, length, characters) of what follows each of `tokens` (batch, length)."""
        return self.read(tokens)[0]

    def read(self, tokens: Tensor, states: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Read]:
        """`Read` from the hidden states and cells on, which know of all tokens before."""
        y, states = self.lstm(self.token(tokens), states)
        return self.head(y), partial(self.read, states=states)
