"""What a call is: an operation, a rule, a backward pass, an optimizer, a module, the user's code or a part of these.

And where a module was called, and what it costs to be told of a call."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from time import perf_counter
from types import CodeType, FrameType
from typing import Literal, TypeAlias
from weakref import ref

from kytorch.nn import functional
from kytorch.nn.module import Module, name_in
from kytorch.profiling.saved import ByIdentity
from kytorch.tensor.core import LeafGradFn

# The time in calls of the package that are none of these belongs to their callers.
Call: TypeAlias = Literal["", "operation", "rule", "walk", "optimizer", "module", "user"]

WITHIN: set[tuple[Call, Call]] = {
    ("rule", "user"),
    ("walk", "user"),
    ("walk", "walk"),
    ("optimizer", "user"),
    ("optimizer", "optimizer"),
}
"""The calls that are parts of those around them."""

_WALK, _OPTIM = "kytorch.autodiff", "kytorch.optim"
_WALKS = {"backward", "backward_from", "gradients_at", "walk"}
_RULES = {"vjps", "vjp", "add_to"}
_MODULE = Module.__call__.__code__
_FUNCTIONS = {f.__code__ for f in vars(functional).values() if hasattr(f, "__code__")}


class Calls:
    """What the calls met so far are, by the code that they run."""

    def __init__(self) -> None:
        self.known: dict[int, tuple[Call, CodeType]] = {}
        """By id, which is found faster than the code."""

    def kind(self, frame: FrameType) -> Call:
        """What the call is that runs in `frame`."""
        code = frame.f_code
        found = self.known.get(id(code))
        if found is None:
            found = self.known[id(code)] = _kind(code, _module_of(frame)), code
        return found[0]


def _kind(code: CodeType, module: str) -> Call:
    if code.co_name in _RULES:
        return "rule"
    package, *parts = module.split(".")
    if package != "kytorch":
        return "user"
    if code is _MODULE:
        return "module"
    is_function = "." not in code.co_qualname
    if module == _WALK and code.co_qualname in _WALKS:
        return "walk"
    if parts[:1] == ["optim"] and is_function and not code.co_name.startswith("_"):
        return "optimizer"
    if code in _FUNCTIONS or code.co_qualname.startswith("Tensor.__"):
        return "operation"
    return "operation" if parts[:1] in (["ops"], ["linalg"]) and is_function else ""


def is_by_walk(frame: FrameType) -> bool:
    """Whether the walk itself made the call, and not a rule that is made of others."""
    return _module_of(frame.f_back) == _WALK


def is_by_optimizer(frame: FrameType) -> bool:
    """Whether `optim` itself made the call."""
    return _module_of(frame.f_back).startswith(_OPTIM)


def _module_of(frame: FrameType | None) -> str:
    return "" if frame is None else str(frame.f_globals.get("__name__", ""))


def self_of(frame: FrameType) -> object:
    """The first argument of what runs in `frame`."""
    code = frame.f_code
    return frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None


_names: dict[type, str] = {}


def name_of(kind: type) -> str:
    """An operation's name: LogSoftmaxGradFn is log_softmax; none for leaves and for what the walk itself needs."""
    name = _names.get(kind)
    if name is None:
        words = kind.__name__.removesuffix("GradFn") or kind.__name__
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", words).lower()
        _names[kind] = name = "" if kind is LeafGradFn or kind.__module__ == _WALK else name
    return name


class Layer:
    """A module that is being called, not kept alive, or, without one, what is outside of all."""

    __slots__ = ("_children", "_module", "path")

    def __init__(self, module: Module | None = None, path: str = "") -> None:
        self.path = path
        self._module = None if module is None else ref(module)
        self._children: ByIdentity[Layer] = ByIdentity()

    def below(self, module: Module) -> Layer:
        """That of `module`, called in this one."""
        found = self._children.get(module)
        if found is None:
            outer = None if self._module is None else self._module()
            if outer is None:
                path = type(module).__name__
            else:
                path = self.path if outer is module else f"{self.path}.{name_in(outer, module)}"
            found = Layer(module, path)
            self._children.set(module, found)
        return found


_ROUNDS, _CALLS, _EVENTS = 10, 50, 4


def cost_of(event: Callable[[FrameType, str, object], None]) -> float:
    """The seconds that a call of `event` by the interpreter takes at least."""
    least = {False: 1.0, True: 1.0}
    before = sys.getprofile()
    try:
        for _ in range(_ROUNDS):
            for on in (False, True):
                sys.setprofile(event if on else None)
                begin = perf_counter()
                for _ in range(_CALLS):
                    _sample(1)
                least[on] = min(least[on], perf_counter() - begin)
    finally:
        sys.setprofile(before)
    return max(least[True] - least[False], 0.0) / (_CALLS * _EVENTS)


def _sample(x: object) -> bool:
    """A function of four events: its own call and return, and those of another."""
    return isinstance(x, int)
