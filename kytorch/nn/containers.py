"""Modules made of other modules, and of weights."""

from __future__ import annotations

import itertools
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar, overload

from kytorch.nn.chain import in_order
from kytorch.nn.module import Module
from kytorch.tensor.core import Tensor, TrainableWeight


class Layer(Protocol):
    """A module from a Tensor to a Tensor."""

    def __call__(self, x: Tensor, /) -> Tensor: ...


T = TypeVar("T")


class _Named(Module, Generic[T]):
    """Parts under names of their own."""

    _kind: type = Module
    _noun = "layer"

    def __init__(self) -> None:
        self._named: dict[str, T] = {}

    def _set(self, name: str, part: T) -> None:
        if not isinstance(part, self._kind):
            own, kind = type(self).__name__, self._kind.__name__
            raise TypeError(f"{own}: {self._noun} {name} is to be a {kind}, not {type(part).__name__}")
        if not isinstance(name, str):
            raise TypeError(f"{type(self).__name__}: a name is to be a str, not {type(name).__name__}")
        if not name or "." in name:
            raise ValueError(f"{type(self).__name__}: {name!r} is no name: dots stand between those of a path")
        self._named[name] = part

    if not TYPE_CHECKING:  # which knows no names of parts; an index is typed

        def __getattr__(self, name):
            named = vars(self).get("_named", {})
            if name in named:
                return named[name]
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

        # As in PyTorch, so that `add_module` adds one to those that are called.
        def __setattr__(self, name, value):
            if isinstance(value, self._kind):
                self._set(name, value)
            elif value is None and name in vars(self).get("_named", {}):
                raise TypeError(f"{type(self).__name__}: {self._noun} {name} cannot be None; del takes it out")
            else:
                super().__setattr__(name, value)

        def __delattr__(self, name):
            if name in self._named:
                del self._named[name]
            else:
                super().__delattr__(name)

    def __len__(self) -> int:
        return len(self._named)

    def _shown_children(self) -> Iterable[tuple[str, str]]:
        yield from super()._shown_children()
        for name, part in self._named.items():
            if isinstance(part, TrainableWeight):
                yield name, f"TrainableWeight of {part.dtype}, shape {part.shape}"

    def _attributes(self) -> Mapping[str, object]:
        return self._named | {name: part for name, part in vars(self).items() if name != "_named"}


class _Listed(_Named[T]):
    """Parts named by their numbers."""

    def __init__(self, parts: Iterable[T] = ()) -> None:
        super().__init__()
        self.extend(parts)

    def append(self, part: T) -> Self:
        """Add `part` at the end."""
        free = (str(i) for i in itertools.count(len(self)) if str(i) not in self._named)  # a slice keeps its names
        self._set(next(free), part)
        return self

    def extend(self, parts: Iterable[T]) -> Self:
        """Add `parts` at the end."""
        for part in parts:
            self.append(part)
        return self

    def insert(self, index: int, part: T) -> None:
        """Add `part` before the one at `index`."""
        self._renumber([*self._listed()[:index], part, *self._listed()[index:]])

    def __iter__(self) -> Iterator[T]:
        return iter(self._named.values())

    def __add__(self, others: Iterable[T]) -> Self:
        return self._sliced([(str(i), part) for i, part in enumerate([*self, *others])])

    def __iadd__(self, others: Iterable[T]) -> Self:
        return self.extend(others)

    def _listed(self) -> list[T]:
        return list(self._named.values())

    def _renumber(self, parts: Iterable[T]) -> None:
        before, self._named = self._named, {}
        try:
            self.extend(parts)
        except TypeError:
            self._named = before
            raise

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> T | Self:
        if isinstance(index, slice):
            return self._sliced(list(self._named.items())[index])
        return self._named[self._name_at(index)]

    def _sliced(self, items: list[tuple[str, T]]) -> Self:
        return type(self)([part for _, part in items])

    def __setitem__(self, index: int, part: T) -> None:
        self._set(self._name_at(index), part)

    def __delitem__(self, index: int | slice) -> None:
        parts = self._listed()
        del parts[index if isinstance(index, slice) else list(self._named).index(self._name_at(index))]
        self._renumber(parts)

    def pop(self, index: int = -1) -> T:
        """Take the part at `index` out."""
        part = self[index]
        del self[index]
        return part

    def _name_at(self, index: int) -> str:
        try:
            return list(self._named)[index]
        except IndexError:
            own, n = type(self).__name__, len(self)
            raise IndexError(f"{own}: index {index} is out of range for {n} {self._noun}s") from None


