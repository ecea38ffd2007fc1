"""Rows of attention and of positions."""

from typing import Any

import numpy as np

from layers.table import function, layer

try:
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.nn.functional import scaled_dot_product_attention as torchs
except ModuleNotFoundError:
    pass

# A mask in which every query sees some key, and one that moves scores.
SEEN = np.array([[1, 0, 1, 1, 0], [0, 1, 0, 0, 0], [1, 1, 1, 1, 1]], bool)
MOVED = np.array([[0.5, -1.0, 0.0, 2.0, -np.inf], [0.0, 1.0, -0.5, 0.25, 0.0], [-2.0, 0.0, 1.0, 0.0, -np.inf]])
# One in which a query sees none.
UNSEEN = SEEN & np.array([[True], [False], [True]])


def theirs(*inputs: Any, **options: Any) -> Any:
    """PyTorch's, as a composition, which has second derivatives."""
    with sdpa_kernel(SDPBackend.MATH):
        return torchs(*inputs, **options)


def attention(**keywords: Any) -> None:
    function("scaled_dot_product_attention", torch=theirs, **keywords)


BATCHES = [((2, 3, 4), (2, 5, 4), (2, 5, 2)), ((3, 4), (5, 4), (5, 4)), ((1, 2, 3, 4), (1, 2, 5, 4), (1, 2, 5, 3))]
EMPTY = ((0, 3, 4), (0, 5, 4), (0, 5, 2))
attention(inputs=[*BATCHES, EMPTY])
attention(scale=0.3, inputs=BATCHES)
attention(is_causal=True, inputs=[*BATCHES, EMPTY, ((2, 5, 4), (2, 3, 4), (2, 3, 2))])
attention(attn_mask=SEEN, option="bool mask", inputs=[*BATCHES, EMPTY])
attention(attn_mask=UNSEEN, option="a query that sees nothing", inputs=BATCHES)
attention(attn_mask=MOVED, option="float mask", scale=-0.7, inputs=BATCHES)
attention(option="live mask", inputs=[(*BATCHES[0], (3, 5)), (*BATCHES[0], (2, 1, 5)), (*BATCHES[2], (2, 3, 5))])
attention(option="broadcast", inputs=[((2, 1, 3, 4), (3, 5, 4), (5, 2)), ((3, 4), (2, 5, 4), (1, 5, 2))])
GROUPED = [((2, 4, 3, 4), (2, 2, 5, 4), (2, 2, 5, 3)), ((1, 3, 3, 4), (1, 1, 5, 4), (1, 1, 5, 3))]
attention(enable_gqa=True, inputs=GROUPED)
attention(enable_gqa=True, is_causal=True, inputs=GROUPED)
attention(enable_gqa=True, attn_mask=SEEN, option="grouped queries with a mask", inputs=GROUPED)


# PyTorch's repr of the output projection has the name NonDynamicallyQuantizableLinear, ours Linear.
def multihead(*arguments: Any, **keywords: Any) -> None:
    layer("MultiheadAttention", *arguments, repr=False, **keywords)


CROSS = ((3, 2, 4), (5, 2, 4), (5, 2, 4))
UNBATCHED = ((3, 4), (5, 4), (5, 4))
PADDING = np.array([[False, False, True, False, True], [True, False, False, False, False]])
multihead(4, 2, inputs=[CROSS, UNBATCHED, ((3, 1, 4), (5, 1, 4), (5, 1, 4)), ((3, 0, 4), (5, 0, 4), (5, 0, 4))])
multihead(4, 2, bias=False, inputs=[CROSS, UNBATCHED])
multihead(4, 2, kdim=3, vdim=2, inputs=[((3, 2, 4), (5, 2, 3), (5, 2, 2)), ((3, 4), (5, 3), (5, 2))])
multihead(4, 2, kdim=3, bias=False, add_bias_kv=True, inputs=[((3, 2, 4), (5, 2, 3), (5, 2, 4))])
multihead(4, 2, batch_first=True, inputs=[((2, 3, 4), (2, 5, 4), (2, 5, 4)), UNBATCHED])
multihead(4, 1, dropout=0.5, random=True, inputs=[CROSS])


def with_and_without_weights(option: str, call: dict[str, Any], **keywords: Any) -> None:
    """Two rows; without weights PyTorch has no second derivatives."""
    for need in (True, False):
        asked = {"need_weights": need, **call}
        multihead(4, 2, option=f"{option}, {need}", call=asked, second=need, **keywords)


appended = {"add_bias_kv": True, "add_zero_attn": True}
with_and_without_weights("plain", {}, inputs=[CROSS])
with_and_without_weights("appended keys", {}, inputs=[CROSS, UNBATCHED], **appended)
with_and_without_weights("bool mask", {"attn_mask": ~SEEN}, inputs=[CROSS, UNBATCHED])
with_and_without_weights("float mask", {"attn_mask": MOVED}, inputs=[CROSS, UNBATCHED])
with_and_without_weights(
    "a mask for each head", {"attn_mask": np.stack([MOVED, -np.abs(MOVED), MOVED, MOVED])}, inputs=[CROSS]
)
with_and_without_weights("padding", {"key_padding_mask": PADDING}, inputs=[CROSS])
with_and_without_weights("padding of one", {"key_padding_mask": PADDING[0]}, inputs=[UNBATCHED])
both = {"key_padding_mask": PADDING, "attn_mask": ~SEEN}
with_and_without_weights("appended keys and both masks", both, inputs=[CROSS], **appended)
causal = {"attn_mask": np.triu(np.ones((3, 5), bool), 1), "is_causal": True}
with_and_without_weights("causal", causal, inputs=[((2, 3, 4), (2, 5, 4), (2, 5, 4))], batch_first=True)
multihead(4, 2, call={"average_attn_weights": False}, inputs=[CROSS, UNBATCHED])


# PyTorch has no such layers.
TOKENS = [((2, 3, 4),), ((3, 4),), ((1, 2, 3, 4),), ((0, 3, 4),)]
function("sinusoidal_positions", inputs=[*TOKENS, ((3, 5),)], oracle=False)
function("sinusoidal_positions", offset=7, base=100.0, inputs=TOKENS, oracle=False)
function("rotary_positions", inputs=TOKENS, oracle=False)
function("rotary_positions", offset=7, base=100.0, interleaved=False, inputs=TOKENS, oracle=False)
layer("SinusoidalPositions", inputs=TOKENS[:2], oracle=False)
layer("SinusoidalPositions", batch_first=True, call={"offset": 3}, inputs=TOKENS[:2], oracle=False)
layer("RotaryPositions", inputs=TOKENS, oracle=False)
layer("RotaryPositions", interleaved=False, call={"offset": 3}, inputs=TOKENS, oracle=False)
