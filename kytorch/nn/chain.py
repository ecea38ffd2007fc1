"""Layers one behind the other, recorded as one node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

import numpy as np

from kytorch.kernels import activation as more_kernels
from kytorch.kernels import elementwise as kernels
from kytorch.kernels.broadcast import sum_to_size
from kytorch.nn.activations.rectifiers import ReLU
from kytorch.nn.activations.sigmoids import Sigmoid, SiLU, SiluGradFn
from kytorch.nn.activations.soft import Sin, Tanh
from kytorch.nn.linear import Linear, LinearGradFn, affine, affine_vjp
from kytorch.nn.module import Module, note_layer
from kytorch.ops.activation import ReluGradFn, SigmoidGradFn
from kytorch.ops.hyperbolic import TanhGradFn
from kytorch.ops.trigonometry import SinGradFn
from kytorch.tensor.core import CONSTANT, A, GradFn, Tensor, View, make, read
from kytorch.tensor.rules import InputGradFn, OutputGradFn
from kytorch.tensor.values import Array, Shape
from kytorch.tensor.watching import watcher

Rule: TypeAlias = InputGradFn | OutputGradFn
Activation: TypeAlias = tuple[Callable[[Array], Array], Rule]

# One rule serves all, as it knows no Tensor. A subclass is another class, and called.
_ACTIVATIONS: Mapping[type[Module], Activation] = {
    ReLU: (kernels.relu, ReluGradFn()),
    Sigmoid: (kernels.sigmoid, SigmoidGradFn()),
    SiLU: (more_kernels.silu, SiluGradFn()),
    Sin: (np.sin, SinGradFn()),
    Tanh: (np.tanh, TanhGradFn()),
}
# What these stand for: a layer is called where somebody has put another in its place.
_FORWARDS: Mapping[type[Module], object] = {Linear: Linear.forward} | {kind: kind.forward for kind in _ACTIVATIONS}
_CALL = Module.__call__
_NOTHING: Array = np.empty(0)

# Of an activation its rule and what that reads; of an affine map None, its x, if the weight is live, and its weight,
# if x is.
Link: TypeAlias = tuple[Rule, Array, None] | tuple[None, Array | None, Array | None]


class ChainGradFn(GradFn):
    """y = f_n(... f_1(x)), of affine maps and activations, each with the rule that it has alone.

    The inputs are the weight and the bias of each map, the last map's first, and x.
    """

    __slots__ = ("_links",)

    def __init__(self, inputs: tuple[GradFn, ...], shapes: tuple[Shape, ...], links: list[Link]) -> None:
        self._inputs = inputs
        self._shapes = shapes
        self._links = links

    @property
    def name(self) -> str:
        """The operations at the chain's ends."""
        first, last = [
            (type(rule) if rule else LinearGradFn).__name__ for rule, *_ in (self._links[0], self._links[-1])
        ]
        return first if len(self._links) == 1 else f"{first} to {last}"

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        if isinstance(g, Tensor):
            return self._by_nodes(g, view)
        terms: list[Array | None] = []
        below: Array | None = g
        for link in reversed(self._links):
            if link[0] is None:
                below, g_w, rows = affine_vjp(g, link[1], link[2])
                terms.append(g_w)
                if self._inputs[len(terms)] is CONSTANT:
                    terms.append(None)
                else:
                    terms.append(rows[0] if len(rows) == 1 else sum_to_size(rows, rows.shape[1:]))
                if below is None:
                    break
            else:
                below = link[0].vjp(g, link[1])
            g = below
        return (*terms, below)

    def _by_nodes(self, g: Tensor, view: View[Tensor]) -> tuple[Tensor | None, ...]:
        """The same by a node for each operation, to which what its rule reads belongs."""
        *weights, made = self._inputs
        *shapes, shape = self._shapes
        nodes: list[GradFn] = []
        for link in self._links:
            if link[0] is None:
                b_fn, w_fn, b_shape, w_shape = weights.pop(), weights.pop(), shapes.pop(), shapes.pop()
                made = LinearGradFn((made, w_fn, b_fn), (shape, w_shape, b_shape), link[1], link[2])
                shape = (*shape[:-1], *b_shape)
            else:
                made = _node(link[0], link[1], made)
            nodes.append(made)
        terms: list[Tensor | None] = []
        below: Tensor | None = g
        for node in reversed(nodes):
            if below is not None:
                below, *others = node.vjps(below, view)
                terms += others
        return (*terms, below)


def _node(rule: Rule, read: Array, x_fn: GradFn) -> GradFn:
    """A node of its own for an activation."""
    made = type(rule)()
    made._inputs = (x_fn,)
    made._shapes = (read.shape,)
    if isinstance(made, OutputGradFn):
        made._y = read
    else:
        made._x = read
    return made


def in_order(layers: Iterable[Module], x: Tensor) -> Tensor:
    """What the last of `layers` makes, where the first gets `x` and each other one what the one before it made.

    Those that are known here and have no hooks are not called; neighbours of them are a chain.
    """
    # A watcher is told of every Tensor, and who has replaced the call sees every layer.
    known: Mapping[type[Module], object] = _FORWARDS if watcher.get() is None and Module.__call__ is _CALL else {}
    links: list[Link] | None = None  # of the chain that ends here, if there is one
    data = _NOTHING  # its value
    live = False  # whether that has a gradient
    inputs: list[GradFn] = []  # in the other order than the node's
    shapes: list[Shape] = []
    for layer in layers:
        kind = type(layer)
        if kind.forward is not known.get(kind) or layer._hooks is not None or "forward" in layer.__dict__:
            if links is not None:
                x, links = _made(data, live, links, inputs, shapes), None
            x = layer(x)
            continue
        if links is None:
            if type(x) is not Tensor or x._data.dtype.kind != "f":
                x = layer(x)
                continue
            data, live, links = x._data, x._grad_fn is not CONSTANT, []
            inputs, shapes = [x._grad_fn], [data.shape]
        try:
            if isinstance(layer, Linear):
                w, w_fn = read(layer.weight)
                b, b_fn = (None, CONSTANT) if layer.bias is None else read(layer.bias)
                y = affine(data, w, b)
                if live or w_fn is not CONSTANT or b_fn is not CONSTANT:
                    links.append((None, None if w_fn is CONSTANT else data, w if live else None))
                    inputs += b_fn, w_fn
                    shapes += w.shape[:1], w.shape
                    if not live:
                        live, shapes[0] = True, data.shape
            else:
                function, rule = _ACTIVATIONS[kind]
                y = function(data)
                if live:
                    links.append((rule, y if isinstance(rule, OutputGradFn) else data, None))
        except Exception as error:
            note_layer(error, layer)
            raise
        data = y
    return x if links is None else _made(data, live, links, inputs, shapes)


def _made(data: Array, live: bool, links: list[Link], inputs: list[GradFn], shapes: list[Shape]) -> Tensor:
    if not live:
        return make(data, CONSTANT)
    inputs.reverse()
    shapes.reverse()
    return make(data, ChainGradFn((*inputs,), (*shapes,), links))
