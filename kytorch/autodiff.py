"""The walk: from a Tensor back to the weights and inputs that it depends on.

Recursive by definition, a node's answer being made of its inputs' answers; evaluated with an explicit stack,
each node once, after all of its consumers have delivered.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from kytorch.kernels import broadcast
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
from kytorch.tensor.methods.registry import method
from kytorch.tensor.values import Array
from kytorch.tensor.watching import watcher


class InputBeingDifferentiatedGradFn(UnaryGradFn):
    """y = x, apart from the other uses of x,  dy = dx"""

    __slots__ = ()

    def vjp(self, g: A) -> A:
        return g


@method
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


@method
def backward_from(grad_fn: GradFn, loss_wrt_output: Gradient, create_graph: bool = False) -> Gradients:
    """The gradient with respect to every weight below `grad_fn`, given that with respect to its output."""
    if not isinstance(loss_wrt_output, Tensor):
        raise TypeError(f"backward: the gradient is to be a Tensor, not {type(loss_wrt_output).__name__}")
    if create_graph:
        gradients = [(g, weight) for weight, g in _by_weight(walk(grad_fn, loss_wrt_output, make)).items()]
    else:
        arrays = _by_weight(walk(grad_fn, loss_wrt_output._data, _array))
        gradients = [(make(g, CONSTANT), weight) for weight, g in arrays.items()]
    if not gradients:
        raise ValueError(
            "backward: the output depends on no TrainableWeight (read under no_grad, detached, or made of constants)"
        )
    return gradients


def gradients_at(
    output: Tensor, inputs: Sequence[GradFn], gradient: Gradient, create_graph: bool
) -> list[Gradient | None]:
    """The gradient of `output` with respect to what each of `inputs` made, or None where it does not depend on it."""
    stops = set(inputs)
    if create_graph:
        reached = walk(output.grad_fn, gradient, make, stops)
    else:
        arrays = walk(output.grad_fn, gradient._data, _array, stops)
        reached = {grad_fn: make(g, CONSTANT) for grad_fn, g in arrays.items()}
    return [reached.get(grad_fn) for grad_fn in inputs]


def leaves(root: GradFn, stops: Collection[GradFn] = ()) -> list[GradFn]:
    """The live leaves of a graph, and those of `stops` at which a walk would end."""
    return [node for node in _consumers(root, stops) if node in stops or not node._inputs]


def walk(root: GradFn, g: A, view: View[A], stops: Collection[GradFn] = ()) -> dict[GradFn, A]:
    """The gradient at each live leaf below `root` and at each of `stops`, below which nothing is visited.

    `g` is the gradient at `root`; `view` says how the rules see saved arrays, and so whether they run on arrays or
    on Tensors.
    """
    if root is CONSTANT:
        return {}
    waiting = _consumers(root, stops)
    watching = watcher.get()
    partial: dict[GradFn, A] = {}  # what has arrived at nodes that wait for more
    sums: set[GradFn] = set()  # of these, the buffers made here, which may be added to in place
    reached: dict[GradFn, A] = {}
    ready = [(root, g)]
    with np.errstate(all="ignore"):  # what is not finite reaches no weight: the optimizers refuse it
        while ready:
            node, g = ready.pop()
            if not node._inputs or node in stops:
                reached[node] = g
                continue
            terms = node.vjps(g, view)
            if len(terms) != len(node._inputs):
                raise ValueError(f"{node.name}: its rule made {len(terms)} gradients for {len(node._inputs)} inputs")
            for child, shape, term in zip(node._inputs, node._shapes, terms):
                if child is CONSTANT:
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


def _consumers(root: GradFn, stops: Collection[GradFn]) -> dict[GradFn, int]:
    """For every live node from `root` down, how many inputs of other nodes it is."""
    count = {root: 0}
    unseen = [root]
    while unseen:
        node = unseen.pop()
        if node in stops:
            continue
        for child in node._inputs:
            if child in count:
                count[child] += 1
            elif child is not CONSTANT:
                count[child] = 1
                if child._inputs:
                    unseen.append(child)
    return count


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


def _array(array: Array, grad_fn: GradFn) -> Array:
    """How a rule on arrays sees what was saved: as it is."""
    return array
