"""The walk: from a Tensor back to the weights and inputs that it depends on.

Recursive by definition, a node's answer being made of its inputs' answers; evaluated with an explicit stack,
each node once, after all of its consumers have delivered.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np

from kytorch.kernels import broadcast, memory
from kytorch.kernels.blas import one_thread
from kytorch.tensor.core import (
    CONSTANT,
    A,
    GradFn,
    Gradient,
    Gradients,
    LeafGradFn,
    Tensor,
    TrainableWeight,
    UnaryGradFn,
    View,
    make,
)
from kytorch.tensor.methods.registry import hook
from kytorch.tensor.rules import PartGradFn
from kytorch.tensor.values import Array
from kytorch.tensor.watching import watcher


class InputBeingDifferentiatedGradFn(UnaryGradFn):
    """y = x, apart from the other uses of x,  dy = dx"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return g


@hook
def backward(output: Tensor, gradient: Gradient | None = None, create_graph: bool = False) -> Gradients:
    """The gradient of the scalar `output` with respect to every weight that it depends on."""
    if gradient is None:
        if output.ndim:
            raise ValueError(
                f"backward: starts from a scalar, not from shape {output.shape}; reduce it first, with sum() or "
                "mean(), or pass the gradient with respect to it"
            )
        if not math.isfinite(output._data.item()):
            raise ValueError(
                f"backward: the loss is {output.item()}; detect_anomaly() finds the operation that made it"
            )
        gradient = make(output._data.dtype.type(1), CONSTANT)
    elif isinstance(gradient, Tensor) and gradient.shape != output.shape:
        raise ValueError(f"backward: a gradient of shape {gradient.shape} for an output of shape {output.shape}")
    return backward_from(output._grad_fn, gradient, create_graph)


@hook
def backward_from(grad_fn: GradFn, loss_wrt_output: Gradient, create_graph: bool = False) -> Gradients:
    """The gradient with respect to every weight below `grad_fn`, given that with respect to its output."""
    if not isinstance(loss_wrt_output, Tensor):
        raise TypeError(f"backward: the gradient is to be a Tensor, not {type(loss_wrt_output).__name__}")
    if create_graph:
        gradients = [(g, weight) for weight, g in _by_weight(walk(grad_fn, loss_wrt_output, make)).items()]
    else:
        arrays = _by_weight(walk(grad_fn, loss_wrt_output._data, array_itself))
        gradients = [(make(g, CONSTANT), weight) for weight, g in arrays.items()]
    if not gradients:
        raise ValueError(
            "backward: the output depends on no TrainableWeight (frozen, read under no_grad, detached, or made of "
            "constants)"
        )
    return gradients


class SeveralGradFn(GradFn):
    """Where a walk from several outputs begins: each gets the gradient that was given for it."""

    __slots__ = ("_gs",)
    _gs: Sequence[Any]  # arrays or Tensors, as the walk's

    def __init__(self, outputs: Sequence[Tensor], gs: Sequence[Any]) -> None:
        self._inputs = tuple([y._grad_fn for y in outputs])
        self._shapes = tuple([y._data.shape for y in outputs])
        self._gs = gs

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        return tuple(self._gs)


def gradients_at(
    outputs: Sequence[Tensor],
    inputs: Sequence[GradFn],
    gradients: Sequence[Gradient],
    view: View[Tensor] | None = None,
    through: bool = False,
) -> list[Gradient | None]:
    """The gradient of the outputs together with respect to what each of `inputs` made, None where there is none.

    `gradients` are those with respect to the outputs. With a `view` of saved arrays as Tensors the answers can be
    differentiated. Where one input was made from another, the first is taken for a constant of the second, unless
    `through`.
    """
    if not outputs:
        return [None] * len(inputs)
    targets = set(inputs) - {CONSTANT}
    if view is None:
        arrays = [g._data for g in gradients]
        root = outputs[0]._grad_fn if len(outputs) == 1 else SeveralGradFn(outputs, arrays)
        reached = {node: make(g, CONSTANT) for node, g in walk(root, arrays[0], array_itself, targets, through).items()}
    else:
        root = outputs[0]._grad_fn if len(outputs) == 1 else SeveralGradFn(outputs, gradients)
        reached = walk(root, gradients[0], view, targets, through)
    return [reached.get(grad_fn) for grad_fn in inputs]


def leaves(outputs: Iterable[Tensor], ends: Collection[GradFn] = ()) -> set[GradFn]:
    """The live nodes at which the graphs of `outputs` end: leaves, and those of `ends` that are reached first."""
    unseen = {y._grad_fn for y in outputs} - {CONSTANT}
    seen = set(unseen)
    found: set[GradFn] = set()
    while unseen:
        node = unseen.pop()
        if not node._inputs or node in ends:
            found.add(node)
            continue
        for child in node._inputs:
            if child is not CONSTANT and child not in seen:
                seen.add(child)
                unseen.add(child)
    return found


