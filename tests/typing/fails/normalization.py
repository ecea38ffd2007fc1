"""Each line marked with an error is refused, and no other."""

from kytorch import Tensor, nn
from kytorch.nn import functional

x = Tensor([[1.0, 2.0]])
weight = nn.LayerNorm(2).weight

nn.LayerNorm("2")  # error
nn.LayerNorm(2)("x")  # error
nn.LayerNorm(2, bias=3.5)  # error
nn.BatchNorm1d(2)(x, x)  # error
nn.BatchNorm1d(2, momentum="none")  # error
nn.GroupNorm(2)  # error
nn.Embedding(5, 3, padding_idx="0")  # error
nn.Embedding(5, 3)([1, 2])  # error
nn.Embedding.from_pretrained([[1.0]])  # error
nn.EmbeddingBag(5, 3, mode="min")  # error
functional.layer_norm(x, 2)  # error
functional.layer_norm(x, (2,), weight)  # error
functional.batch_norm(x)  # error
functional.embedding([0], x)  # error
functional.normalize(x, "2")  # error
fine: Tensor = nn.LayerNorm(2)(x)
