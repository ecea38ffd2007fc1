"""Recomputing instead of storing (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost")."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any, ParamSpec, TypeVar, overload

import numpy as np

from kytorch.autodiff import walk
from kytorch.func.inputs import differentiated
from kytorch.func.tree import built, leaves_of, structure_of
from kytorch.ops.join import cat
from kytorch.tensor.contexts import Setting
from kytorch.tensor.core import CONSTANT, A, GradFn, LeafGradFn, Tensor, TrainableWeight, View, make
from kytorch.tensor.holder import ArrayHolder
from kytorch.tensor.random import Draws, drawing
from kytorch.tensor.reading import Detachable, Reader, reading
from kytorch.tensor.values import Array, Shape
from kytorch.tensor.watching import Watcher, watcher

P = ParamSpec("P")
R = TypeVar("R")
D = TypeVar("D", bound=Detachable)


@overload
def checkpoint(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def checkpoint(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R: ...
def checkpoint(function: Callable[..., object], /, *args: object, **kwargs: object) -> object:
    """`function` as one that keeps only its arguments and runs again in the backward pass; given arguments, its answer.

    So checkpoint(f)(x) and checkpoint(f, x) are f(x), with memory for what f computes between saved at the price of
    its time. The gradients are the same, of the arguments, of the weights that f reads and of what it closes over, to
    any order. Arguments and answer may be made of tuples, lists and dicts. Run again, f reads the weights' values of
    the first time and draws the same from the default random generator, whatever other threads draw. It must otherwise
    do the same again: draws from another generator, and what it changes, such as a running mean, come twice.
    """
    if not callable(function):
        raise TypeError(f"checkpoint: expected a function, not {type(function).__name__}")
    if args or kwargs:
        return _run(function, args, kwargs)

    def checkpointed(*args: object, **kwargs: object) -> object:
        return _run(function, args, kwargs)

    return update_wrapper(checkpointed, function)


class CheckpointGradFn(GradFn):
    """y = f(x), with f run again for its rule; several outputs are one behind the other."""

    __slots__ = ("_call", "_others")
    _call: _Call
    _others: list[GradFn]

    def __init__(self, call: _Call, others: list[GradFn]) -> None:
        self._call = call
        self._others = others  # the nodes of other inputs than the arguments, which the function meets itself

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        xs: list[Tensor] = []
        for array, grad_fn in zip(self._call.arrays, self._inputs):
            x = view(array, grad_fn)
            xs.append(differentiated(x) if isinstance(x, Tensor) else make(x, LeafGradFn()))
        y = self._call.again(xs)
        targets = [x._grad_fn for x in xs] + self._others
        reached = walk(y._grad_fn, g, view, set(targets)) if y.shape == g.shape else {}
        if len(reached) != len(targets):
            raise ValueError(
                f"checkpoint: {self._call.name} did something else when it ran again, so its gradients would be wrong; "
                "it must not depend on what changes between, nor use detect_anomaly() within"
            )
        return tuple([reached[target] for target in targets])

    def record(self, y: Array, inputs: Sequence[GradFn], shapes: Sequence[Shape]) -> Tensor:
        """The Tensor of `y`, a fresh array, as made from what `inputs` made, of `shapes`."""
        self._inputs = tuple(inputs)
        self._shapes = tuple(shapes)
        return make(y, self)


class _Call:
    """A call that can be repeated: with Tensors in place of its live ones, and all else as it was."""

    def __init__(self, function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> None:
        self.name = getattr(function, "__name__", type(function).__name__)
        self.arrays: list[Array] = []  # of the live arguments that are used
        self.outputs: list[int] = []  # the places of live Tensors in the answer
        self._function = function
        self._structure = structure_of((args, kwargs))
        self._leaves = leaves_of((args, kwargs))
        self._places: list[int] = []  # of these arguments among the leaves
        self._read: dict[object, Any] = {}  # what reading each weight gave at first
        self._draws = Draws()

    def first(self) -> object:
        """Run the function for its answer, of which only the ends of the graph are kept."""
        places = [i for i, x in enumerate(self._leaves) if isinstance(x, Tensor) and x._grad_fn is not CONSTANT]
        outer = [x for x in self._leaves if isinstance(x, Tensor) and x._grad_fn is not CONSTANT]
        inner = [make(x._data, LeafGradFn()) for x in outer]
        seen = _Made(watcher.get())
        with Setting[Watcher | None](watcher, seen), Setting[Reader | None](reading, self._recorder(reading.get())):
            answer = self._called(places, inner, self._draws)
        parts = leaves_of(answer)
        self.outputs = [i for i, y in enumerate(parts) if isinstance(y, Tensor) and y._grad_fn is not CONSTANT]
        ends = _ends([parts[i] for i in self.outputs], seen.nodes)

        inputs: list[GradFn] = []
        shapes: list[Shape] = []
        for i, x, own in zip(places, outer, inner):
            self._leaves[i] = x.detach() if own._grad_fn not in ends else None
            if own._grad_fn in ends:
                self._places.append(i)
                self.arrays.append(x._data)
                inputs.append(x._grad_fn)
                shapes.append(ends.pop(own._grad_fn))
        node = CheckpointGradFn(self, list(ends))
        if not inputs and not ends:
            return answer
        ys = [y for i in self.outputs if isinstance(y := parts[i], Tensor)]
        joined = _joined([y.detach() for y in ys])
        y = node.record(joined._data, [*inputs, *ends], [*shapes, *ends.values()])
        for i, part in zip(self.outputs, _apart(y, ys)):
            parts[i] = part
        return built(structure_of(answer), parts)

    def again(self, xs: Sequence[Tensor]) -> Tensor:
        """Run the function once more with `xs` in place of `arrays`: its live outputs, joined."""
        with Setting[Reader | None](reading, self._replay):
            parts = leaves_of(self._called(self._places, xs, self._draws.again()))
        ys = [parts[i] if i < len(parts) else None for i in self.outputs]
        return _joined([y for y in ys if isinstance(y, Tensor)])

    def _called(self, places: Sequence[int], xs: Sequence[Tensor], draws: Draws) -> object:
        leaves = list(self._leaves)
        for i, x in zip(places, xs):
            leaves[i] = x
        args, kwargs = built(self._structure, leaves)
        try:
            with Setting[Draws | None](drawing, draws):
                return self._function(*args, **kwargs)
        finally:
            draws.finish()

    def _recorder(self, reader: Reader | None) -> Reader:
        def recorded(weight: object, own: D, /) -> D:
            value: D = self._read.get(weight, own)
            if weight not in self._read:
                value = own if reader is None else reader(weight, own)
                if isinstance(weight, TrainableWeight) or value is not own:  # a module's own buffer may change between
                    self._read[weight] = value
            return value

        return recorded

    def _replay(self, weight: object, own: D, /) -> D:
        value: D = self._read.get(weight, own)
        return value


class _Made:
    """Who made what: the nodes recorded while it watches, beside what another watcher wants to see."""

    def __init__(self, other: Watcher | None) -> None:
        self.nodes: set[int] = set()  # by id: what is older than these was there all the time
        self._other: Watcher | None = other._other if isinstance(other, _Made) else other
        self.sees_gradients = self._other is not None and self._other.sees_gradients

    def made(self, data: Array, grad_fn: object) -> None:
        self.nodes.add(id(grad_fn))
        if self._other is not None:
            self._other.made(data, grad_fn)

    def flowed(self, g: ArrayHolder | Array, grad_fn: object) -> None:
        if self._other is not None:
            self._other.flowed(g, grad_fn)


def _run(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    return _Call(function, args, kwargs).first()


def _ends(outputs: Sequence[object], made: set[int]) -> dict[GradFn, Shape]:
    """The nodes at which the graph that `made` made ends, leaves and older nodes, with the shapes of what they made."""
    ends: dict[GradFn, Shape] = {}
    unseen = [(y._grad_fn, y._data.shape) for y in outputs if isinstance(y, Tensor)]
    seen = {node for node, _ in unseen}
    while unseen:
        node, shape = unseen.pop()
        if not node._inputs or id(node) not in made:
            ends[node] = shape
            continue
        for child, shape in zip(node._inputs, node._shapes):
            if child is not CONSTANT and child not in seen:
                seen.add(child)
                unseen.append((child, shape))
    return ends


def _joined(ys: Sequence[Tensor]) -> Tensor:
    """One Tensor as it is, several flat and one behind the other in their common dtype."""
    if len(ys) == 1:
        return ys[0]
    dtype = np.result_type(*[y.dtype for y in ys])
    return cat([y.to(dtype).reshape(-1) for y in ys])


def _apart(y: Tensor, like: Sequence[Tensor]) -> list[Tensor]:
    """What `_joined` made of Tensors like these, taken apart."""
    if len(like) == 1:
        return [y]
    parts: list[Tensor] = []
    start = 0
    for part in like:
        parts.append(y[start : start + part.size].reshape(part.shape).to(part.dtype))
        start += part.size
    return parts
