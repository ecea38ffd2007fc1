"""Rows of the embeddings."""

import numpy as np

from layers.table import function, labels, layer, normal

SHARES = np.array([[0.5, -1.0, 2.0], [0.25, 1.5, -0.5]])
LINE = np.array([0.5, -1.0, 2.0, 1.0, 0.25])
OFFSETS = np.array([0, 2, 2])

layer("Embedding", 5, 3, inputs=[((4,),), ((2, 3),), ((),), ((0,),), ((7, 1),)], draw=labels(5))
layer("Embedding", 100, 33, inputs=[((300,),)], draw=labels(100), option="many rows", second=False)  # takes long
# Indices of padding and scale_grad_by_freq make gradients that are no derivatives: beside PyTorch's alone.
layer("Embedding", 5, 3, padding_idx=-1, inputs=[((4,),), ((2, 3),)], draw=labels(4))
layer("Embedding", 5, 3, max_norm=100.0, norm_type=1.0, inputs=[((4,),)], draw=labels(5))
function("embedding", inputs=[((4,), (5, 3)), ((2, 3), (5, 3)), ((0, 2), (5, 3))], draw=(labels(5), normal))

for mode in ("sum", "mean", "max"):
    layer("EmbeddingBag", 5, 3, mode=mode, inputs=[((4, 2),), ((2, 3),), ((1, 1),)], draw=labels(5))
    layer("EmbeddingBag", 5, 3, mode=mode, padding_idx=1, inputs=[((4, 3),)], draw=labels(5))
    layer("EmbeddingBag", 5, 3, mode=mode, call={"offsets": OFFSETS}, inputs=[((5,),), ((2,),)], draw=labels(5))
    layer("EmbeddingBag", 5, 3, mode=mode, padding_idx=0, include_last_offset=True,
          call={"offsets": np.array([0, 3, 3, 5])}, inputs=[((5,),)], draw=labels(5))  # fmt: skip
layer("EmbeddingBag", 5, 3, max_norm=100.0, norm_type=3.0, inputs=[((4, 2),)], draw=labels(5))
layer("EmbeddingBag", 5, 3, mode="sum", call={"per_sample_weights": SHARES}, inputs=[((2, 3),)], draw=labels(5))
layer("EmbeddingBag", 5, 3, mode="sum", padding_idx=2, call={"offsets": OFFSETS, "per_sample_weights": LINE},
      inputs=[((5,),)], draw=labels(5))  # fmt: skip
function("embedding_bag", inputs=[((4, 2), (5, 3))], draw=(labels(5), normal))
function("embedding_bag", offsets=OFFSETS, mode="sum", inputs=[((5,), (5, 3))], draw=(labels(5), normal))
