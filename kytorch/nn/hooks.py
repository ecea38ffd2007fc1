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
    """The hooks of one module, in the order in which they run, each with whether it takes the keyword arguments."""

    def __init__(self) -> None:
        self._before: dict[RemovableHandle, tuple[Callable[..., Any], bool]] = {}
        self._after: dict[RemovableHandle, tuple[Callable[..., Any], bool]] = {}

    def before(self, hook: Callable[..., Any], prepend: bool, with_kwargs: bool) -> RemovableHandle:
        """Register `hook` to run before forward."""
        return _registered(self._before, hook, prepend, with_kwargs)

    def after(self, hook: Callable[..., Any], prepend: bool, with_kwargs: bool) -> RemovableHandle:
        """Register `hook` to run after forward."""
        return _registered(self._after, hook, prepend, with_kwargs)

    def call(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
        """What `module` answers, its hooks run."""
        for hook, with_kwargs in list(self._before.values()):
            changed = hook(module, args, kwargs) if with_kwargs else hook(module, args)
            if changed is None:
                continue
            if not with_kwargs:
                args = changed if isinstance(changed, tuple) else (changed,)
            elif isinstance(changed, tuple) and len(changed) == 2 and isinstance(changed[1], dict):
                args, kwargs = changed
            else:
                raise TypeError(f"forward pre-hook: expected None or (args, kwargs), not {changed!r}")
        output = module.forward(*args, **kwargs)
        for hook, with_kwargs in list(self._after.values()):
            changed = hook(module, args, kwargs, output) if with_kwargs else hook(module, args, output)
            if changed is not None:
                output = changed
        return output


def _registered(
    hooks: dict[RemovableHandle, tuple[Callable[..., Any], bool]],
    hook: Callable[..., Any],
    prepend: bool,
    with_kwargs: bool,
) -> RemovableHandle:
    if not callable(hook):
        raise TypeError(f"forward hook: expected a function to call, not {type(hook).__name__}")
    handle = RemovableHandle(hooks)
    others = dict(hooks) if prepend else {}
    if prepend:
        hooks.clear()
    hooks[handle] = hook, with_kwargs
    hooks.update(others)
    return handle
