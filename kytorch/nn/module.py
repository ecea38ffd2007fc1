"""Module: named weights, buffers and modules, and a call that says where an error came from."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from reprlib import recursive_repr
from types import FrameType
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from kytorch.tensor.core import CONSTANT, Tensor, TrainableWeight, make
from kytorch.tensor.holder import ArrayHolder
from kytorch.tensor.reading import reading
from kytorch.tensor.values import Array, Nested, to_array

P = ParamSpec("P")
R = TypeVar("R", covariant=True)

_NOTHING = object()


class Buffer(ArrayHolder):
    """An array that belongs to a module's state and is not trained, such as a running mean."""

    __slots__ = ()

    def __init__(self, data: Tensor | Nested, dtype: npt.DTypeLike | None = None) -> None:
        self._data = to_array(data._data if isinstance(data, Tensor) else data, dtype)

    def tensor(self) -> Tensor:
        """The buffer's value now, a constant."""
        own = make(self._data, CONSTANT)
        return own if (how := reading.get()) is None else how(self, own)

    def update(self, data: Tensor | Nested) -> None:
        """Replace the value by a copy of `data`, of the same shape, in the buffer's dtype."""
        array = to_array(data._data if isinstance(data, Tensor) else data, self.dtype)
        if array.shape != self.shape:
            raise ValueError(f"update: the buffer has shape {self.shape}, the new value {array.shape}")
        self._replace(array)

    def __repr__(self) -> str:
        return f"Buffer({self.tensor()!r})"


class _Forward(Protocol[P, R]):
    def forward(self, *args: P.args, **kwargs: P.kwargs) -> R: ...


class _CallAsForward:
    """To a type checker, a module's call has the signature of its `forward`."""

    def __get__(self, module: _Forward[P, R], owner: object) -> Callable[P, R]:
        raise NotImplementedError


class Module:
    """The base of layers and models. A subclass sets attributes in `__init__` and computes in `forward`.

    Attributes that are weights, buffers or modules, or lists or dicts of them, make up its state, under PyTorch's
    paths: `layers.0.weight`. A weight that stands in two places is one weight.
    """

    training: bool = True

    if TYPE_CHECKING:
        # A subclass says what its forward takes; of a module of which nothing is known, a call answers anything.
        forward: Callable[..., Any]
        __call__ = _CallAsForward()
    else:

        def __call__(self, x=_NOTHING, /, *args, **kwargs):
            try:
                if x is _NOTHING:
                    return self.forward(**kwargs)
                if args or kwargs:
                    return self.forward(x, *args, **kwargs)
                return self.forward(x)  # the usual call, in half the time
            except Exception as error:
                _note_layer(error, self)
                raise

    # State

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly in this one, with their names."""
        return ((name, part) for name, part in _parts(self._attributes()) if isinstance(part, Module))

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module, under the name `prefix`, and every module below it, each once."""
        return ((path, module) for path, module, first in _walk(self, prefix, {}) if first)

    def named_weights(self, prefix: str = "") -> Iterator[tuple[str, TrainableWeight]]:
        """Every weight with its path, each once."""
        seen: set[TrainableWeight] = set()
        for path, part in self._state(prefix):
            if isinstance(part, TrainableWeight) and part not in seen:
                seen.add(part)
                yield path, part

    def weights(self) -> Iterator[TrainableWeight]:
        """Every weight, each once."""
        return (weight for _, weight in self.named_weights())

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, Buffer]]:
        """Every buffer with its path, each once."""
        seen: set[Buffer] = set()
        for path, part in self._state(prefix):
            if isinstance(part, Buffer) and part not in seen:
                seen.add(part)
                yield path, part

    def state_dict(self) -> dict[str, Array]:
        """The arrays of all weights and buffers by path; they are read-only, and later updates do not change them."""
        return {path: part.data for path, part in self._state("")}

    def load_state_dict(self, state: Mapping[str, Tensor | Array]) -> None:
        """Update every weight and buffer to the values of `state`, in their own dtype, or none of them.

        Raises ValueError that lists every missing, unexpected and wrongly shaped entry, and every wrong kind.
        """
        own = dict(self._state(""))
        wrong = [f"missing {path}" for path in own if path not in state]
        wrong += [f"unexpected {path}" for path in state if path not in own]
        new: dict[str, Array] = {}
        for path, part in own.items():
            if path in state:
                value = state[path]
                array = value._data if isinstance(value, Tensor) else np.asarray(value)
                if array.shape != part.shape:
                    wrong.append(f"{path} has shape {array.shape}, expected {part.shape}")
                elif not np.can_cast(array.dtype, part.dtype, "same_kind"):
                    wrong.append(f"{path} has dtype {array.dtype}, expected {part.dtype}")
                else:
                    new[path] = array
        if wrong:
            raise ValueError(f"load_state_dict of {type(self).__name__}: {'; '.join(wrong)}")
        for path, array in new.items():
            own[path]._replace(array)

    def _attributes(self) -> Mapping[str, object]:
        """The attributes in which state is looked for."""
        return vars(self)

    def _state(self, prefix: str) -> Iterator[tuple[str, TrainableWeight | Buffer]]:
        """Every weight and buffer with each of its paths: of a module first its own, then its children's."""
        for path, module, _ in _walk(self, prefix, {}):
            own = list(_parts(module._attributes()))
            for kind in (TrainableWeight, Buffer):
                for name, part in own:
                    if isinstance(part, kind):
                        yield _join(path, name), part

    # Mode

    def train(self, mode: bool = True) -> Self:
        """Put this module and those below into training mode, or with False into evaluation mode."""
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Put this module and those below into evaluation mode."""
        return self.train(False)

    # What is shown

    def extra_repr(self) -> str:
        """What `repr` shows of this module's options."""
        return ""

    @recursive_repr()
    def __repr__(self) -> str:
        children = [f"({name}): {child!r}".replace("\n", "\n  ") for name, child in self.named_children()]
        lines = self.extra_repr().splitlines() + children
        inside = "\n  " + "\n  ".join(lines) + "\n" if children or len(lines) > 1 else "".join(lines)
        return f"{type(self).__name__}({inside})"


