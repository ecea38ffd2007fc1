"""Module: named weights, buffers and modules, and a call that says where an error came from."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from reprlib import recursive_repr
from types import FrameType
from typing import TYPE_CHECKING, Any, Concatenate, Literal, NamedTuple, ParamSpec, Protocol, Self, TypeVar, overload

import numpy as np
import numpy.typing as npt

from kytorch.nn.buffer import Buffer
from kytorch.nn.checks import float_dtype
from kytorch.nn.hooks import (
    ForwardHook,
    ForwardHookWithKwargs,
    ForwardPreHook,
    ForwardPreHookWithKwargs,
    Hooks,
    RemovableHandle,
)
from kytorch.tensor.core import Tensor, TrainableWeight
from kytorch.tensor.values import Array, Nested

P = ParamSpec("P")
R = TypeVar("R", covariant=True)
T = TypeVar("T")
M = TypeVar("M", bound="Module")

_NOTHING = object()


class IncompatibleKeys(NamedTuple):
    """The paths that a state dict lacked, and those that it had and the module has not."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class _Forward(Protocol[P, R]):
    def forward(self, *args: P.args, **kwargs: P.kwargs) -> R: ...


class Module:
    """The base of layers and models. A subclass sets attributes in `__init__` and computes in `forward`.

    Attributes that are weights, buffers or modules, or lists or dicts of them, make up its state, under PyTorch's
    paths: `layers.0.weight`. A weight that stands in two places is one weight.
    """

    training: bool = True
    _hooks: Hooks | None = None

    if TYPE_CHECKING:
        # A subclass says what its forward takes; of a module of which nothing is known, a call answers anything.
        forward: Callable[..., Any]

        def __call__(self: _Forward[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
            """The answer of `forward`."""
            raise NotImplementedError
    else:

        def __call__(self, x=_NOTHING, /, *args, **kwargs):
            try:
                if self._hooks is not None:
                    return self._hooks.call(self, args if x is _NOTHING else (x, *args), kwargs)
                if x is _NOTHING:
                    return self.forward(**kwargs)
                if args or kwargs:
                    return self.forward(x, *args, **kwargs)
                return self.forward(x)  # the usual call, in half the time
            except Exception as error:
                note_layer(error, self)
                raise

        def forward(self, *args, **kwargs):
            raise NotImplementedError(f"{type(self).__name__} has no forward; a subclass, or the module's owner, has")

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

    def buffers(self) -> Iterator[Buffer]:
        """Every buffer, each once."""
        return (buffer for _, buffer in self.named_buffers())

    def children(self) -> Iterator[Module]:
        """The modules directly in this one."""
        return (child for _, child in self.named_children())

    def modules(self) -> Iterator[Module]:
        """This module and every module below it, each once."""
        return (module for _, module in self.named_modules())

    def parameters(self) -> Iterator[TrainableWeight]:
        """PyTorch's name of `weights()`."""
        return self.weights()

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, TrainableWeight]]:
        """PyTorch's name of `named_weights()`."""
        return self.named_weights(prefix)

    def get_submodule(self, target: str) -> Module:
        """The module of that path, this one for "". Raises AttributeError for another."""
        for path, module, _ in _walk(self, "", {}):
            if path == target:
                return module
        raise AttributeError(f"get_submodule: {type(self).__name__} has no module {target!r}")

    def register_buffer(self, name: str, tensor: Tensor | Nested | None, persistent: bool = True) -> None:
        """Set the attribute `name` to a Buffer of `tensor`, or to None."""
        buffer = None if tensor is None else Buffer(tensor, persistent=persistent)
        self._set_new("register_buffer", name, buffer, Buffer)

    def register_parameter(self, name: str, param: TrainableWeight | None) -> None:
        """Set the attribute `name` to a weight, or to None."""
        self._set_new("register_parameter", name, param, TrainableWeight)

    def add_module(self, name: str, module: Module | None) -> None:
        """Set the attribute `name` to a module, or to None."""
        self._set_new("add_module", name, module, Module)

    register_module = add_module

    def _set_new(self, method: str, name: str, part: object, kind: type) -> None:
        if part is not None and not isinstance(part, kind):
            raise TypeError(f"{method}: {name} is to be a {kind.__name__}, not {type(part).__name__}")
        if not isinstance(name, str):
            raise TypeError(f"{type(self).__name__}: a name is to be a str, not {type(name).__name__}")
        if not name or "." in name:
            raise ValueError(f"{type(self).__name__}: {name!r} is no name: dots stand between those of a path")
        if not isinstance(getattr(self, name, None), (kind, type(None))):
            raise ValueError(f"{type(self).__name__}: there is an attribute {name!r} already")
        setattr(self, name, part)

    def state_dict(self) -> dict[str, Array]:
        """The arrays of all weights and persistent buffers by path; they are read-only, and later updates do not
        change them.
        """
        return {path: part.data for path, part in self._saved()}

    def load_state_dict(self, state: Mapping[str, Tensor | Array], strict: bool = True) -> IncompatibleKeys:
        """Update every weight and buffer to the values of `state`, in their own dtype, or none of them.

        Raises ValueError that lists every missing, unexpected and wrongly shaped entry, and every wrong kind; without
        `strict` what is missing stays, what is unexpected is left out, and both are returned.
        """
        if not isinstance(state, Mapping):
            raise TypeError(
                f"load_state_dict: expected a mapping from paths to arrays, not {type(state).__name__}; "
                "state_dict() gives a module's"
            )
        own = dict(self._saved())
        missing, unexpected = [path for path in own if path not in state], [path for path in state if path not in own]
        wrong = [f"missing {path}" for path in missing if strict]
        wrong += [f"unexpected {path}" for path in unexpected if strict]
        new: dict[str, Array] = {}
        for path, part in own.items():
            if path in state:
                value = state[path]
                try:
                    array = value._data if isinstance(value, Tensor) else np.asarray(value)
                except ValueError:
                    wrong.append(f"{path} is no array, but a {type(value).__name__} of uneven rows")
                    continue
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
        return IncompatibleKeys(missing, unexpected)

    def _saved(self) -> Iterator[tuple[str, TrainableWeight | Buffer]]:
        """What `state_dict` shows."""
        return ((path, part) for path, part in self._state("") if isinstance(part, TrainableWeight) or part.persistent)

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
        if not isinstance(mode, bool):
            raise TypeError(f"train: expected a bool, not {type(mode).__name__}")
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Put this module and those below into evaluation mode."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Give all weights gradients, or with False freeze them."""
        for weight in self.weights():
            weight.requires_grad_(requires_grad)
        return self

    def to(self, dtype: npt.DTypeLike) -> Self:
        """Turn the weights and the buffers of floats into `dtype`. Graphs made before keep the old values."""
        kind = float_dtype("to", dtype)
        for part in (*self.weights(), *self.buffers()):
            if part.dtype.kind == "f":
                part._convert(kind)
        return self

    def half(self) -> Self:
        """Turn the weights and the buffers of floats into float16."""
        return self.to(np.float16)

    def float(self) -> Self:
        """Turn the weights and the buffers of floats into float32."""
        return self.to(np.float32)

    def double(self) -> Self:
        """Turn the weights and the buffers of floats into float64."""
        return self.to(np.float64)

    def apply(self, fn: Callable[[Module], object]) -> Self:
        """Call `fn` with every module below this one, and then with this one."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    # Hooks

    @overload
    def register_forward_pre_hook(
        self, hook: ForwardPreHook, *, prepend: bool = False, with_kwargs: Literal[False] = False
    ) -> RemovableHandle: ...
    @overload
    def register_forward_pre_hook(
        self, hook: ForwardPreHookWithKwargs, *, prepend: bool = False, with_kwargs: Literal[True]
    ) -> RemovableHandle: ...
    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call hook(module, args) before every forward; what it answers, unless None, are the arguments instead.

        With `with_kwargs` it is hook(module, args, kwargs), and answers both or None.
        """
        if self._hooks is None:
            self._hooks = Hooks()
        return self._hooks.before(hook, prepend, with_kwargs)

    @overload
    def register_forward_hook(
        self, hook: ForwardHook, *, prepend: bool = False, with_kwargs: Literal[False] = False
    ) -> RemovableHandle: ...
    @overload
    def register_forward_hook(
        self, hook: ForwardHookWithKwargs, *, prepend: bool = False, with_kwargs: Literal[True]
    ) -> RemovableHandle: ...
    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call hook(module, args, output) after every forward; what it answers, unless None, is the output instead.

        With `with_kwargs` it is hook(module, args, kwargs, output).
        """
        if self._hooks is None:
            self._hooks = Hooks()
        return self._hooks.after(hook, prepend, with_kwargs)

    # What is shown

    def multiply_adds(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> int:
        """How many products this module itself adds up in a call, for `summary`: none, unless a layer says so."""
        return 0

    def extra_repr(self) -> str:
        """What `repr` shows of this module's options."""
        return ""

    def _shown_children(self) -> Iterable[tuple[str, str]]:
        return ((name, repr(child)) for name, child in self.named_children())

    @recursive_repr()
    def __repr__(self) -> str:
        children = [f"({name}): {shown}".replace("\n", "\n  ") for name, shown in self._shown_children()]
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


