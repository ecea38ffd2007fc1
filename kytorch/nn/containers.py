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
    """Layers one behind the other, named by their numbers, or by the keys of a dict of layers.

    An index gives a layer, a slice a Sequential of the same layers under the same names.
    """

    @overload
    def __init__(self, *layers: Layer) -> None: ...
    @overload
    def __init__(self, layers: Mapping[str, Layer], /) -> None: ...
    def __init__(self, *layers: Layer | Mapping[str, Layer]) -> None:
        self._layers: dict[str, Layer] = {}
        only = layers[0] if len(layers) == 1 else None
        named = only if isinstance(only, Mapping) else {str(i): layer for i, layer in enumerate(layers)}
        for name, layer in named.items():
            if not isinstance(layer, Module):
                raise TypeError(f"Sequential: layer {name} is to be a Module, not {type(layer).__name__}")
            self._layers[name] = layer

    def forward(self, x: Tensor) -> Tensor:
        for layer in self._layers.values():
            x = layer(x)
        return x

    def __len__(self) -> int:
        return len(self._layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self._layers.values())

    @overload
    def __getitem__(self, index: int) -> Layer: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Layer | Sequential:
        if isinstance(index, slice):
            return Sequential(dict(list(self._layers.items())[index]))
        try:
            return list(self)[index]
        except IndexError:
            raise IndexError(f"Sequential: index {index} is out of range for {len(self)} layers") from None

    def _attributes(self) -> Mapping[str, object]:
        return self._layers | {name: part for name, part in vars(self).items() if name != "_layers"}
