"""How items become a batch."""

from __future__ import annotations

from collections.abc import KeysView, Mapping, Sequence
from typing import Protocol, TypeAlias, TypeVar, cast, overload, runtime_checkable

import numpy as np

from kytorch.ops.join import stack
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.holder import ArrayHolder
from kytorch.tensor.values import Array, checked_dtype


@runtime_checkable
class SupportsArray(Protocol):
    """What NumPy makes an array of, such as PyTorch's tensors."""

    def __array__(self) -> Array:
        """The values, as an array."""


K = TypeVar("K")
V = TypeVar("V")
Leaf: TypeAlias = Tensor | SupportsArray | float
Item: TypeAlias = "Leaf | str | bytes | Sequence[Item] | Mapping[str, Item]"
Batch: TypeAlias = "Tensor | list[str] | list[bytes] | Sequence[Batch] | Mapping[str, Batch]"


@overload
def default_collate(batch: Sequence[Leaf]) -> Tensor: ...
@overload
def default_collate(batch: Sequence[tuple[Leaf, ...]]) -> tuple[Tensor, ...]: ...
@overload
def default_collate(batch: Sequence[Mapping[str, Leaf]]) -> dict[str, Tensor]: ...
@overload
def default_collate(batch: Sequence[str]) -> list[str]: ...
@overload
def default_collate(batch: Sequence[Item]) -> Batch: ...
def default_collate(batch: Sequence[object]) -> object:
    """The items of a batch as one, along a new dim 0: Tensors, arrays, numbers and PyTorch's tensors are stacked to a
    Tensor, strings are listed; tuples, lists and dicts of them become a tuple, list or dict of such.

    Arrays keep their dtype, Python's numbers get a Tensor's: floats float32 (not PyTorch's float64), ints int64.
    PyTorch's loader takes it as well: `torch.utils.data.DataLoader(dataset, collate_fn=default_collate)`. Raises
    ValueError for shapes, lengths or keys that differ, TypeError for other kinds.
    """
    if not isinstance(batch, Sequence) or isinstance(batch, (str, bytes)):
        raise TypeError(f"default_collate: expected a list of items, not {type(batch).__name__}")
    if not batch:
        raise ValueError("default_collate: expected at least one item")
    return _collated(batch, "")


def _collated(items: Sequence[object], place: str) -> object:
    """`items` as one; `place` is where they are in the batch's items, such as [0]['x']."""
    first = items[0]
    if isinstance(first, Tensor):
        tensors = _alike(items, Tensor, place)
        _check("shape", [x.shape for x in tensors], place)
        return stack(tensors)
    if isinstance(first, (str, bytes)):
        return _alike(items, type(first), place)
    if issubclass(type(first), SupportsArray) and not isinstance(first, ArrayHolder):
        return _stacked(_alike(items, SupportsArray, place), place)
    if isinstance(first, (bool, int, float)):
        return Tensor(_alike(items, (bool, int, float), place))
    if isinstance(first, Mapping):
        rows = _alike(items, Mapping, place)
        _check("keys", [row.keys() for row in rows], place)
        return {key: _collated([row[key] for row in rows], f"{place}[{key!r}]") for key in first}
    if isinstance(first, Sequence):
        lists = _alike(items, Sequence, place)
        _check("length", [len(row) for row in lists], place)
        parts = [_collated(column, f"{place}[{i}]") for i, column in enumerate(zip(*lists))]
        if hasattr(first, "_fields"):  # a named tuple
            return type(first)(*parts)
        return tuple(parts) if isinstance(first, tuple) else parts
    raise TypeError(
        f"default_collate: item 0{place} is a {type(first).__name__}; expected Tensors, arrays, numbers, strings, or "
        "tuples, lists or dicts of them. A collate_fn of your own joins other kinds"
    )


def _stacked(items: Sequence[SupportsArray], place: str) -> Tensor:
    """Arrays, NumPy's numbers, or PyTorch's tensors, as one Tensor."""
    namespace = getattr(items[0], "__array_namespace__", None)
    arrays: Sequence[Array] = [np.asarray(x) for x in items] if namespace is None else items  # type: ignore[assignment]  # they have a namespace of arrays
    shapes = [x.shape for x in arrays]
    _check("shape", shapes, place)
    xp = np if namespace is None else namespace()
    # What lies one behind the other along a dimension only needs it split in two, which is faster than stack.
    stacked: Array = xp.concat(arrays).reshape(len(arrays), *shapes[0]) if shapes[0] else xp.stack(arrays)
    checked_dtype("default_collate", stacked.dtype)
    return make(stacked, CONSTANT)


def _alike(items: Sequence[object], kind: type[V] | tuple[type[V], ...], place: str) -> list[V]:
    """`items`, all of `kind`, as the first one is. Raises TypeError."""
    kinds = set(map(type, items))
    wrong = [each for each in kinds if not issubclass(each, kind)]
    if kind is SupportsArray:  # as Tensors do too
        wrong += [each for each in kinds if issubclass(each, ArrayHolder)]
    if wrong:
        i = next(i for i, x in enumerate(items) if type(x) in wrong)
        found, first = type(items[i]).__name__, type(items[0]).__name__
        raise TypeError(f"default_collate: item {i}{place} is a {found}, item 0{place} a {first}")
    return cast(list[V], list(items))


def _check(what: str, found: Sequence[object], place: str) -> None:
    """Raise ValueError if `found`, something of each item, differs from the first one's."""
    if found.count(found[0]) < len(found):
        i = next(i for i, x in enumerate(found) if x != found[0])
        raise ValueError(
            f"default_collate: the {what} of item {i}{place} is {_shown(found[i])}, of item 0{place} {_shown(found[0])}"
        )


def _shown(value: object) -> str:
    return ", ".join(map(repr, value)) if isinstance(value, KeysView) else str(value)