class _Keyed(_Named[T]):
    """Parts named by keys."""

    def __init__(self, parts: Mapping[str, T] | Iterable[tuple[str, T]] = ()) -> None:
        super().__init__()
        self.update(parts)

    def update(self, parts: Mapping[str, T] | Iterable[tuple[str, T]]) -> None:
        """Set every one of `parts`."""
        for name, part in dict(parts).items():
            self._set(name, part)

    def __getitem__(self, name: str) -> T:
        if name not in self._named:
            raise KeyError(f"{type(self).__name__} has no {name!r}; its names are {', '.join(self._named)}")
        return self._named[name]

    def __setitem__(self, name: str, part: T) -> None:
        self._set(name, part)

    def __delitem__(self, name: str) -> None:
        self.pop(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._named)

    def __contains__(self, name: object) -> bool:
        return name in self._named

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._named.keys()

    def values(self) -> ValuesView[T]:
        """The parts."""
        return self._named.values()

    def items(self) -> ItemsView[str, T]:
        """The names and parts."""
        return self._named.items()

    def pop(self, name: str) -> T:
        """Take the part of that name out."""
        part = self[name]
        del self._named[name]
        return part

    def clear(self) -> None:
        """Take all out."""
        self._named.clear()


class Sequential(_Listed[Layer]):
    """Layers one behind the other, named by their numbers, or by the keys of a dict of layers.

    An index gives a layer, a slice a Sequential of the same layers under the same names.
    """

    @overload
    def __init__(self, *layers: Layer) -> None: ...
    @overload
    def __init__(self, layers: Mapping[str, Layer], /) -> None: ...
    def __init__(self, *layers: Layer | Mapping[str, Layer]) -> None:
        super().__init__()
        only = layers[0] if len(layers) == 1 else None
        named = only if isinstance(only, Mapping) else dict(zip(map(str, range(len(layers))), layers))
        for name, layer in named.items():
            self._set(name, layer)  # type: ignore[arg-type]  # which refuses a mapping among others

    def forward(self, x: Tensor) -> Tensor:
        return in_order(self._named.values(), x)  # type: ignore[arg-type]  # modules, by `_kind`

    def _sliced(self, items: list[tuple[str, Layer]]) -> Self:
        return type(self)(dict(items))


M = TypeVar("M")


class ModuleList(_Listed[M]):
    """Modules in a list, named by their numbers; its owner calls them.

    `ModuleList[Layer]` says to a type checker that each takes a Tensor and answers one.
    """

    def _shown_children(self) -> Iterable[tuple[str, str]]:
        """Equal ones together, as in (0-3): 4 x Linear(...)."""
        for shown, group in itertools.groupby(enumerate(map(repr, self)), lambda numbered: numbered[1]):
            first, *others = [i for i, _ in group]
            yield (f"{first}-{others[-1]}", f"{1 + len(others)} x {shown}") if others else (str(first), shown)


class ModuleDict(_Keyed[M]):
    """Modules in a dict, named by their keys; its owner calls them."""


class ParameterList(_Listed[TrainableWeight]):
    """Weights in a list, named by their numbers."""

    _kind = TrainableWeight
    _noun = "weight"


class ParameterDict(_Keyed[TrainableWeight]):
    """Weights in a dict, named by their keys."""

    _kind = TrainableWeight
    _noun = "weight"