def _parts(items: Mapping[str, object]) -> Iterator[tuple[str, TrainableWeight | Buffer | Module]]:
    """The weights, buffers and modules among `items`, and those in lists, tuples and dicts, with their names."""
    for name, item in items.items():
        if isinstance(item, (TrainableWeight, Buffer, Module)):
            yield name, item
        elif isinstance(item, (list, tuple, dict)):
            inner = item if isinstance(item, dict) else dict(enumerate(item))
            yield from ((_join(name, key), part) for key, part in _parts({str(k): x for k, x in inner.items()}))


def _walk(module: Module, path: str, open_modules: dict[Module, bool]) -> Iterator[tuple[str, Module, bool]]:
    """`module` and those below it with every path that leads to each, and whether it is the first one.

    A module that contains itself is not entered again.
    """
    first = module not in open_modules
    if open_modules.get(module):
        return
    open_modules[module] = True
    yield path, module, first
    for name, child in module.named_children():
        yield from _walk(child, _join(path, name), open_modules)
    open_modules[module] = False


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name


_NOTE = "in layer "


def _note_layer(error: Exception, module: Module) -> None:
    """Note on `error`, which leaves the call of `module`, the layer that it comes from and its path from here."""
    path, child, layer = vars(error).get("kytorch_layer", ("", module, _shown(module)))
    if child is not module:
        path = _join(_name_in(module, child), path)
    vars(error)["kytorch_layer"] = path, module, layer
    if notes := getattr(error, "__notes__", None):
        notes[:] = [note for note in notes if not note.startswith(_NOTE)]  # an inner module's, with less of the path
    error.add_note(f"{_NOTE}{path + ': ' if path else ''}{layer}")


def layer_of(frames: Iterable[FrameType]) -> str:
    """The innermost module called in `frames`, outermost first, with its path; "" outside every module."""
    modules: list[Module] = [frame.f_locals["self"] for frame in frames if frame.f_code is Module.__call__.__code__]
    path = ""
    for parent, child in itertools.pairwise(modules):
        if child is not parent:
            path = _join(path, _name_in(parent, child))
    return f"{path + ': ' if path else ''}{_shown(modules[-1])}" if modules else ""


def _name_in(parent: Module, child: Module) -> str:
    return next((name for name, part in parent.named_modules() if part is child), type(child).__name__)


def _shown(module: Module) -> str:
    return f"{type(module).__name__}({module.extra_repr()})"
