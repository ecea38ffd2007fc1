"""The gradient of a scalar function."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Concatenate, Literal, ParamSpec, TypeVar, overload

import numpy as np

from kytorch.func.inputs import Argnums, Inputs, checked_argnums, output_and_aux, released
from kytorch.func.tree import Tree
from kytorch.tensor.core import CONSTANT, Gradient, Tensor, make

P = ParamSpec("P")
T = TypeVar("T", bound=Tree)
X = TypeVar("X")
Zero = Literal[0]


@overload
def grad(  # type: ignore[overload-overlap]  # for 0 the first is meant
    func: Callable[Concatenate[T, P], Tensor], argnums: Zero = 0, has_aux: Literal[False] = False
) -> Callable[Concatenate[T, P], T]: ...
@overload
def grad(func: Callable[P, Tensor], argnums: int, has_aux: Literal[False] = False) -> Callable[P, Gradient]: ...
@overload
def grad(
    func: Callable[P, Tensor], argnums: Sequence[int], has_aux: Literal[False] = False
) -> Callable[P, tuple[Gradient, ...]]: ...
@overload
def grad(
    func: Callable[Concatenate[T, P], tuple[Tensor, X]], argnums: Zero = 0, *, has_aux: Literal[True]
) -> Callable[Concatenate[T, P], tuple[T, X]]: ...
@overload
def grad(
    func: Callable[P, tuple[Tensor, X]], argnums: int, has_aux: Literal[True]
) -> Callable[P, tuple[Gradient, X]]: ...
@overload
def grad(
    func: Callable[P, tuple[Tensor, X]], argnums: Sequence[int], has_aux: Literal[True]
) -> Callable[P, tuple[tuple[Gradient, ...], X]]: ...
def grad(func: Callable[..., object], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., object]:
    """The function that computes the gradient of `func`, a scalar function, with respect to its arguments `argnums`.

    The gradient is made as the argument is: a Tensor, or tuples, lists and dicts of Tensors; for a tuple of argnums it
    is a tuple. The other arguments may be anything. With `has_aux`, `func` returns a pair (value, aux), and the answer
    is (gradient, aux). The gradient is differentiable in turn, so grad(grad(f)) is the second derivative. Raises
    ValueError if `func` does not return a finite scalar or has no such arguments, and TypeError for an argument that
    is not made of Tensors of floats. (A type checker takes an argument other than the first to be a Tensor.)
    """
    evaluate = _evaluation("grad", func, argnums, has_aux)

    def gradient(*args: object, **kwargs: object) -> object:
        _, aux, gradients = evaluate(*args, **kwargs)
        return (gradients, aux) if has_aux else gradients

    return gradient


@overload
def value_and_grad(  # type: ignore[overload-overlap]  # for 0 the first is meant
    func: Callable[Concatenate[T, P], Tensor], argnums: Zero = 0, has_aux: Literal[False] = False
) -> Callable[Concatenate[T, P], tuple[Tensor, T]]: ...
@overload
def value_and_grad(
    func: Callable[P, Tensor], argnums: int, has_aux: Literal[False] = False
) -> Callable[P, tuple[Tensor, Gradient]]: ...
@overload
def value_and_grad(
    func: Callable[P, Tensor], argnums: Sequence[int], has_aux: Literal[False] = False
) -> Callable[P, tuple[Tensor, tuple[Gradient, ...]]]: ...
@overload
def value_and_grad(
    func: Callable[Concatenate[T, P], tuple[Tensor, X]], argnums: Zero = 0, *, has_aux: Literal[True]
) -> Callable[Concatenate[T, P], tuple[tuple[Tensor, X], T]]: ...
@overload
def value_and_grad(
    func: Callable[P, tuple[Tensor, X]], argnums: int, has_aux: Literal[True]
) -> Callable[P, tuple[tuple[Tensor, X], Gradient]]: ...
@overload
def value_and_grad(
    func: Callable[P, tuple[Tensor, X]], argnums: Sequence[int], has_aux: Literal[True]
) -> Callable[P, tuple[tuple[Tensor, X], tuple[Gradient, ...]]]: ...
def value_and_grad(func: Callable[..., object], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., object]:
    """The function that computes the value of `func` and its gradient; see `grad`.

    With `has_aux`, `func` returns a pair (value, aux), and the answer is ((value, aux), gradient).
    """
    evaluate = _evaluation("value_and_grad", func, argnums, has_aux)

    def value_and_gradient(*args: object, **kwargs: object) -> object:
        value, aux, gradients = evaluate(*args, **kwargs)
        return ((value, aux) if has_aux else value), gradients

    return value_and_gradient


def _evaluation(
    name: str, func: Callable[..., object], argnums: Argnums, has_aux: bool
) -> Callable[..., tuple[Tensor, object, object]]:
    """The function that computes the value of `func`, what it answers beside, and the gradient."""
    checked_argnums(name, argnums)

    def evaluate(*args: object, **kwargs: object) -> tuple[Tensor, object, object]:
        inputs = Inputs(name, args, argnums)
        answer, aux = output_and_aux(name, func(*inputs.arguments, **kwargs), has_aux)
        value = scalar(name, answer)
        ours = inputs.are_all([value])
        gradients = inputs.gradients([value], [make(np.ones_like(value._data), CONSTANT)], None if ours else make)
        if has_aux:
            aux = released(aux, inputs)
        return value.detach() if ours else value, aux, inputs.structured(gradients)

    return evaluate


def scalar(name: str, value: object) -> Tensor:
    """What a function answered, if that is a finite scalar. Raises ValueError."""
    if not isinstance(value, Tensor) or value.ndim:
        kind = f"shape {value.shape}" if isinstance(value, Tensor) else type(value).__name__
        advice = "has_aux=True is for a pair" if isinstance(value, tuple) else "reduce it first"
        raise ValueError(f"{name}: the function must return a Tensor of shape (), not {kind}; {advice}")
    if not math.isfinite(value.item()):
        raise ValueError(f"{name}: the function returned {value.item()}; detect_anomaly() finds what made it")
    return value
