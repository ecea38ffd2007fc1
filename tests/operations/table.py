"""The table of operations: what each computes, written in NumPy, and the inputs on which its laws are tried."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import kytorch
from kytorch.tensor.methods.registry import METHODS

try:
    import torch
except ModuleNotFoundError:  # then the rows' versions in PyTorch are not called
    torch = None

Array = npt.NDArray[Any]
Shape = tuple[int, ...]
Shapes = tuple[Shape, ...]
Draw = Callable[[np.random.Generator, Shape], Array]

FLOATS = (np.float16, np.float32, np.float64)


@dataclass(frozen=True)
class Row:
    """One operation with one choice of its options.

    `call` runs on Tensors, and on arrays if `on_arrays`; `reference` runs on arrays, of float64 if the inputs are
    floats; `torch` runs on PyTorch's tensors, and is the method of the same name if None. Each of `shapes` gives the
    inputs' shapes for one trial, whose values `draw` makes, away from kinks, in each of `dtypes`. `kind` is the
    answer's dtype where that is not the inputs'. An operation that is not `differentiable` gives a constant.
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
    dtypes: tuple[Any, ...]
    torch: Callable[..., Any] | None
    differentiable: bool
    on_arrays: bool
    has_method: bool

    @property
    def id(self) -> str:
        return f"{self.name}-{self.option}" if self.option else self.name

    def inputs(self, shapes: Shapes, dtype: Any = None) -> tuple[Array, ...]:
        """The same numbers at every call; in the last of the row's dtypes if none is given."""
        dtype = dtype or self.dtypes[-1]
        generator = np.random.default_rng(7)
        draws = self.draw * len(shapes) if len(self.draw) == 1 else self.draw
        return tuple([draw(generator, shape).astype(dtype) for draw, shape in zip(draws, shapes)])

    def expected(self, *inputs: Array) -> Array:
        return np.asarray(self.reference(*[x.astype(np.float64) if x.dtype.kind == "f" else x for x in inputs]))

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
    dtypes: Sequence[Any] = FLOATS,
    torch: Callable[..., Any] | None = None,
    differentiable: bool = True,
    on_arrays: bool = True,
    **keywords: Any,
) -> None:
    function = METHODS[name] if name in METHODS else operator.attrgetter(name)(kytorch)
    given = ", ".join([*map(str, arguments), *[f"{key}={value}" for key, value in keywords.items()]])
    draws = draw if isinstance(draw, tuple) else (draw,)
    has_method = call is None and hasattr(kytorch.Tensor, name)
    ROWS.append(
        Row(name, option or given, call or function, reference, tuple(shapes), draws, arguments, keywords, kind,
            tuple(dtypes), torch, differentiable, on_arrays, has_method)
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