def note_layer(error: Exception, module: Module) -> None:
    """Note on `error`, which leaves the call of `module`, the layer that it comes from and its path from here."""
    path, child, layer = vars(error).get("kytorch_layer", ("", module, _shown(module)))
    if child is not module:
        path = _join(name_in(module, child), path)
    vars(error)["kytorch_layer"] = path, module, layer
    if notes := getattr(error, "__notes__", None):
        notes[:] = [note for note in notes if not note.startswith(_NOTE)]  # an inner module's, with less of the path
    error.add_note(f"{_NOTE}{path + ': ' if path else ''}{layer}")


def called(method: Callable[Concatenate[M, P], T]) -> Callable[Concatenate[M, P], T]:
    """`method` of a module, beside its forward, as one whose errors say the layer too."""

    @wraps(method)
    def calling(self: M, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            note_layer(error, self)
            raise

    return calling


def layer_of(frames: Iterable[FrameType]) -> str:
    """The innermost module called in `frames`, outermost first, with its path; "" outside every module."""
    modules: list[Module] = [frame.f_locals["self"] for frame in frames if frame.f_code is Module.__call__.__code__]
    path = ""
    for parent, child in itertools.pairwise(modules):
        if child is not parent:
            path = _join(path, name_in(parent, child))
    return f"{path + ': ' if path else ''}{_shown(modules[-1])}" if modules else ""


def name_in(parent: Module, child: Module) -> str:
    """The path of `child` in `parent`, or its class where it has none."""
    return next((name for name, part in parent.named_modules() if part is child), type(child).__name__)


def _shown(module: Module) -> str:
    return f"{type(module).__name__}({module.extra_repr()})"
