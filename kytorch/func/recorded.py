"""Gradients with respect to what is on a recorded graph, after the fact."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, overload

import numpy as np

from kytorch.autodiff import gradients_at, leaves
from kytorch.tensor.core import CONSTANT, GradFn, Gradient, LeafGradFn, Tensor, TrainableWeight, make

Outputs: TypeAlias = Tensor | Sequence[Tensor]
Input: TypeAlias = Tensor | TrainableWeight


@overload
def grad(
    outputs: Outputs,
    inputs: Input | Sequence[Input],
    grad_outputs: Gradient | Sequence[Gradient | None] | None = None,
    *,
    create_graph: bool = False,
    allow_unused: Literal[False] = False,
    materialize_grads: bool = False,
) -> tuple[Gradient, ...]: ...
@overload
def grad(
    outputs: Outputs,
    inputs: Input | Sequence[Input],
    grad_outputs: Gradient | Sequence[Gradient | None] | None = None,
    *,
    create_graph: bool = False,
    allow_unused: bool,
    materialize_grads: Literal[True],
) -> tuple[Gradient, ...]: ...
@overload
def grad(
    outputs: Outputs,
    inputs: Input | Sequence[Input],
    grad_outputs: Gradient | Sequence[Gradient | None] | None = None,
    *,
    create_graph: bool = False,
    allow_unused: bool,
    materialize_grads: bool = False,
) -> tuple[Gradient | None, ...]: ...
def grad(
    outputs: Outputs,
    inputs: Input | Sequence[Input],
    grad_outputs: Gradient | Sequence[Gradient | None] | None = None,
    *,
    create_graph: bool = False,
    allow_unused: bool = False,
    materialize_grads: bool = False,
) -> tuple[Gradient | None, ...]:
    """The gradient of the sum of `outputs` with respect to each of `inputs`, as torch.autograd.grad: always a tuple.

    An input is a Tensor on the graph (made with requires_grad=True, or an intermediate one) or a TrainableWeight,
    whose reads are added up. `grad_outputs` are the gradients with respect to the outputs; None is for a scalar. With
    `create_graph` the answers can be differentiated again. For an input that no output depends on the answer is zeros
    with `materialize_grads`, None with `allow_unused`, and else a ValueError. Changes nothing, and may be called
    again. Raises ValueError for an output that is no finite scalar where its gradient is not given, and for shapes
    that differ.
    """
    ys: list[Tensor] = _listed("outputs", outputs)
    xs: list[Input] = _listed("inputs", inputs)
    given = [None] * len(ys) if grad_outputs is None else _listed("grad_outputs", grad_outputs)
    if len(given) != len(ys):
        raise ValueError(f"grad: {len(ys)} outputs, and gradients with respect to {len(given)}")
    gs = [_incoming(i, y, g) for i, (y, g) in enumerate(zip(ys, given))]
    nodes = _nodes(xs, ys)
    flat = [node for own in nodes for node in own]
    found = iter(gradients_at(ys, flat, gs, make if create_graph else None, through=True))
    answer: list[Gradient | None] = []
    for i, (x, own) in enumerate(zip(xs, nodes)):
        terms = [g.to(x.dtype) for g in [next(found) for _ in own] if g is not None]
        if terms:
            answer.append(sum(terms[1:], terms[0]))
        elif materialize_grads:
            answer.append(make(np.zeros_like(x._data), CONSTANT))
        elif allow_unused:
            answer.append(None)
        else:
            raise ValueError(
                f"grad: the outputs do not depend on input {i}, of shape {x.shape}; allow_unused=True answers None for "
                "it, and materialize_grads=True zeros"
            )
    return tuple(answer)


def _listed(name: str, value: object) -> list[Any]:
    if isinstance(value, (Tensor, TrainableWeight)):
        return [value]
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"grad: {name} is to be a Tensor, or a tuple or list of such, not {type(value).__name__}")
    return list(value)


def _incoming(i: int, y: Tensor, g: Gradient | None) -> Gradient:
    """The gradient with respect to output `i`: `g`, or 1 for a scalar."""
    for what, value in (("output", y), ("grad_outputs", g)):
        if not isinstance(value, Tensor) and (what == "output" or value is not None):
            raise TypeError(f"grad: {what} {i} is to be a Tensor, not {type(value).__name__}")
    if g is not None:
        if g.shape != y.shape:
            raise ValueError(f"grad: grad_outputs {i} has shape {g.shape}, and output {i} {y.shape}")
        return g
    if y.ndim:
        raise ValueError(f"grad: output {i} has shape {y.shape}; reduce it first, or pass grad_outputs")
    if not math.isfinite(y._data.item()):
        raise ValueError(f"grad: output {i} is {y.item()}; detect_anomaly() finds the operation that made it")
    return make(np.ones_like(y._data), CONSTANT)


def _nodes(inputs: Sequence[Input], outputs: Sequence[Tensor]) -> list[list[GradFn]]:
    """For each input the nodes that stand for it: a Tensor's own, or those of every read of a weight."""
    reads: dict[TrainableWeight, list[GradFn]] = {x: [] for x in inputs if isinstance(x, TrainableWeight)}
    if reads:
        for leaf in leaves(outputs):
            if isinstance(leaf, LeafGradFn) and leaf._weight in reads:
                reads[leaf._weight].append(leaf)
    nodes: list[list[GradFn]] = []
    for i, x in enumerate(inputs):
        if isinstance(x, TrainableWeight):
            nodes.append(reads[x])
        elif not isinstance(x, Tensor):
            raise TypeError(f"grad: input {i} is to be a Tensor or a TrainableWeight, not {type(x).__name__}")
        elif x._grad_fn is CONSTANT:
            raise ValueError(
                f"grad: input {i} is a constant, of which nothing is recorded; make it with requires_grad=True"
            )
        else:
            nodes.append([x._grad_fn])
    return nodes
