"""Places in a Tensor, for edits that make new Tensors."""

from __future__ import annotations

from typing import Generic, TypeVar

from kytorch.tensor.methods.registry import METHODS
from kytorch.tensor.values import Array, Index, Scalar

T = TypeVar("T")


class At(Generic[T]):
    """What `x.at` is: to be indexed by the place to edit."""

    __slots__ = ("_tensor",)

    def __init__(self, tensor: T) -> None:
        self._tensor = tensor

    def __getitem__(self, index: T | Index) -> Place[T]:
        return Place(self._tensor, index)


class Place(Generic[T]):
    """A place in a Tensor, for edits that make new Tensors."""

    __slots__ = ("_index", "_tensor")

    def __init__(self, tensor: T, index: T | Index) -> None:
        self._tensor = tensor
        self._index = index

    def set(self, value: T | Array | Scalar) -> T:
        """A copy with `value` at this place; where an element is named twice, the last value stays."""
        return self._edited("at_set", value)

    def add(self, value: T | Array | Scalar) -> T:
        """A copy with `value` added at this place; an element that is named twice gets both."""
        return self._edited("at_add", value)

    def mul(self, value: T | Array | Scalar) -> T:
        """A copy with this place multiplied by `value`; an element that is named twice is multiplied by both."""
        return self._edited("at_mul", value)

    def min(self, value: T | Array | Scalar) -> T:
        """A copy with the lesser of this place and `value`; equal ones share the gradient."""
        return self._edited("at_min", value)

    def max(self, value: T | Array | Scalar) -> T:
        """A copy with the greater of this place and `value`; equal ones share the gradient."""
        return self._edited("at_max", value)

    def _edited(self, name: str, value: T | Array | Scalar) -> T:
        edited: T = METHODS[name](self._tensor, self._index, value)
        return edited
