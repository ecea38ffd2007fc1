"""Functions that run before and after a module's forward, registered from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, TypeAlias

# The kinds of a module's arguments and output are its own.
ForwardPreHook: TypeAlias = Callable[[Any, tuple[Any, ...]], Any]
ForwardHook: TypeAlias = Callable[[Any, tuple[Any, ...], Any], Any]
ForwardPreHookWithKwargs: TypeAlias = Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]
ForwardHookWithKwargs: TypeAlias = Callable[[Any, tuple[Any, ...], dict[str, Any], Any], Any]


class RemovableHandle:
    """What a registration answers: `remove()` ends it, and so does leaving a `with` block."""

    def __init__(self, hooks: dict[RemovableHandle, Any]) -> None:
        self._hooks = hooks

    def remove(self) -> None:
        """End the registration; a second time nothing happens."""
        self._hooks.pop(self, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class Hooks:
    """The hooks of one module, in the order in which they run."""

    def __init__(self) -> None:
        self._before: dict[RemovableHandle, ForwardPreHookWithKwargs] = {}
        self._after: dict[RemovableHandle, ForwardHookWithKwargs] = {}

    def before(self, hook: ForwardPreHookWithKwargs, prepend: bool) -> RemovableHandle:
        """Register `hook` to run before forward."""
        return _registered(self._before, hook, prepend)

    def after(self, hook: ForwardHookWithKwargs, prepend: bool) -> RemovableHandle:
        """Register `hook` to run after forward."""
        return _registered(self._after, hook, prepend)

    def call(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
        """What `module` answers, its hooks run."""
        for before in list(self._before.values()):
            changed = before(module, args, kwargs)
            if changed is not None:
                if not (isinstance(changed, tuple) and len(changed) == 2 and isinstance(changed[1], dict)):
                    raise TypeError(f"forward pre-hook: expected None or (args, kwargs), not {changed!r}")
                args, kwargs = changed
        output = module.forward(*args, **kwargs)
        for after in list(self._after.values()):
            changed = after(module, args, kwargs, output)
            if changed is not None:
                output = changed
        return output


def without_kwargs_before(hook: ForwardPreHook) -> ForwardPreHookWithKwargs:
    """`hook`, which sees the positional arguments only and may answer new ones, or one alone."""

    def before(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
        changed = hook(module, args)
        return None if changed is None else (changed if isinstance(changed, tuple) else (changed,), kwargs)

    return before


def without_kwargs_after(hook: ForwardHook) -> ForwardHookWithKwargs:
    """`hook`, which sees the positional arguments and the output only."""
    return lambda module, args, kwargs, output: hook(module, args, output)


def _registered(hooks: dict[RemovableHandle, Any], hook: Any, prepend: bool) -> RemovableHandle:
    if not callable(hook):
        raise TypeError(f"expected a function to call, not {type(hook).__name__}")
    handle = RemovableHandle(hooks)
    others = dict(hooks) if prepend else {}
    if prepend:
        hooks.clear()
    hooks[handle] = hook
    hooks.update(others)
    return handle
