"""The arguments with respect to which a function is differentiated, as inputs of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np

from kytorch.autodiff import InputBeingDifferentiatedGradFn, gradients_at, leaves
from kytorch.func.tree import Structure, built, map_tensors, structure_of, tensors_of
from kytorch.ops.create import zeros_like
from kytorch.tensor.core import CONSTANT, GradFn, Gradient, LeafGradFn, Tensor, View, make
from kytorch.tensor.values import Array

Argnums = int | Sequence[int]
T = TypeVar("T")


class Inputs:
    """The chosen arguments' Tensors, each apart from its other uses, but still recorded as made from what it was.

    `arguments` are all the arguments, with these Tensors in their places. Raises ValueError for an argument that is
    not there or named twice, and TypeError for one that is not made of Tensors of floats.
    """

    def __init__(self, name: str, args: Sequence[object], argnums: Argnums) -> None:
        self.one = isinstance(argnums, (int, np.integer))
        chosen = checked_argnums(name, argnums)
        places = [_place(name, i, len(args)) for i in chosen]
        if len(set(places)) != len(places):
            raise ValueError(f"{name}: argnums {tuple(chosen)} names one of {len(args)} arguments twice")
        self.arguments = list(args)
        self.structures: list[Structure[object]] = []
        self.tensors: list[Tensor] = []
        for i, place in zip(chosen, places):
            own = [differentiated(x) for x in tensors_of(args[place], f"{name}: argument {i}")]
            structure = structure_of(args[place])
            self.arguments[place] = built(structure, own)
            self.structures.append(structure)
            self.tensors += own
        self.nodes: list[GradFn] = [x._grad_fn for x in self.tensors]

    def are_all(self, outputs: Iterable[Tensor]) -> bool:
        """Whether `outputs` depend on nothing live but these inputs, and these on nothing: then nobody can
        differentiate a derivative again, and arrays are enough.
        """
        return not any(node._inputs for node in self.nodes) and leaves(outputs, self.nodes).issubset(self.nodes)

    def gradients(self, outputs: Sequence[Tensor], gs: Sequence[Gradient], view: View[Tensor] | None) -> list[Tensor]:
        """The gradient with respect to each input; zeros where there is none."""
        found = gradients_at(outputs, self.nodes, gs, view)
        return [zeros_like(x) if g is None else g.to(x.dtype) for g, x in zip(found, self.tensors)]

    def structured(self, values: Iterable[object]) -> object:
        """One value for each input, made as the argument is; a tuple of such for a sequence of argnums."""
        following = iter(values)
        trees = tuple([structure.build(following) for structure in self.structures])
        return trees[0] if self.one else trees


def checked_argnums(name: str, argnums: Argnums) -> list[int]:
    """`argnums` as a list. Raises TypeError for what is no int and no sequence of ints."""
    chosen: list[Any]
    if isinstance(argnums, (int, np.integer)):
        chosen = [argnums]
    elif isinstance(argnums, Iterable) and not isinstance(argnums, str):
        chosen = list(argnums)
    else:
        raise TypeError(f"{name}: argnums is to be an int or a tuple of ints, not {type(argnums).__name__}")
    for i in chosen:
        if not isinstance(i, (int, np.integer)) or isinstance(i, bool):
            raise TypeError(f"{name}: argnums is to be an int or a tuple of ints, not of {type(i).__name__}")
    if not chosen:
        raise ValueError(f"{name}: argnums is empty: it names no argument to differentiate with respect to")
    return chosen


def _place(name: str, i: int, n: int) -> int:
    if not -n <= i < n:
        raise ValueError(f"{name}: there is no argument {i}: the call has {n} positional argument{'s' * (n != 1)}")
    return i % n


def differentiated(x: Tensor) -> Tensor:
    """The value of `x` as an input of its own, still recorded as made from it."""
    if x._grad_fn is CONSTANT:
        return make(x._data, LeafGradFn())
    return InputBeingDifferentiatedGradFn().record(x._data, x)


def as_constant(array: Array, grad_fn: GradFn) -> Tensor:
    """A saved array as a constant, whoever made it: a walk's view under which only g is recorded."""
    return make(array, CONSTANT)


def output_and_aux(name: str, result: object, has_aux: bool) -> tuple[object, object]:
    """What a function answered, and what it answered beside. Raises TypeError if with `has_aux` it is no pair."""
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        kind = f"a tuple of {len(result)}" if isinstance(result, tuple) else type(result).__name__
        raise TypeError(f"{name}: with has_aux the function must return a pair (output, aux), not {kind}")
    return result[0], result[1]


def released(tree: T, inputs: Inputs) -> T:
    """`tree` with each Tensor that depends on nothing live but `inputs` as a constant, which holds no graph."""
    return map_tensors(lambda x: x.detach() if inputs.are_all([x]) else x, tree)
