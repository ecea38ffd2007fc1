"""What the operations answer that make several Tensors."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class ValuesAndIndices(NamedTuple, Generic[T]):
    """The answer of an operation along a dimension that also says where."""

    values: T
    indices: T
