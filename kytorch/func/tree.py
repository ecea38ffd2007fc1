"""Tuples, lists and dicts of Tensors, in each other: what arguments and answers may be made of."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from kytorch.tensor.core import Tensor

Tree: TypeAlias = "Tensor | Sequence[Tree] | Mapping[Any, Tree]"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Structure(Generic[T]):
    """How a tree is made: of a leaf, or of a tuple (a NamedTuple too), a list or a dict of trees."""

    kind: type[Any] | None = None  # None of a leaf
    keys: tuple[Hashable, ...] = ()  # a dict's keys, else the positions
    parts: tuple[Structure[Any], ...] = ()

    def build(self, leaves: Iterator[object]) -> T:
        """The tree with the next of `leaves`."""
        tree: Any
        if self.kind is None:
            tree = next(leaves)
        else:
            parts = [part.build(leaves) for part in self.parts]
            if issubclass(self.kind, dict):
                tree = self.kind(zip(self.keys, parts))
            else:
                tree = self.kind(*parts) if hasattr(self.kind, "_fields") else self.kind(parts)
        own: T = tree
        return own

    def __str__(self) -> str:
        if self.kind is None:
            return "*"
        if issubclass(self.kind, dict):
            return "{" + ", ".join([f"{key!r}: {part}" for key, part in zip(self.keys, self.parts)]) + "}"
        inside = ", ".join(map(str, self.parts))
        return f"[{inside}]" if self.kind is list else f"({inside},)" if len(self.parts) == 1 else f"({inside})"


LEAF: Structure[Any] = Structure()


def structure_of(tree: T) -> Structure[T]:
    """What `tree` is made of; anything but a tuple, a list or a dict is a leaf."""
    kind = type(tree)
    if kind is Tensor:
        return LEAF
    if kind is dict or kind is OrderedDict:
        items: Mapping[Hashable, object] = tree  # type: ignore[assignment]  # by `kind`
        return Structure(kind, tuple(items), tuple([structure_of(part) for part in items.values()]))
    if kind is list or kind is tuple or (isinstance(tree, tuple) and hasattr(kind, "_fields")):
        parts: Sequence[object] = tree  # type: ignore[assignment]  # by `kind`
        return Structure(kind, tuple(range(len(parts))), tuple([structure_of(part) for part in parts]))
    return LEAF


def leaves_of(tree: object) -> list[object]:
    """The leaves of `tree`, from the left."""
    return [leaf for _, leaf in _along(tree, structure_of(tree), "")]


def tensors_of(tree: object, what: str) -> list[Tensor]:
    """The leaves of `tree`, which are to be Tensors of floats. Raises TypeError; `what` names the tree there."""
    if type(tree) is Tensor and tree._data.dtype.kind == "f":  # the usual one, in a tenth of the time
        return [tree]
    found: list[Tensor] = []
    for place, leaf in _along(tree, structure_of(tree), ""):
        if not isinstance(leaf, Tensor) or leaf._data.dtype.kind != "f":
            kind = f"a Tensor of {leaf.dtype}" if isinstance(leaf, Tensor) else type(leaf).__name__
            advice = "; weight.tensor() reads it" if kind == "TrainableWeight" else ""
            raise TypeError(f"{what}{place} is to be a Tensor of floats, not {kind}{advice}")
        found.append(leaf)
    return found


def tensors_like(tree: object, like: object, what: str, of: str) -> list[Tensor]:
    """The leaves of `tree`, made as `like` is, in the order and the dtypes of that.

    Raises ValueError where structures or shapes differ, and TypeError for what is no Tensor of floats; `what` names
    the tree there, `of` the one that it is to be like.
    """
    structure = structure_of(like)
    if not _alike(structure_of(tree), structure):
        raise ValueError(f"{what} is made as {structure_of(tree)}, and {of} as {structure}; they are to be alike")
    found: list[Tensor] = []
    for (place, leaf), expected in zip(_along(tree, structure, ""), leaves_of(like)):
        [x] = tensors_of(leaf, f"{what}{place}")
        [y] = tensors_of(expected, f"{of}{place}")
        if x._data.shape != y._data.shape:
            raise ValueError(f"{what}{place} has shape {x.shape}, and {of}{place} {y.shape}")
        found.append(x.to(y.dtype))
    return found


def map_tensors(function: Callable[[Tensor], object], tree: T) -> T:
    """`tree` with each Tensor replaced by what `function` makes of it; other leaves stay."""
    leaves = [function(leaf) if isinstance(leaf, Tensor) else leaf for leaf in leaves_of(tree)]
    return built(structure_of(tree), leaves)


def built(structure: Structure[T], leaves: Iterable[object]) -> T:
    """The tree of `leaves`."""
    return structure.build(iter(leaves))


def _along(tree: Any, structure: Structure[Any], place: str) -> Iterator[tuple[str, object]]:
    """Every leaf with its place, such as "['w'][0]", in the order of `structure`, by which `tree` is made."""
    if structure.kind is None:
        yield place, tree
    for key, part in zip(structure.keys, structure.parts):
        yield from _along(tree[key], part, f"{place}[{key!r}]")


def _alike(a: Structure[Any], b: Structure[Any]) -> bool:
    """Whether two trees have the same kinds, lengths and keys, these in any order."""
    if a.kind is not b.kind or len(a.keys) != len(b.keys) or set(a.keys) != set(b.keys):
        return False
    parts = dict(zip(a.keys, a.parts))
    return all(_alike(parts[key], part) for key, part in zip(b.keys, b.parts))
