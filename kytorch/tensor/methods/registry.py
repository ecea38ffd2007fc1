"""Where the Tensor finds what stands above it: its methods' functions, and the hooks that it calls itself.

A method is the function of the same name, whose implementation and rule live in `kytorch.ops`, above the
Tensor. Such a function is marked with `@method` and found here by its name, so that imports run one way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, TypeVar

F = TypeVar("F", bound=Callable[..., object])

METHODS: dict[str, Callable[..., Any]] = {}


def method(function: F) -> F:
    """Mark `function` as the one behind the method of its name."""
    METHODS[function.__name__] = function
    return function


HOOKS: dict[str, Callable[..., Any]] = {}


def hook(function: F) -> F:
    """Mark `function` as one that Tensors and GradFns call from below by its name, and that is no method."""
    HOOKS[function.__name__] = function
    return function


class Registered:
    """Something with methods whose functions are found by name."""

    __slots__ = ()

    def _call(self, name: str, *arguments: object) -> Self:
        result: Self = METHODS[name](self, *arguments)
        return result

    def _operator(self, name: str, other: object, reflected: bool = False) -> Self:
        """The operation as an operator: NotImplemented if `other` is no operand."""
        if not isinstance(other, (float, int, Registered)) and not hasattr(other, "dtype"):
            return NotImplemented  # type: ignore[no-any-return]  # Python's own protocol for operators
        result: Self = METHODS[name](other, self) if reflected else METHODS[name](self, other)
        return result
