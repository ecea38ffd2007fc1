"""Functions that differentiate functions, named as in torch.func."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import ParamSpec, overload

import numpy as np

from kytorch.autodiff import InputBeingDifferentiatedGradFn, gradients_at, leaves
from kytorch.tensor.core import CONSTANT, Gradient, LeafGradFn, Tensor, make

P = ParamSpec("P")
Answer = Gradient | tuple[Gradient, ...]


@overload
def grad(f: Callable[P, Tensor], argnums: int = 0) -> Callable[P, Gradient]: ...
@overload
def grad(f: Callable[P, Tensor], argnums: Sequence[int]) -> Callable[P, tuple[Gradient, ...]]: ...
def grad(f: Callable[P, Tensor], argnums: int | Sequence[int] = 0) -> Callable[P, Answer]:
    """The function that computes the gradient of `f`, a scalar function, with respect to its arguments `argnums`.

    Its answer is differentiable in turn, so grad(grad(f)) is the second derivative. Raises ValueError if `f` does
    not return a finite scalar, and TypeError for an argument that is no Tensor of floats.
    """
    evaluate = value_and_grad(f, argnums)

    def gradient(*args: P.args, **kwargs: P.kwargs) -> Answer:
        return evaluate(*args, **kwargs)[1]

    return gradient


@overload
def value_and_grad(f: Callable[P, Tensor], argnums: int = 0) -> Callable[P, tuple[Tensor, Gradient]]: ...
@overload
def value_and_grad(
    f: Callable[P, Tensor], argnums: Sequence[int]
) -> Callable[P, tuple[Tensor, tuple[Gradient, ...]]]: ...
def value_and_grad(f: Callable[P, Tensor], argnums: int | Sequence[int] = 0) -> Callable[P, tuple[Tensor, Answer]]:
    """The function that computes the value of `f` and its gradient; see `grad`."""
    one = isinstance(argnums, int)
    chosen: list[int] = [argnums] if isinstance(argnums, int) else list(argnums)

    def evaluate(*args: P.args, **kwargs: P.kwargs) -> tuple[Tensor, Answer]:
        arguments: list[object] = list(args)
        places = [i % len(args) if -len(args) <= i < len(args) else i for i in chosen]
        if len(set(places)) != len(places):
            raise ValueError(f"grad: argnums {tuple(chosen)} names one of {len(args)} arguments twice")
        differentiated = [_differentiated(args[i] if 0 <= i < len(args) else None, i) for i in places]
        for i, x in zip(places, differentiated):
            arguments[i] = x
        value = f(*arguments, **kwargs)  # type: ignore[arg-type]  # the same arguments, recorded apart
        if not isinstance(value, Tensor) or value.ndim:
            kind = f"shape {value.shape}" if isinstance(value, Tensor) else type(value).__name__
            raise ValueError(f"grad: the function must return a Tensor of shape (), not {kind}; reduce it first")
        if not math.isfinite(value.item()):
            raise ValueError(f"grad: the function returned {value.item()}; detect_anomaly() finds what made it")
        nodes = [x.grad_fn for x in differentiated]
        # Arrays are enough where nothing else is live, since nobody can differentiate the answer again.
        again = any(node._inputs for node in nodes) or any(leaf not in nodes for leaf in leaves(value.grad_fn, nodes))
        found = gradients_at(value, nodes, make(np.ones_like(value._data), CONSTANT), create_graph=again)
        gradients = tuple(
            [
                make(np.zeros_like(x._data), CONSTANT) if g is None else g.to(x.dtype)
                for g, x in zip(found, differentiated)
            ]
        )
        return value if again else value.detach(), gradients[0] if one else gradients

    return evaluate


def _differentiated(argument: object, i: int) -> Tensor:
    """The value of an argument as an input of its own, still recorded as made from the argument."""
    if not isinstance(argument, Tensor) or argument.dtype.kind != "f":
        kind = f"a Tensor of {argument.dtype}" if isinstance(argument, Tensor) else type(argument).__name__
        raise TypeError(f"grad: argument {i} is to be a Tensor of floats, not {kind}")
    if argument.grad_fn is CONSTANT:
        return make(argument._data, LeafGradFn())
    return InputBeingDifferentiatedGradFn().record(argument._data, argument)
