"""What encoders and decoders share."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import ClassVar, Literal, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from kytorch.nn.activations.gelu import gelu
from kytorch.nn.attention.multihead import MultiheadAttention
from kytorch.nn.checks import check_positive
from kytorch.nn.containers import ModuleList
from kytorch.nn.dropout import Dropout
from kytorch.nn.linear import Linear
from kytorch.nn.module import Module
from kytorch.nn.normalization.layer_norm import LayerNorm
from kytorch.ops.activation import relu
from kytorch.tensor.core import Tensor

Activation: TypeAlias = Literal["relu", "gelu"] | Callable[[Tensor], Tensor]


class TransformerLayer(Module):
    """Sublayers of attention and of two affine maps, each added to its input and normalised behind or before that.

    In all, `norm1`, `norm2` and so on normalise for the sublayers, `dropout1` and so on follow them.
    """

    _attentions: ClassVar[tuple[str, ...]]
    """The names of the sublayers of attention."""

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
        if not callable(activation) and activation not in ("relu", "gelu"):
            raise ValueError(f"{type(self).__name__}: activation {activation!r} is no function, nor 'relu' or 'gelu'")
        for name in self._attentions:
            attention = MultiheadAttention(
                d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype, generator=generator
            )
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype, generator)
        self.dropout = Dropout(dropout, generator=generator)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype, generator)
        self.norm_first = norm_first
        sublayers = range(1, len(self._attentions) + 2)
        for i in sublayers:
            setattr(self, f"norm{i}", LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype))
        for i in sublayers:
            setattr(self, f"dropout{i}", Dropout(dropout, generator=generator))
        self.activation: Callable[[Tensor], Tensor]
        if activation == "relu":
            self.activation = relu
        else:
            self.activation = gelu if isinstance(activation, str) else activation

    def _added(self, x: Tensor, sublayer: Callable[[Tensor], Tensor], norm: LayerNorm, dropout: Dropout) -> Tensor:
        """`x` and what the sublayer makes of it."""
        if self.norm_first:
            return x + dropout(sublayer(norm(x)))
        return norm(x + dropout(sublayer(x)))

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


M = TypeVar("M", bound=TransformerLayer)


def copies(name: str, layer: M, number: int) -> ModuleList[M]:
    """`number` copies of `layer`, that draw from the same generators as it does."""
    if not isinstance(layer, TransformerLayer):
        raise TypeError(f"{name}: expected a transformer's layer, not {type(layer).__name__}")
    check_positive(name, num_layers=number)
    parts = [part for _, module in layer.named_modules() for part in vars(module).values()]
    shared: dict[int, object] = {id(part): part for part in parts if isinstance(part, np.random.Generator)}
    return ModuleList([copy.deepcopy(layer, dict(shared)) for _ in range(number)])


def check_caches(name: str, caches: Sequence[object], layers: int) -> None:
    """Raise ValueError unless there is a cache for each layer, or none yet."""
    if caches and len(caches) != layers:
        raise ValueError(f"{name}: step got {len(caches)} caches for {layers} layers")