# What is not finite reaches no weight, since the optimizers refuse it, and so NumPy need not warn of it.
@np.errstate(all="ignore")
def walk(
    root: GradFn, g: A, view: View[A], targets: Collection[GradFn] | None = None, through: bool = False
) -> dict[GradFn, A]:
    """The gradient at each live leaf below `root`; given `targets`, at each of them, only what leads to them visited.

    `g` is the gradient at `root`; `view` says how the rules see saved arrays, and so whether they run on arrays or
    on Tensors. Below a target nothing is visited, unless `through`.
    """
    if root is CONSTANT:
        return {}
    memory.used()
    ends: Collection[GradFn] = ()
    if targets is None:
        waiting = _consumers(root)
    else:
        waiting, ends = _consumers_towards(root, targets, through)
        if root not in waiting:
            return {}
    watching = watcher.get()
    if watching is not None and not watching.sees_gradients:
        watching = None
    partial: dict[GradFn, A] = {}  # what has arrived at nodes that wait for more
    sums: set[GradFn] = set()  # of these, the buffers made here, which may be added to in place
    reached: dict[GradFn, A] = {}
    ready = [(root, g)]
    with one_thread():  # for the products of the rules
        while ready:
            node, g = ready.pop()
            if not node._inputs or node in ends:
                reached[node] = g
                continue
            if through and targets and node in targets:
                reached[node] = g
            if isinstance(node, PartGradFn) and not isinstance(g, Tensor) and watching is None:
                child = node._inputs[0]
                if child in sums and partial[child].dtype == g.dtype and partial[child].ndim:
                    node.add_to(partial[child], g)
                    if waiting[child] > 1:
                        waiting[child] -= 1
                    elif child._inputs:
                        ready.append((child, partial.pop(child)))
                    else:
                        reached[child] = partial.pop(child)
                    continue
                if child not in partial:
                    sums.add(child)
            terms = node.vjps(g, view)
            if len(terms) != len(node._inputs):
                raise ValueError(f"{node.name}: its rule made {len(terms)} gradients for {len(node._inputs)} inputs")
            for child, shape, term in zip(node._inputs, node._shapes, terms):
                if child is CONSTANT or (targets is not None and child not in waiting):
                    continue
                if term is None:
                    raise NotImplementedError(f"{node.name}: its rule has no gradient for an input that needs one")
                if watching is not None:
                    watching.flowed(term, node)
                try:
                    fits = term.shape == shape
                except AttributeError:
                    kind = type(term).__name__
                    raise TypeError(f"{node.name}: its rule made a {kind}, not an array or a Tensor") from None
                if not fits:
                    term = _sum_to_size(node, term, shape)
                if partial and child in partial:
                    if child in sums and term.dtype == partial[child].dtype:
                        partial[child] += term
                    else:
                        partial[child] = partial[child] + term
                        sums.add(child)
                    term = partial[child]
                if waiting[child] > 1:
                    waiting[child] -= 1
                    partial[child] = term
                else:
                    if partial:
                        partial.pop(child, None)
                    if child._inputs:
                        ready.append((child, term))
                    else:
                        reached[child] = term
    return reached


def _consumers(root: GradFn) -> dict[GradFn, int]:
    """For every live node from `root` down, how many inputs of other nodes it is."""
    count = {root: 0}
    unseen = [root]
    while unseen:
        for child in unseen.pop()._inputs:
            if child in count:
                count[child] += 1
            elif child is not CONSTANT:
                count[child] = 1
                if child._inputs:
                    unseen.append(child)
    return count


def _consumers_towards(
    root: GradFn, targets: Collection[GradFn], through: bool
) -> tuple[dict[GradFn, int], set[GradFn]]:
    """The same for the nodes that lead to `targets` only, and those of them below which nothing is to be visited."""
    leads: dict[GradFn, bool] = {}
    path: list[tuple[GradFn, bool]] = [(root, False)]
    while path:
        node, children_known = path.pop()
        if children_known:
            leads[node] = node in targets or any(leads[child] for child in node._inputs)
        elif node not in leads:
            leads[node] = node in targets
            if node._inputs and (through or not leads[node]):
                path.append((node, True))
                path += [(child, False) for child in node._inputs if child not in leads]
    if not leads[root]:
        return {}, set()
    count, unseen, ends = {root: 0}, [root], set()
    while unseen:
        node = unseen.pop()
        target = node in targets
        children = [] if target and not through else [child for child in node._inputs if leads[child]]
        if target and not children:
            ends.add(node)
        for child in children:
            if child in count:
                count[child] += 1
            else:
                count[child] = 1
                unseen.append(child)
    return count, ends


def _sum_to_size(node: GradFn, term: A, shape: tuple[int, ...]) -> A:
    try:
        if isinstance(term, Tensor):
            return term.sum_to_size(shape)
        return broadcast.sum_to_size(term, shape)
    except ValueError:
        raise ValueError(
            f"{node.name}: its rule made a gradient of shape {term.shape} for an input of shape {shape}"
        ) from None


def _by_weight(reached: dict[GradFn, A]) -> dict[TrainableWeight, A]:
    """The gradients at the weights' leaves, those of one weight added, in the weight's dtype."""
    total: dict[TrainableWeight, A] = {}
    for leaf, g in reached.items():
        weight = leaf._weight if isinstance(leaf, LeafGradFn) else None
        if weight is None:
            continue
        if g.dtype is not weight._data.dtype:
            g = g.to(weight.dtype) if isinstance(g, Tensor) else g.astype(weight.dtype, copy=False)
        total[weight] = total[weight] + g if weight in total else g
    return total


def array_itself(array: Array, grad_fn: GradFn) -> Array:
    """How a rule on arrays sees what was saved: as it is."""
    return array
