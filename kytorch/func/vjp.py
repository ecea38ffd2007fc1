"""Products of a cotangent with the Jacobian: reverse mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar, TypeVarTuple, overload

from kytorch.autodiff import leaves
from kytorch.func.inputs import Inputs, output_and_aux, released
from kytorch.func.tree import tensors_like, tensors_of
from kytorch.tensor.core import make

R = TypeVar("R")
X = TypeVar("X")
Ts = TypeVarTuple("Ts")


@overload
def vjp(
    func: Callable[[*Ts], R], *primals: *Ts, has_aux: Literal[False] = False
) -> tuple[R, Callable[[R], tuple[*Ts]]]: ...
@overload
def vjp(
    func: Callable[[*Ts], tuple[R, X]], *primals: *Ts, has_aux: Literal[True]
) -> tuple[R, Callable[[R], tuple[*Ts]], X]: ...
def vjp(func: Callable[..., object], *primals: object, has_aux: bool = False) -> tuple[object, ...]:
    """The output of `func` at `primals`, and the function from a cotangent to its product with the Jacobian.

    That function takes what is made as the output is, and answers a tuple with one product for each of `primals`, made
    as that is; it may be called any number of times, and its answers can be differentiated. With `has_aux`, `func`
    returns a pair (output, aux), and the answer is (output, vjp_fn, aux). Raises TypeError for primals, outputs and
    cotangents that are not made of Tensors of floats, and ValueError for a cotangent that is made otherwise.
    """
    if not primals:
        raise ValueError("vjp: expected primals, the arguments to differentiate with respect to")
    inputs = Inputs("vjp", primals, range(len(primals)))
    output, aux = output_and_aux("vjp", func(*inputs.arguments), has_aux)
    outputs = tensors_of(output, "vjp: the function's output")
    ours = inputs.are_all(outputs)

    def vjp_fn(cotangent: object) -> object:
        gs = tensors_like(cotangent, output, "vjp: the cotangent", "the output")
        again = not ours or bool(leaves(gs))
        return inputs.structured(inputs.gradients(outputs, gs, make if again else None))

    shown = released(output, inputs)
    return (shown, vjp_fn, released(aux, inputs)) if has_aux else (shown, vjp_fn)
