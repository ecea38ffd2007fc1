"""Normalisations and embeddings as a user writes them."""

import numpy as np

from kytorch import Tensor, nn
from kytorch.nn import functional

x = Tensor(np.ones((2, 4, 3), np.float32))
index = Tensor([[0, 1], [2, 3]])


class Block(nn.Module):
    """A model with an embedding and norms."""

    def __init__(self) -> None:
        self.embedding = nn.Embedding(5, 4, padding_idx=0, generator=np.random.default_rng(0))
        self.pretrained = nn.Embedding.from_pretrained(np.ones((5, 4)), freeze=False, max_norm=1.0)
        self.norm = nn.LayerNorm((4,), bias=False)
        self.batch = nn.BatchNorm1d(2, momentum=None, bias=True)

    def forward(self, index: Tensor) -> Tensor:
        return self.batch(self.norm(self.embedding(index)))


y: Tensor = Block()(index)
pretrained: nn.Embedding = nn.Embedding.from_pretrained(x[0])
bag: nn.EmbeddingBag = nn.EmbeddingBag.from_pretrained(x[0], mode="max")
bags: Tensor = nn.EmbeddingBag(5, 3, mode="sum")(Tensor([1, 2]), Tensor([0, 1]), per_sample_weights=Tensor([0.5, 0.5]))
mean: nn.Buffer | None = nn.BatchNorm2d(3).running_mean
normalised: Tensor = functional.batch_norm(x, nn.Buffer(np.zeros(4)), Tensor([1.0] * 4), training=True)
rows: Tensor = functional.layer_norm(x, [3]) + functional.rms_norm(x, (3,), eps=None)
grouped: Tensor = nn.GroupNorm(2, 4, 1e-6)(x) + nn.InstanceNorm1d(4, affine=True)(x) + nn.RMSNorm(3)(x)
unit: Tensor = functional.normalize(x, dim=(0, 1)) + nn.LocalResponseNorm(2)(x)
