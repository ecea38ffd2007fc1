"""A transformer encoder and decoder, as users of PyTorch write them."""

import math

import torch
import torch.nn as nn


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, max_len=16):
        super().__init__()
        position = torch.arange(max_len, dtype=torch.float64).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2, dtype=torch.float64) * (-math.log(10000.0) / d_model))
        pe = torch.stack([torch.sin(position * div_term), torch.cos(position * div_term)], dim=-1).flatten(1)
        self.pe = pe.unsqueeze(0)

    def forward(self, x):
        return x + self.pe[:, : x.size(1)].to(x.dtype)


class Model(nn.Module):
    def __init__(self, vocabulary=9, width=8):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.positions = PositionalEncoding(width)
        layer = nn.TransformerEncoderLayer(width, nhead=2, dim_feedforward=16, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)
        layer = nn.TransformerDecoderLayer(
            width, 4, 12, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.decoder = nn.TransformerDecoder(layer, 1, norm=nn.LayerNorm(width))
        self.out = nn.Linear(width, vocabulary)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.xavier_uniform_(p)

    def forward(self, tokens):
        x = self.positions(self.embedding(tokens))
        memory = self.encoder(x, src_key_padding_mask=tokens == 0)
        mask = nn.Transformer.generate_square_subsequent_mask(tokens.size(1))
        return self.out(self.decoder(x, memory, tgt_mask=mask, tgt_is_causal=True))


INPUT = (2, 5)
CLASSES = 9
