"""Rows of the transformer."""

import warnings
from typing import Any

import numpy as np

from kytorch import nn

try:
    import torch
except ModuleNotFoundError:  # then PyTorch's versions are not made
    torch = None
from layers.table import layer


# PyTorch's repr of the attentions' output projection has the name NonDynamicallyQuantizableLinear, ours Linear; and
# where it computes attention in one piece it has no second derivatives.
def transformer(name: str, *arguments: Any, **keywords: Any) -> None:
    layer(name, *arguments, dim_feedforward=3, dropout=0.1, random=True, repr=False, second=False, **keywords)


CAUSAL = np.triu(np.full((3, 3), -np.inf), 1)
LATER = np.triu(np.ones((3, 3), bool), 1)
PADDING = np.array([[False, False, True], [False, False, False]])
MEMORY_PADDING = np.array([[True, False], [False, False]])

SRC = [((3, 2, 4),), ((3, 1, 4),), ((3, 4),), ((3, 0, 4),)]
transformer("TransformerEncoderLayer", 4, 2, inputs=SRC)
transformer("TransformerEncoderLayer", 4, 2, activation="gelu", norm_first=True, inputs=SRC[:1])
transformer("TransformerEncoderLayer", 4, 2, bias=False, layer_norm_eps=0.1, inputs=SRC[:1])
transformer("TransformerEncoderLayer", 4, 2, batch_first=True, call={"src_mask": LATER}, inputs=[((2, 3, 4),)])
transformer("TransformerEncoderLayer", 4, 2, call={"src_mask": CAUSAL, "is_causal": True}, inputs=SRC[:1])
transformer("TransformerEncoderLayer", 4, 2, call={"src_key_padding_mask": PADDING}, inputs=SRC[:1])

TGT = [((3, 2, 4), (2, 2, 4)), ((3, 1, 4), (2, 1, 4)), ((3, 4), (2, 4)), ((3, 0, 4), (2, 0, 4))]
transformer("TransformerDecoderLayer", 4, 2, inputs=TGT)
transformer("TransformerDecoderLayer", 4, 1, activation="gelu", norm_first=True, bias=False, inputs=TGT[:1])
transformer("TransformerDecoderLayer", 4, 2, batch_first=True, inputs=[((2, 3, 4), (2, 2, 4))])
transformer(
    "TransformerDecoderLayer", 4, 2, inputs=TGT[:1], option="masks",
    call={
        "tgt_mask": CAUSAL, "tgt_is_causal": True, "memory_mask": LATER[:, :2],
        "memory_key_padding_mask": MEMORY_PADDING,
    },
)  # fmt: skip


def stack(name: str, layer_name: str, *arguments: Any, **keywords: Any) -> None:
    """A row of a stack of two layers, here and in PyTorch."""

    def theirs(*_: Any, **__: Any) -> Any:
        made = getattr(torch.nn, layer_name)(4, 2, 3, 0.1)
        return getattr(torch.nn, name)(made, 2, torch.nn.LayerNorm(4), *arguments)

    ours = getattr(nn, layer_name)(4, 2, 3, 0.1, generator=np.random.default_rng(5))
    layer(name, ours, 2, nn.LayerNorm(4), *arguments, torch=theirs, random=True, repr=False, second=False, **keywords)


stack("TransformerEncoder", "TransformerEncoderLayer", False, option="plain", inputs=SRC)
stack("TransformerEncoder", "TransformerEncoderLayer", False, option="causal", call={"mask": LATER}, inputs=SRC[:1])
stack("TransformerDecoder", "TransformerDecoderLayer", option="plain", inputs=TGT)
stack("TransformerDecoder", "TransformerDecoderLayer", option="causal", call={"tgt_mask": CAUSAL}, inputs=TGT[:1])


def whole(**options: Any) -> None:
    """Rows of the transformer; PyTorch warns of what its fast path does not take."""

    def theirs(*arguments: Any, **keywords: Any) -> Any:
        with warnings.catch_warnings(action="ignore"):
            return torch.nn.Transformer(*arguments, **keywords)

    transformer("Transformer", 4, 2, 1, 1, torch=theirs, **options)


whole(inputs=[((2, 2, 4), (3, 2, 4)), ((2, 4), (3, 4))])
masks = {"src_mask": LATER[:2, :2], "tgt_mask": CAUSAL, "tgt_is_causal": True, "memory_mask": LATER[:, :2]}
whole(call=masks, inputs=[((2, 2, 4), (3, 2, 4))], option="masks")
whole(
    batch_first=True, norm_first=True, bias=False, activation="gelu", inputs=[((2, 2, 4), (2, 3, 4))],
    call={"src_key_padding_mask": MEMORY_PADDING, "memory_key_padding_mask": MEMORY_PADDING},
)  # fmt: skip
