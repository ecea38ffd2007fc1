"""What a recorded operation keeps alive for the backward pass."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar
from weakref import ref

from kytorch.tensor.core import GradFn, LeafGradFn, Tensor
from kytorch.tensor.values import Array

V = TypeVar("V")


class ByIdentity(Generic[V]):
    """Values for objects, which are told apart by identity and not kept alive."""

    def __init__(self) -> None:
        self._values: dict[int, tuple[ref[Any], V]] = {}

    def get(self, key: object) -> V | None:
        """The value for `key`, or None."""
        found = self._values.get(id(key))
        return None if found is None or found[0]() is not key else found[1]

    def set(self, key: object, value: V) -> None:
        """Give `key` a value. What cannot be referred to weakly, such as a NumPy number, gets none."""
        try:
            self._values[id(key)] = ref(key), value  # that of an object that is gone, at the same address, is replaced
        except TypeError:
            pass


class Memory:
    """Which arrays have been made, and which of them are saved by a node."""

    def __init__(self) -> None:
        self._is_kept: ByIdentity[bool] = ByIdentity()

    def given(self, values: Iterable[object]) -> None:
        """The Tensors among an operation's operands were there before."""
        for value in values:
            for one in value if isinstance(value, (tuple, list)) else (value,):
                if isinstance(one, Tensor) and self._is_kept.get(owner := _owner(one._data)) is None:
                    self._is_kept.set(owner, False)

    def made(self, data: Array) -> int:
        """How many bytes came into being with `data`: none if it is a view of what was there."""
        owner = _owner(data)
        if self._is_kept.get(owner) is not None:
            return 0
        self._is_kept.set(owner, False)
        return data.nbytes

    def kept(self, node: GradFn) -> int:
        """How many bytes `node` saves that no node saved before it and that are no weight's."""
        for leaf in node._inputs:
            if type(leaf) is LeafGradFn and leaf._weight is not None:
                self._is_kept.set(_owner(leaf._weight._data), True)
        total = 0
        for array in _arrays_of(node):
            owner = _owner(array)
            if not self._is_kept.get(owner):
                self._is_kept.set(owner, True)
                total += owner.nbytes
        return total


def _owner(x: Array) -> Array:
    """The array whose memory `x` shows."""
    while True:
        base = getattr(x, "base", None)
        base = getattr(base, "_array", base)  # behind a sealed view
        if base is None or type(base) is not type(x):
            return x
        x = base


def _arrays_of(node: GradFn) -> list[Array]:
    """The arrays that `node` holds: by itself, in tuples and lists, and in an object of the package's own."""
    found: list[Array] = []
    for value in _values_of(node):
        if hasattr(value, "nbytes"):
            found.append(value)
        elif value is not None:
            parts = _values_of(value) if type(value).__module__.startswith("kytorch.") else [value]
            for part in parts:
                for one in part if isinstance(part, (tuple, list)) else [part]:
                    if hasattr(one, "nbytes"):
                        found.append(one)
    return found


_slots: dict[type, list[str]] = {}
_NOT_SAVED = ("__weakref__", "_inputs", "_shapes")


def _values_of(value: object) -> list[Any]:
    """What the attributes of `value` hold, a node's place in its graph apart."""
    kind = type(value)
    slots = _slots.get(kind)
    if slots is None:
        names = [name for cls in kind.__mro__ for name in cls.__dict__.get("__slots__", ())]
        slots = _slots[kind] = [name for name in names if name not in _NOT_SAVED]
    values = [getattr(value, name, None) for name in slots]
    if hasattr(value, "__dict__"):
        values += vars(value).values()
    return values
