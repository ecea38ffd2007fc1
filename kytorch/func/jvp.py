"""Products of the Jacobian with a tangent: forward mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar, TypeVarTuple, overload

import numpy as np

from kytorch.autodiff import gradients_at, leaves
from kytorch.func.inputs import Inputs, as_constant, output_and_aux, released
from kytorch.func.tree import built, structure_of, tensors_like, tensors_of
from kytorch.ops.create import zeros_like
from kytorch.tensor.core import LeafGradFn, Tensor, make

R = TypeVar("R")
X = TypeVar("X")
Ts = TypeVarTuple("Ts")


@overload
def jvp(
    func: Callable[[*Ts], R], primals: tuple[*Ts], tangents: tuple[*Ts], *, has_aux: Literal[False] = False
) -> tuple[R, R]: ...
@overload
def jvp(
    func: Callable[[*Ts], tuple[R, X]], primals: tuple[*Ts], tangents: tuple[*Ts], *, has_aux: Literal[True]
) -> tuple[R, R, X]: ...
def jvp(
    func: Callable[..., object], primals: tuple[object, ...], tangents: tuple[object, ...], *, has_aux: bool = False
) -> tuple[object, ...]:
    """The output of `func` at `primals`, and its derivative along `tangents`, made as the output is.

    With `has_aux`, `func` returns a pair (output, aux), and the answer is (output, derivative, aux). It is
    differentiable to any order. Raises TypeError for primals, tangents and outputs that are not made of Tensors of
    floats, and ValueError for tangents that are not made as the primals are.

    The vjp is linear in the cotangent, so its derivative with respect to that, along the tangents, is the jvp: two
    walks back make one forward (Townsend 2017, "A new trick for calculating Jacobian vector products").
    """
    check_tuples("jvp", primals, tangents)
    inputs = Inputs("jvp", primals, range(len(primals)))
    us = tensors_like(tangents, primals, "jvp: tangents", "primals")
    output, aux = output_and_aux("jvp", func(*inputs.arguments), has_aux)
    outputs = tensors_of(output, "jvp: the function's output")
    along = Forward(inputs, outputs)
    derivative = built(structure_of(output), along(us))
    shown = released(output, inputs)
    return (shown, derivative, released(aux, inputs)) if has_aux else (shown, derivative)


class Forward:
    """The derivative of outputs along tangents, for any number of these at the price of one walk each."""

    def __init__(self, inputs: Inputs, outputs: Sequence[Tensor]) -> None:
        self._outputs = outputs
        # Where nothing else is live, only the cotangents need be recorded.
        self._ours = inputs.are_all(outputs)
        # Ones and not zeros: rules give no gradient where none comes in, whatever their factor is.
        self._cotangents = [make(np.ones_like(y._data), LeafGradFn()) for y in outputs]
        view = as_constant if self._ours else make
        self._products = inputs.gradients(outputs, self._cotangents, view)

    def __call__(self, tangents: Sequence[Tensor]) -> list[Tensor]:
        """The derivative of each output along `tangents`, one for each input."""
        again = not self._ours or bool(leaves(tangents))
        nodes = [u._grad_fn for u in self._cotangents]
        found = gradients_at(self._products, nodes, tangents, make if again else None)
        return [zeros_like(y) if t is None else t.to(y.dtype) for t, y in zip(found, self._outputs)]


def check_tuples(name: str, primals: tuple[object, ...], tangents: tuple[object, ...]) -> None:
    """Raise unless both are tuples of one length, above 0."""
    for what, value in (("primals", primals), ("tangents", tangents)):
        if not isinstance(value, tuple):
            kind = type(value).__name__
            raise TypeError(f"{name}: {what} is to be a tuple with one entry for each argument, not {kind}")
    if not primals:
        raise ValueError(f"{name}: expected primals, the arguments to differentiate with respect to")
    if len(primals) != len(tangents):
        raise ValueError(f"{name}: {len(primals)} primals and {len(tangents)} tangents; they are to be alike")
