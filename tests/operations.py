"""The table of operations: what each computes, written in NumPy, and the inputs on which its laws are tried."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import kytorch
from kytorch.tensor.methods import METHODS

Array = npt.NDArray[Any]
Shape = tuple[int, ...]
Shapes = tuple[Shape, ...]
Draw = Callable[[np.random.Generator, Shape], Array]

FLOATS = (np.float16, np.float32, np.float64)


@dataclass(frozen=True)
class Row:
    """One operation with one choice of its options.

    `call` runs on Tensors, and on arrays if `on_arrays`; `reference` runs on float64 arrays. Each of `shapes` gives the
    inputs' shapes for one trial, whose values `draw` makes, away from kinks. `kind` is the answer's dtype where that
    is not the inputs'. An operation that is not `differentiable` gives a constant.
    """

    name: str
    option: str
    call: Callable[..., Any]
    reference: Callable[..., Any]
    shapes: tuple[Shapes, ...]
    draw: tuple[Draw, ...]
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    kind: Any
    differentiable: bool
    on_arrays: bool
    has_method: bool

    @property
    def id(self) -> str:
        return f"{self.name}-{self.option}" if self.option else self.name

    def inputs(self, shapes: Shapes, dtype: Any = np.float64) -> tuple[Array, ...]:
        """The same numbers at every call."""
        generator = np.random.default_rng(7)
        draws = self.draw * len(shapes) if len(self.draw) == 1 else self.draw
        return tuple([draw(generator, shape).astype(dtype) for draw, shape in zip(draws, shapes)])

    def expected(self, *inputs: Array) -> Array:
        return np.asarray(self.reference(*[x.astype(np.float64) for x in inputs]))

    def __call__(self, *inputs: Any) -> Any:
        return self.call(*inputs, *self.arguments, **self.keywords)

    def method(self, *inputs: Any) -> Any:
        return getattr(inputs[0], self.name)(*inputs[1:], *self.arguments, **self.keywords)


def normal(generator: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(generator.standard_normal(shape))


def positive(generator: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(generator.uniform(0.5, 2.0, shape))


def negative(generator: np.random.Generator, shape: Shape) -> Array:
    return -positive(generator, shape)


def nonzero(generator: np.random.Generator, shape: Shape) -> Array:
    return positive(generator, shape) * np.where(generator.random(shape) < 0.5, -1.0, 1.0)


def wide(generator: np.random.Generator, shape: Shape) -> Array:
    return 12.0 * normal(generator, shape)


ROWS: list[Row] = []


def row(
    name: str,
    reference: Callable[..., Any],
    shapes: Sequence[Shapes],
    *arguments: Any,
    option: str = "",
    call: Callable[..., Any] | None = None,
    draw: Draw | tuple[Draw, ...] = normal,
    kind: Any = None,
    differentiable: bool = True,
    on_arrays: bool = True,
    **keywords: Any,
) -> None:
    function = METHODS[name] if name in METHODS else getattr(kytorch, name)
    given = ", ".join([*map(str, arguments), *[f"{key}={value}" for key, value in keywords.items()]])
    draws = draw if isinstance(draw, tuple) else (draw,)
    has_method = call is None and hasattr(kytorch.Tensor, name)
    ROWS.append(
        Row(name, option or given, call or function, reference, tuple(shapes), draws, arguments, keywords, kind,
            differentiable, on_arrays, has_method)
    )  # fmt: skip


UNARY: list[Shapes] = [((3, 4),), ((),), ((0, 3),), ((2, 1, 3),)]
BINARY: list[Shapes] = [
    ((3, 4), (3, 4)),
    ((3, 1), (1, 4)),
    ((4,), (2, 3, 4)),
    ((2, 3), ()),
    ((), ()),
    ((0, 3), (1, 3)),
    ((1,), (0,)),
]
# float16 of exact values, so that it widens no other dtype.
HALVES = np.array([0.5, -1.5, 2.0, 1.0], np.float16)

# Arithmetic. Each operator is tried as a function, and with a number and an array on either side.

for name, function, symbol in [
    ("add", np.add, operator.add),
    ("sub", np.subtract, operator.sub),
    ("mul", np.multiply, operator.mul),
    ("div", np.true_divide, operator.truediv),
]:
    row(name, function, BINARY, draw=nonzero)
    row(name, function, BINARY, option="operator", call=symbol, draw=nonzero)
    row(name, lambda x, f=function: f(x, 2.5), UNARY, 2.5, draw=nonzero)
    row(name, lambda x, f=function: f(x, 3), UNARY, 3, draw=nonzero)
    row(name, lambda x, f=function: f(1.5, x), UNARY, option="number on the left", draw=nonzero,
        call=lambda x, f=symbol: f(1.5, x))  # fmt: skip
    row(name, lambda x, f=function: f(HALVES.astype(np.float64), x), [((3, 4),), ((),), ((0, 1),)], draw=nonzero,
        option="array on the left", call=lambda x, f=symbol: f(HALVES, x))  # fmt: skip
    row(name, lambda x, f=function: f(x, HALVES.astype(np.float64)), [((3, 4),), ((),), ((0, 1),)], draw=nonzero,
        option="array on the right", call=lambda x, f=symbol: f(x, HALVES))  # fmt: skip
    row(name, lambda x, f=function: f(x, x), UNARY, option="of one twice", call=lambda x, f=symbol: f(x, x),
        draw=nonzero)  # fmt: skip

row("neg", np.negative, UNARY)
row("neg", np.negative, UNARY, option="operator", call=operator.neg)
row("pow", np.power, BINARY, draw=(positive, normal))
row("pow", np.power, BINARY, option="operator", call=operator.pow, draw=(positive, normal))
for exponent in (0, 1, 2, 3, -1, -2, 2.0, 0.0):
    row("pow", lambda x, n=exponent: x**n, UNARY, exponent, draw=nonzero)
for exponent in (0.5, -1.5):
    row("pow", lambda x, n=exponent: x**n, UNARY, exponent, draw=positive)
row("pow", lambda x: 2.5**x, UNARY, option="number on the left", call=lambda x: 2.5**x)
row("pow", lambda x: 2.5**x, UNARY, option="number as first argument", call=lambda x: kytorch.pow(2.5, x))
row("pow", lambda x: np.abs(HALVES.astype(np.float64)) ** x, [((3, 4),), ((),)], option="array on the left",
    call=lambda x: np.abs(HALVES) ** x)  # fmt: skip
row("pow", lambda x: x ** HALVES.astype(np.float64), [((3, 4),), ((),)], option="array on the right",
    call=lambda x: x**HALVES, draw=positive)  # fmt: skip
row("pow", lambda x: x**x, UNARY, option="of one twice", call=lambda x: x**x, draw=positive)

for name, function, symbol in [
    ("eq", np.equal, operator.eq),
    ("ne", np.not_equal, operator.ne),
    ("lt", np.less, operator.lt),
    ("le", np.less_equal, operator.le),
    ("gt", np.greater, operator.gt),
    ("ge", np.greater_equal, operator.ge),
]:
    row(name, function, BINARY, kind=np.bool_, differentiable=False)
    row(name, function, BINARY, option="operator", call=symbol, kind=np.bool_, differentiable=False)
    row(name, lambda x, f=function: f(x, 0.25), UNARY, 0.25, kind=np.bool_, differentiable=False)
    row(name, lambda x, f=function: f(0.25, x), UNARY, option="number on the left", call=lambda x, f=symbol: f(0.25, x),
        kind=np.bool_, differentiable=False)  # fmt: skip
    row(name, lambda x, f=function: f(x, x), UNARY, option="of one twice", call=lambda x, f=symbol: f(x, x),
        kind=np.bool_, differentiable=False)  # fmt: skip

# Elementwise


def _softplus(x: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    return np.where(beta * x > threshold, x, np.logaddexp(0.0, beta * x) / beta)


row("exp", np.exp, UNARY)
row("log", np.log, UNARY, draw=positive)
row("sqrt", np.sqrt, UNARY, draw=positive)
row("sin", np.sin, UNARY)
row("cos", np.cos, UNARY)
row("tanh", np.tanh, UNARY)
row("sigmoid", lambda x: 1.0 / (1.0 + np.exp(-x)), UNARY)
row("sigmoid", lambda x: np.exp(-np.logaddexp(0.0, -x)), UNARY, option="far from 0", draw=wide)
row("relu", lambda x: np.where(x > 0, x, 0.0), UNARY)
row("softplus", _softplus, UNARY)
row("softplus", lambda x: _softplus(x, 2.0, 1.0), UNARY, 2.0, 1.0)
row("softplus", lambda x: _softplus(x, 0.5), UNARY, beta=0.5)
row("softplus", _softplus, UNARY, option="far from 0", draw=wide)
row("abs", np.abs, UNARY)
row("abs", np.abs, UNARY, option="builtin", call=abs)
row("sign", np.sign, UNARY, differentiable=False)
for name, function in [("maximum", np.maximum), ("minimum", np.minimum)]:
    row(name, function, BINARY)
    row(name, lambda x, f=function: f(x, 0.25), UNARY, 0.25)
    row(name, lambda x, f=function: f(x, HALVES.astype(np.float64)), [((3, 4),)], HALVES)

CHOSEN = np.array([[True, False, True, True], [False, False, True, False], [True, True, False, False]])
row("where", lambda x, y: np.where(CHOSEN, x, y), [((3, 4), (3, 4)), ((4,), (3, 1)), ((), ()), ((3, 1), ())],
    option="array condition", call=lambda x, y: kytorch.where(CHOSEN, x, y))  # fmt: skip
row("where", lambda x, y: np.where(CHOSEN[:, :1], x, y), [((3, 4), (3, 4)), ((2, 3, 1), (4,))],
    option="condition that broadcasts", call=lambda x, y: kytorch.where(CHOSEN[:, :1], x, y))  # fmt: skip
row("where", lambda x, y: np.where(x < y, x * x, y), BINARY, option="computed condition",
    call=lambda x, y: kytorch.where(x < y, x * x, y))  # fmt: skip
row("where", lambda x: np.where(x > 0, x, 2.0), UNARY, option="number on the right",
    call=lambda x: kytorch.where(x > 0, x, 2.0))  # fmt: skip
row("where", lambda x: np.where(x > 0, 2.0, x), UNARY, option="number on the left",
    call=lambda x: kytorch.where(x > 0, 2.0, x))  # fmt: skip
row("where", lambda x, y: np.where(x > y, x, y), BINARY, option="method", call=lambda x, y: x.where(x > y, y),
    on_arrays=False)  # fmt: skip
row("clamp", lambda x: np.clip(x, -0.5, 0.75), UNARY, -0.5, 0.75)
row("clamp", lambda x: np.maximum(x, -0.5), UNARY, min=-0.5)
row("clamp", lambda x: np.minimum(x, 0.75), UNARY, max=0.75)
row("clamp", lambda x, low, high: np.minimum(np.maximum(x, low), high), [((3, 4), (4,), (3, 1)), ((), (), ())],
    option="Tensors as limits", draw=(normal, negative, positive))  # fmt: skip
row("to", lambda x: x, UNARY, np.float64, option="float64", kind=np.float64)
row("to", lambda x: x, UNARY, option="its own dtype", call=lambda x: kytorch.to(x, x.dtype))
row("to", np.trunc, UNARY, np.int64, option="int64", kind=np.int64, differentiable=False)
row("to", lambda x: x != 0, UNARY, np.bool_, option="bool", kind=np.bool_, differentiable=False)

# Reductions

# None of these trials reduces nothing; several have an answer of no elements.
REDUCED: list[tuple[Any, list[Shapes]]] = [
    (None, [((3, 4),), ((),), ((2, 1, 3),)]),
    (0, [((3, 4),), ((4,),), ((2, 1, 3),), ((),), ((2, 0),)]),
    (-1, [((3, 4),), ((4,),), ((2, 1, 3),), ((),), ((0, 3),)]),
    (1, [((2, 3, 4),), ((0, 1, 2),)]),
    ((0, 2), [((2, 3, 4),), ((2, 0, 3),)]),
    ([-1, 0], [((3, 4),), ((2, 3, 2),)]),
    ((), [((3, 4),)]),
]
SEVERAL: list[tuple[Any, list[Shapes]]] = [
    (None, [((3, 4),), ((5,),)]),
    (0, [((3, 4),), ((4,),), ((2, 0),)]),
    (-1, [((3, 4),), ((0, 3),)]),
    ((0, 2), [((2, 3, 4),), ((2, 0, 3),)]),
]


def _over(function: Callable[..., Any], dim: Any, **keywords: Any) -> Callable[[Array], Any]:
    def reference(x: Array) -> Any:
        return function(x, axis=None if dim in (None, ()) or not x.ndim else tuple(np.atleast_1d(dim)), **keywords)

    return reference


for keepdim in (False, True):
    for dim, shapes in REDUCED:
        row("sum", _over(np.sum, dim, keepdims=keepdim), shapes, dim=dim, keepdim=keepdim)
        row("mean", _over(np.mean, dim, keepdims=keepdim), shapes, dim=dim, keepdim=keepdim)
        row("var", _over(np.var, dim, keepdims=keepdim), shapes, dim=dim, correction=0, keepdim=keepdim)
    for dim, shapes in SEVERAL:
        row("var", _over(np.var, dim, keepdims=keepdim, ddof=1), shapes, dim=dim, keepdim=keepdim)
    for name, best, where_best in [("max", np.max, np.argmax), ("min", np.min, np.argmin)]:
        row(name, lambda x, f=best, k=keepdim: f(x, keepdims=k), REDUCED[0][1], None, keepdim)
        for dim, shapes in REDUCED[1:4]:
            function = getattr(kytorch, name)
            row(name, lambda x, f=best, d=dim, k=keepdim: f(x, axis=d if x.ndim else None, keepdims=k), shapes,
                dim, keepdim, option=f"values, dim={dim}, keepdim={keepdim}",
                call=lambda x, *options, f=function: f(x, *options).values)  # fmt: skip
            row(name, lambda x, f=where_best, d=dim, k=keepdim: f(x, axis=d, keepdims=k), shapes,
                dim, keepdim, option=f"indices, dim={dim}, keepdim={keepdim}", kind=np.int64, differentiable=False,
                call=lambda x, *options, f=function: f(x, *options).indices)  # fmt: skip
row("sum", np.sum, [((0, 3),), ((0,),)], option="of nothing")
row("max", np.max, [((3, 4),), ((),)])
row("min", np.min, [((3, 4),), ((),)])

# Shape

row("reshape", lambda x: x.reshape(4, 3), [((3, 4),), ((2, 6),), ((12,),)], 4, 3)
row("reshape", lambda x: x.reshape(2, -1), [((3, 4),), ((0, 2),), ((1, 2),)], (2, -1))
row("reshape", lambda x: x.reshape(()), [((),), ((1,),), ((1, 1),)], ())
row("reshape", lambda x: x.reshape(1, 1), [((),), ((1,),)], [1, 1])
row("flatten", np.ravel, UNARY)
row("flatten", lambda x: x.reshape(x.shape[0], -1), [((2, 3, 4),), ((2, 3),), ((2, 1, 2, 3),)], 1)
row("flatten", lambda x: x.reshape(6, *x.shape[2:]), [((2, 3, 4),), ((3, 2),), ((2, 3, 0),)], 0, 1)
row("flatten", lambda x: x.reshape(x.shape[0], 6, 4), [((5, 2, 3, 4),)], start_dim=-3, end_dim=-2)
row("squeeze", np.squeeze, [((1, 3, 1),), ((3, 4),), ((),), ((1,),), ((0, 1),)])
row("squeeze", lambda x: x.reshape(x.shape[1:]), [((1, 3, 1),), ((1,),)], 0)
row("squeeze", lambda x: x, [((3, 4),), ((2,),)], 0, option="a dim of another size")
row("squeeze", lambda x: x.reshape(3, 1), [((1, 3, 1, 1),)], (0, -1))
row("squeeze", lambda x: x, [((1, 3),)], ())
row("unsqueeze", lambda x: x[None], UNARY, 0)
row("unsqueeze", lambda x: x[..., None], UNARY, -1)
row("unsqueeze", lambda x: x[:, None], [((3, 4),), ((3,),), ((0,),)], 1)
row("transpose", lambda x: np.swapaxes(x, 0, 1), [((3, 4),), ((2, 3, 4),), ((0, 3),)], 0, 1)
row("transpose", lambda x: np.swapaxes(x, -1, 0), [((3, 4),), ((2, 3, 4),), ((3,),)], -1, 0)
row("transpose", lambda x: x, [((3, 4),), ((),)], 0, 0)
row("transpose", lambda x: np.swapaxes(x, -1, -2), [((3, 4),), ((2, 3, 4),)], option="mT", call=lambda x: x.mT)
row("permute", lambda x: np.transpose(x, (2, 0, 1)), [((2, 3, 4),), ((2, 0, 4),)], 2, 0, 1)
row("permute", lambda x: np.transpose(x, (1, 2, 3, 0)), [((2, 3, 4, 5),)], (-3, 2, -1, 0))
row("permute", lambda x: x, [((),)], ())
row("reversed_dims", np.transpose, [((3, 4),), ((2, 3, 4),), ((3,),), ((),), ((0, 3),)])
row("reversed_dims", np.transpose, [((3, 4),), ((2, 3, 4),)], option="T", call=lambda x: x.T)
row("expand", lambda x: np.broadcast_to(x, (2, 3, 4)), [((3, 1),), ((4,),), ((),), ((2, 3, 4),)], 2, 3, 4)
row("expand", lambda x: np.broadcast_to(x, (3, 4)), [((3, 1),)], (-1, 4))
row("expand", lambda x: np.broadcast_to(x, (0, 3)), [((1, 3),), ((3,),), ((0, 1),)], (0, 3))
row("sum_to_size", lambda x: x.sum(0), [((2, 3),), ((0, 3),), ((5, 3),)], 3)
row("sum_to_size", lambda x: x.sum((0, 3), keepdims=True)[0], [((5, 2, 3, 4),)], (2, 3, 1))
row("sum_to_size", np.sum, UNARY, ())
row("sum_to_size", lambda x: x, [((3, 4),)], 3, 4, option="its own size")
row("cat", lambda *xs: np.concatenate(xs, 0), [((3, 4), (2, 4)), ((2,), (3,), (1,)), ((0, 3), (2, 3)), ((2, 3),)],
    call=lambda *xs: kytorch.cat(xs))  # fmt: skip
row("cat", lambda *xs: np.concatenate(xs, 1), [((3, 4), (3, 2)), ((2, 0, 3), (2, 4, 3))], option="dim=1",
    call=lambda *xs: kytorch.cat(list(xs), 1))  # fmt: skip
row("cat", lambda *xs: np.concatenate(xs, -1), [((3, 4), (3, 2)), ((2,), (3,))], option="dim=-1",
    call=lambda *xs: kytorch.cat(xs, dim=-1))  # fmt: skip
row("cat", lambda x: np.concatenate([x, x * x], 0), [((3, 4),)], option="of one twice",
    call=lambda x: kytorch.cat([x, x * x]))  # fmt: skip
row("stack", lambda *xs: np.stack(xs), [((3, 4), (3, 4)), ((), (), ()), ((0, 3), (0, 3)), ((2,),)],
    call=lambda *xs: kytorch.stack(xs))  # fmt: skip
for dim in (1, -1):
    row("stack", lambda *xs, d=dim: np.stack(xs, d), [((3, 4), (3, 4)), ((2,), (2,), (2,))], option=f"dim={dim}",
        call=lambda *xs, d=dim: kytorch.stack(list(xs), d))  # fmt: skip

# Products

row("matmul", np.matmul, [
    ((3,), (3,)), ((3,), (3, 4)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((1, 1), (1, 1)),
    ((5, 2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)), ((2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)),
    ((5, 2, 3), (3,)), ((3,), (5, 3, 4)), ((6, 1, 2, 3), (5, 3, 4)), ((5, 2, 3), (6, 1, 3, 4)),
    ((6, 5, 2, 3), (3,)), ((3,), (6, 5, 3, 4)), ((6, 5, 2, 3), (3, 4)),
    ((0,), (0,)), ((2, 0), (0, 3)), ((0, 3), (3, 2)), ((2, 3), (3, 0)), ((0, 2, 3), (3, 4)), ((0, 2, 3), (0, 3, 4)),
])  # fmt: skip
row("mm", np.matmul, [((2, 3), (3, 4)), ((1, 1), (1, 1)), ((2, 0), (0, 3)), ((0, 3), (3, 2))])
row("mm", lambda x: x @ x.T, [((2, 3),)], option="of one twice", call=lambda x: kytorch.mm(x, x.T))
row("matmul", np.matmul, [((2, 3), (3, 4)), ((3,), (3,))], option="operator", call=operator.matmul)
row("matmul", lambda x: x @ x, [((3, 3),), ((2, 3, 3),)], option="of one twice", call=lambda x: x @ x)
row("matmul", lambda x: x @ HALVES.astype(np.float64), [((3, 4),), ((4,),)], option="array on the right",
    call=lambda x: x @ HALVES)  # fmt: skip
row("matmul", lambda x: HALVES.astype(np.float64) @ x, [((4, 3),), ((4,),)], option="array on the left",
    call=lambda x: HALVES @ x)  # fmt: skip

# Indices, into shapes (4, 3)

TWICE = np.array([2, 0, 2, -2])
INDICES: dict[str, Any] = {
    "1": 1,
    "-1": -1,
    "(1, 2)": (1, 2),
    "(NumPy integer, int)": (np.int64(1), 2),
    "slice": slice(1, 3),
    "[::-2]": slice(None, None, -2),
    "[:, 1:]": (slice(None), slice(1, None)),
    "[1, ::2]": (1, slice(None, None, 2)),
    "[2:2]": slice(2, 2),
    "...": ...,
    "()": (),
    "[..., 0]": (..., 0),
    "None": None,
    "[:, None, ::2]": (slice(None), None, slice(None, None, 2)),
    "list": [2, 0],
    "empty list": [],
    "repeated": TWICE,
    "uint8": np.array([3, 1], np.uint8),
    "table": np.array([[0, 1], [3, 1]]),
    "pairs": (TWICE, np.array([1, 0, 1, 2])),
    "pairs that broadcast": (TWICE[:, None], np.array([0, 2, 0])),
    "[:, repeated]": (slice(None), np.array([1, 1, 0])),
    "[repeated, 1]": (TWICE, 1),
    "[repeated, 1:]": (TWICE, slice(1, None)),
    "[repeated, None, :]": (TWICE, None, slice(None)),
    "0-d array": np.array(2),
    "mask": np.array([[True, False, True], [False] * 3, [True] * 3, [False, True, False]]),
    "mask of rows": np.array([True, False, True, True]),
    "[mask, 1]": (np.array([True, False, True, True]), 1),
    "[:, mask]": (slice(None), np.array([True, False, True])),
    "[repeated, mask]": (np.array([2, 2]), np.array([True, False, True])),
    "mask of nothing": np.zeros((4, 3), bool),
    "list of bool": [True, False, True, True],
    "True": True,
}


def _edited(edit: Callable[[Array, Any, Array], Any], index: Any) -> Callable[[Array, Array], Array]:
    def reference(x: Array, v: Array) -> Array:
        y = x.copy()
        edit(y, index, v)
        return y

    return reference


def _assign(y: Array, index: Any, v: Array) -> None:
    y[index] = v


for label, index in INDICES.items():
    row("getitem", lambda x, i=index: x[i], [((4, 3),)], index, option=label)
    part = np.zeros((4, 3))[index].shape
    values: list[Shapes] = [((4, 3), part), ((4, 3), ())]
    if len(part) > 1 and 0 not in part:
        values += [((4, 3), part[1:]), ((4, 3), (*part[:-1], 1))]
    row("at_set", _edited(_assign, index), values, index, option=label, on_arrays=False,
        call=lambda x, v, index: x.at[index].set(v))  # fmt: skip
    row("at_add", _edited(np.add.at, index), values, index, option=label, on_arrays=False,
        call=lambda x, v, index: x.at[index].add(v))  # fmt: skip
    row("at_mul", _edited(np.multiply.at, index), values, index, option=label, on_arrays=False,
        call=lambda x, v, index: x.at[index].mul(v))  # fmt: skip
row("getitem", lambda x: x[..., 1:], [((2, 3),), ((4,),), ((0, 3),)], (..., slice(1, None)), option="[..., 1:]")
row("getitem", lambda x: x[()], [((),), ((3,),)], (), option="scalar")
row("at_set", lambda x: x * 0 + 2.5, [((),), ((3,),), ((0, 2),)], option="all, to a number", on_arrays=False,
    call=lambda x: x.at[...].set(2.5))  # fmt: skip
row("at_add", lambda x: x + 2, [((),), ((3,),)], option="a number", call=lambda x: x.at[...].add(2), on_arrays=False)
row("at_mul", lambda x: x * HALVES, [((3, 4),)], option="an array", on_arrays=False,
    call=lambda x: x.at[...].mul(HALVES))  # fmt: skip
row("at_mul", lambda x: x * x, [((3, 4),), ((),)], option="of one twice", on_arrays=False,
    call=lambda x: x.at[...].mul(x))  # fmt: skip
