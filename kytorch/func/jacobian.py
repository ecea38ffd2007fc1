"""Jacobians, Hessians and products with these."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Concatenate, Literal, ParamSpec, TypeVar, TypeVarTuple, overload

import numpy as np

from kytorch.autodiff import leaves
from kytorch.func.grad import scalar
from kytorch.func.inputs import Argnums, Inputs, checked_argnums, output_and_aux, released
from kytorch.func.jvp import Forward, check_tuples
from kytorch.func.tree import Tree, built, structure_of, tensors_like, tensors_of
from kytorch.ops.create import zeros_like
from kytorch.ops.join import stack
from kytorch.tensor.core import CONSTANT, Tensor, make

P = ParamSpec("P")
T = TypeVar("T", bound=Tree)
X = TypeVar("X")
Ts = TypeVarTuple("Ts")
Zero = Literal[0]


@overload
def jacrev(  # type: ignore[overload-overlap]  # for 0 and Tensors the first is meant
    func: Callable[Concatenate[T, P], Tensor], argnums: Zero = 0, has_aux: Literal[False] = False
) -> Callable[Concatenate[T, P], T]: ...
@overload
def jacrev(func: Callable[P, Tensor], argnums: int, has_aux: Literal[False] = False) -> Callable[P, Tensor]: ...
@overload
def jacrev(
    func: Callable[P, Tensor], argnums: Sequence[int], has_aux: Literal[False] = False
) -> Callable[P, tuple[Tensor, ...]]: ...
@overload
def jacrev(  # type: ignore[overload-overlap]  # for 0 and Tensors the first is meant
    func: Callable[Concatenate[T, P], tuple[Tensor, X]], argnums: Zero = 0, *, has_aux: Literal[True]
) -> Callable[Concatenate[T, P], tuple[T, X]]: ...
@overload
def jacrev(func: Callable[P, Tree], argnums: Argnums = 0, has_aux: Literal[False] = False) -> Callable[P, Tree]: ...
@overload
def jacrev(
    func: Callable[P, tuple[Tree, X]], argnums: Argnums = 0, *, has_aux: Literal[True]
) -> Callable[P, tuple[Tree, X]]: ...
def jacrev(func: Callable[..., object], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., object]:
    """The function that computes the Jacobian of `func`, of shape output.shape + argument.shape, in reverse mode.

    It calls `func` once and walks back once for each element of the output (there is no vmap here): the choice where
    the output is smaller than the argument. It is made as the output is, and in place of each Tensor as the argument
    is; for a tuple of argnums that is a tuple. With `has_aux`, `func` returns a pair (output, aux), and the answer is
    (Jacobian, aux). It is differentiable in turn. Raises TypeError and ValueError as `grad` does, but for the output's
    shape.
    """
    return _jacobian("jacrev", _rows, func, argnums, has_aux)


@overload
def jacfwd(  # type: ignore[overload-overlap]  # for 0 and Tensors the first is meant
    func: Callable[Concatenate[T, P], Tensor], argnums: Zero = 0, has_aux: Literal[False] = False
) -> Callable[Concatenate[T, P], T]: ...
@overload
def jacfwd(func: Callable[P, Tensor], argnums: int, has_aux: Literal[False] = False) -> Callable[P, Tensor]: ...
@overload
def jacfwd(
    func: Callable[P, Tensor], argnums: Sequence[int], has_aux: Literal[False] = False
) -> Callable[P, tuple[Tensor, ...]]: ...
@overload
def jacfwd(  # type: ignore[overload-overlap]  # for 0 and Tensors the first is meant
    func: Callable[Concatenate[T, P], tuple[Tensor, X]], argnums: Zero = 0, *, has_aux: Literal[True]
) -> Callable[Concatenate[T, P], tuple[T, X]]: ...
@overload
def jacfwd(func: Callable[P, Tree], argnums: Argnums = 0, has_aux: Literal[False] = False) -> Callable[P, Tree]: ...
@overload
def jacfwd(
    func: Callable[P, tuple[Tree, X]], argnums: Argnums = 0, *, has_aux: Literal[True]
) -> Callable[P, tuple[Tree, X]]: ...
def jacfwd(func: Callable[..., object], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., object]:
    """The same as `jacrev`, in forward mode: one walk for each element of the arguments.

    The choice where the argument is smaller than the output.
    """
    return _jacobian("jacfwd", _columns, func, argnums, has_aux)


@overload
def hessian(  # type: ignore[overload-overlap]  # for a Tensor the first is meant
    func: Callable[Concatenate[Tensor, P], Tensor], argnums: int = 0
) -> Callable[Concatenate[Tensor, P], Tensor]: ...
@overload
def hessian(func: Callable[P, Tensor], argnums: Sequence[int]) -> Callable[P, tuple[tuple[Tensor, ...], ...]]: ...
@overload
def hessian(func: Callable[P, Tree], argnums: Argnums = 0) -> Callable[P, Tree]: ...
def hessian(func: Callable[..., object], argnums: Argnums = 0) -> Callable[..., object]:
    """The function that computes the Hessian of `func`, of shape output.shape + argument.shape + argument.shape.

    For an argument of several Tensors it is made as the argument is, and in place of each Tensor so again. One walk
    back for each element of the argument over the recorded gradient (reverse over reverse: forward mode is itself two
    walks back here, so it saves nothing). Differentiable in turn.
    """
    return _jacobian("hessian", _rows, _jacobian("hessian", _rows, func, argnums, False), argnums, False)


def hvp(func: Callable[[*Ts], Tensor], primals: tuple[*Ts], tangents: tuple[*Ts]) -> tuple[*Ts]:
    """The product of the Hessian of the scalar function `func` at `primals` with `tangents`, without the Hessian.

    A tuple with one product for each of `primals`, made as that is: the gradient of the derivative along `tangents`,
    at the price of two walks. Raises TypeError and ValueError as `grad` and `jvp` do.
    """
    check_tuples("hvp", primals, tangents)
    inputs = Inputs("hvp", primals, range(len(primals)))
    us = tensors_like(tangents, primals, "hvp: tangents", "primals")
    func_of_any: Callable[..., object] = func
    value = scalar("hvp", func_of_any(*inputs.arguments))
    gradient = inputs.gradients([value], [make(np.ones_like(value._data), CONSTANT)], make)
    again = bool(leaves(us)) or not inputs.are_all(gradient)
    # The Hessian is symmetric, so its product from the left is that from the right.
    products = inputs.gradients(gradient, us, make if again else None)
    return built(structure_of(primals), products)


def _jacobian(
    name: str,
    blocks_of: Callable[[Inputs, list[Tensor]], list[list[Tensor]]],
    func: Callable[..., object],
    argnums: Argnums,
    has_aux: bool,
) -> Callable[..., object]:
    checked_argnums(name, argnums)

    def jacobian(*args: object, **kwargs: object) -> object:
        inputs = Inputs(name, args, argnums)
        output, aux = output_and_aux(name, func(*inputs.arguments, **kwargs), has_aux)
        outputs = tensors_of(output, f"{name}: the function's output")
        answer = built(structure_of(output), [inputs.structured(blocks) for blocks in blocks_of(inputs, outputs)])
        return (answer, released(aux, inputs)) if has_aux else answer

    return jacobian


def _rows(inputs: Inputs, outputs: list[Tensor]) -> list[list[Tensor]]:
    """For each output its Jacobian with respect to each input, by one walk for each element of the output."""
    view = None if inputs.are_all(outputs) else make
    answer: list[list[Tensor]] = []
    for y in outputs:
        rows = [inputs.gradients([y], [one], view) for one in _ones_in_turn(y)]
        blocks = zip(*rows) if rows else [() for _ in inputs.tensors]
        answer.append([_joined(block, 0, y.shape + x.shape, x) for block, x in zip(blocks, inputs.tensors)])
    return answer


def _columns(inputs: Inputs, outputs: list[Tensor]) -> list[list[Tensor]]:
    """The same, by one walk for each element of the inputs."""
    along = Forward(inputs, outputs)
    zeros = [zeros_like(x) for x in inputs.tensors]
    by_input: list[list[Tensor]] = []
    for i, x in enumerate(inputs.tensors):
        columns = [along([*zeros[:i], one, *zeros[i + 1 :]]) for one in _ones_in_turn(x)]
        blocks = zip(*columns) if columns else [() for _ in outputs]
        by_input.append([_joined(block, -1, y.shape + x.shape, y) for block, y in zip(blocks, outputs)])
    return [list(blocks) for blocks in zip(*by_input)]


def _ones_in_turn(x: Tensor) -> Iterator[Tensor]:
    """For each element of `x` the constant that is 1 there and 0 elsewhere."""
    for i in range(x.size):
        one = np.zeros(x.size, x.dtype)
        one[i] = 1
        yield make(one.reshape(x.shape), CONSTANT)


def _joined(parts: Sequence[Tensor], dim: int, shape: tuple[int, ...], like: Tensor) -> Tensor:
    """The parts along a new dimension, in `shape`."""
    if not parts:
        return make(np.zeros_like(like._data, shape=shape), CONSTANT)
    return stack(parts, dim).reshape(shape)
