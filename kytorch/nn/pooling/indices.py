"""Max pooling layers answer where the greatest elements were, too, if they are made with `return_indices`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar, overload

from kytorch.nn.module import Module
from kytorch.tensor.core import Tensor

if TYPE_CHECKING:
    from typing_extensions import TypeVar as TypeVarWithDefault

    Indices = TypeVarWithDefault("Indices", bound=Literal[False, True], default=Literal[False], covariant=True)
else:
    Indices = TypeVar("Indices")
"""The type of `return_indices`: `MaxPool2d` alone means `MaxPool2d[Literal[False]]`."""

Indexed: TypeAlias = tuple[Tensor, Tensor]
"""The greatest elements, and the number of each, counted through the pooled dimensions."""


class IndexedPool(Module, Generic[Indices]):
    """A layer of whose call the type is known from how it was made."""

    def forward(self, input: Tensor) -> Tensor | Indexed:
        raise NotImplementedError

    if TYPE_CHECKING:

        @overload
        def __call__(self: IndexedPool[Literal[False]], input: Tensor) -> Tensor: ...
        @overload
        def __call__(self: IndexedPool[Literal[True]], input: Tensor) -> Indexed: ...
        @overload
        def __call__(self, input: Tensor) -> Tensor | Indexed: ...
        def __call__(self, input: Tensor) -> Tensor | Indexed: ...
