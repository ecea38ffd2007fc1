"""Modules made of other modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, overload

from kytorch.nn.module import Module
from kytorch.tensor.core import Tensor


class Layer(Protocol):
    """A module from a Tensor to a Tensor."""

    def __call__(self, x: Tensor, /) -> Tensor: ...


class Sequential(Module):
    """Layers one behind the other. An index gives a layer, a slice a Sequential of the same layers."""

    def __init__(self, *layers: Layer) -> None:
        for i, layer in enumerate(layers):
            if not isinstance(layer, Module):
                raise TypeError(f"Sequential: argument {i} is to be a Module, not {type(layer).__name__}")
        self._layers = layers

    def forward(self, x: Tensor) -> Tensor:
        for layer in self._layers:
            x = layer(x)
        return x

    def __len__(self) -> int:
        return len(self._layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self._layers)

    @overload
    def __getitem__(self, index: int) -> Layer: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Layer | Sequential:
        if isinstance(index, slice):
            return Sequential(*self._layers[index])
        try:
            return self._layers[index]
        except IndexError:
            raise IndexError(f"Sequential: index {index} is out of range for {len(self)} layers") from None

    def _attributes(self) -> Mapping[str, object]:
        own = {name: part for name, part in vars(self).items() if name != "_layers"}
        return {str(i): layer for i, layer in enumerate(self._layers)} | own
