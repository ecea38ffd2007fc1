"""Rows of the activations."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from layers.table import Array, Shape, function, layer, normal, torch


def kinkless(generator: np.random.Generator, shape: Shape) -> Array:
    """Away from 0, 1/2, 1, 3 and 6 and their negatives, where some are not smooth."""
    return (generator.integers(-4, 4, shape) + generator.uniform(0.1, 0.4, shape)) * math.pi / 2


def wide(generator: np.random.Generator, shape: Shape) -> Array:
    return 4.0 * normal(generator, shape)


def quietly(name: str) -> Callable[..., Any]:
    """PyTorch's layer or function, on a copy that it may change in place, without warnings that it chooses a dim."""

    def call(function: Callable[..., Any], x: Any, *arguments: Any, **keywords: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(x.clone(), *arguments, **keywords)

    def layer(*arguments: Any, **keywords: Any) -> Any:
        kind = getattr(torch.nn, name)
        return type(name, (kind,), {"forward": lambda self, x: call(lambda x: kind.forward(self, x), x)})(
            *arguments, **keywords
        )

    if name[0].isupper():
        return layer
    return lambda x, *arguments, **keywords: call(getattr(torch.nn.functional, name), x, *arguments, **keywords)


def exact_hardsigmoid(x: Any, inplace: bool = False) -> Any:
    """PyTorch multiplies the gradient by 1/6 in float32, in float64 too."""
    return torch.nn.functional.relu6(x + 3) / 6


def exact_hardsigmoid_layer(*arguments: Any) -> Any:
    return type("Hardsigmoid", (torch.nn.Hardsigmoid,), {"forward": lambda self, x: exact_hardsigmoid(x)})(*arguments)


class Repeating(np.random.Generator):
    """Draws the same at every call."""

    def standard_exponential(  # type: ignore[override]  # all that is called
        self, size: Shape, dtype: npt.DTypeLike = np.float64
    ) -> Array:
        return np.random.default_rng(5).standard_exponential(size, dtype)  # type: ignore[arg-type]


Made = list[tuple[str, list[tuple[Any, ...]]]]

ONE = [((3, 4),), ((4,),), ((),), ((0, 4),), ((1, 2, 3),)]

STRAIGHT: Made = [
    ("ReLU", [(), (True,)]),
    ("ReLU6", [(), (True,)]),
    ("LeakyReLU", [(), (0.3, True), (1.5,), (-0.2,), (0.0,)]),
    ("RReLU", [(), (0.1, 0.3, True)]),
    ("ELU", [(), (0.7,), (1.3, True)]),
    ("SELU", [(), (True,)]),
    ("CELU", [(), (0.5,), (2.0, True)]),  # PyTorch rounds 1 / alpha to float32
    ("Hardtanh", [(), (-2.0, 0.5), (-1, 1, True)]),
    ("Hardsigmoid", [(), (True,)]),
    ("Hardswish", [(), (True,)]),
    ("Threshold", [(0.1, 20.0), (-0.3, 0.0, True)]),
    ("Softshrink", [(), (0.9,), (0,)]),
    ("Hardshrink", [(), (0.9,)]),
    ("Softsign", [()]),
]
for name, made in STRAIGHT:
    for arguments in made:
        theirs = exact_hardsigmoid_layer if name == "Hardsigmoid" else quietly(name)
        layer(name, *arguments, inputs=ONE, draw=kinkless, random=name == "RReLU", torch=theirs)

SMOOTH: Made = [
    ("SiLU", [(), (True,)]),
    ("Mish", [(), (True,)]),
    ("GELU", [(), ("tanh",)]),
    ("Softplus", [(), (0.5,), (3.0, 2.0), (-1.0,)]),
    ("Tanh", [()]),
    ("Tanhshrink", [()]),
    ("Sigmoid", [()]),
    ("LogSigmoid", [()]),
]
for name, made in SMOOTH:
    for arguments in made:
        layer(name, *arguments, inputs=ONE, draw=wide, torch=quietly(name))
layer("Sin", inputs=ONE, oracle=False)

layer("PReLU", inputs=ONE, draw=kinkless)
layer("PReLU", 3, 0.5, inputs=[((2, 3),), ((2, 3, 2),), ((0, 3, 2),), ((1, 3, 2, 2),)], draw=kinkless)

for name in ("Softmax", "Softmin", "LogSoftmax"):
    layer(name, inputs=[((3,),), ((2, 3),), ((2, 3, 2),), ((0, 3),), ((1, 2, 1, 2),)], draw=wide, torch=quietly(name))
    layer(name, -1, inputs=[((3,),), ((2, 3),), ((0, 3),), ((2, 2, 2),)], draw=wide)
    layer(name, dim=1, inputs=[((2, 3),), ((2, 3, 2),), ((2, 0),)], draw=wide)
layer("Softmax2d", inputs=[((2, 3, 2, 2),), ((3, 2, 2),), ((0, 3, 2, 2),)])

layer("GLU", inputs=[((4,),), ((3, 4),), ((0, 4),), ((2, 3, 2),)], draw=wide)
layer("GLU", 1, inputs=[((3, 4),), ((2, 4, 3),), ((0, 4, 1),)])
layer("GLU", dim=0, inputs=[((2,),), ((4, 3),), ((4, 0),)])

TWO = [((3, 4),), ((),), ((0, 2),)]
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("relu", {}),
    ("relu", {"inplace": True}),
    ("relu6", {}),
    ("leaky_relu", {"negative_slope": 0.2}),
    ("rrelu", {"lower": 0.1, "upper": 0.2}),
    ("elu", {"alpha": 0.5}),
    ("selu", {}),
    ("celu", {"alpha": 0.5}),
    ("hardtanh", {"min_val": -2.0, "max_val": 3.0}),
    ("hardsigmoid", {}),
    ("hardswish", {}),
    ("threshold", {"threshold": 0.1, "value": -2.0}),
    ("softshrink", {"lambd": 0.7}),
    ("hardshrink", {"lambd": 0.7}),
    ("softsign", {}),
    ("silu", {}),
    ("mish", {}),
    ("gelu", {}),
    ("gelu", {"approximate": "tanh"}),
    ("tanh", {}),
    ("tanhshrink", {}),
    ("sigmoid", {}),
    ("logsigmoid", {}),
    ("softplus", {"beta": 2.0, "threshold": 3.0}),
]
for name, keywords in CALLS:
    theirs = exact_hardsigmoid if name == "hardsigmoid" else quietly(name)
    function(name, inputs=TWO, draw=kinkless, torch=theirs, **keywords)
function("prelu", inputs=[((2, 3, 2), (3,)), ((2, 3), (1,)), ((4,), (1,)), ((0, 3), (3,))], draw=kinkless)
for name in ("softmax", "softmin", "log_softmax"):
    function(name, inputs=[((2, 3),), ((2, 3, 2),)], draw=wide, torch=quietly(name))
    function(name, dim=-1, inputs=[((2, 3),), ((0, 3),)], draw=wide)
function("glu", inputs=[((2, 4),), ((0, 2),)])
function("glu", dim=0, inputs=[((2, 3),)])
for keywords in ({}, {"tau": 0.7, "dim": 0}):
    function("gumbel_softmax", generator=Repeating(np.random.PCG64(1)), option=str(keywords), inputs=[((2, 3),)],
             oracle=False, **keywords)  # fmt: skip
