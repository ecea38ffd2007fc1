"""The table of layers and of functions of nn.functional: their options, and the inputs their laws are tried on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch import Tensor, TrainableWeight, nn
from kytorch.func import functional_call
from kytorch.func.tree import leaves_of

try:
    import torch
except ModuleNotFoundError:  # then the rows' versions in PyTorch are not made
    torch = None

Array = npt.NDArray[Any]
Shape = tuple[int, ...]
Shapes = tuple[Shape, ...]
Draw = Callable[[np.random.Generator, Shape], Array]


@dataclass(frozen=True)
class Row:
    """One layer, or one function, with one choice of its options.

    Each of `shapes` gives the shapes of the Tensors it is called with, whose values `draw` makes; the inputs at the
    places `differentiable` get gradients, of all that are floats if None. `arguments` and `keywords` go to a layer's
    constructor, or follow a function's inputs; `call` has keywords of a layer's call. Arrays among them are handed over
    as Tensors. `theirs` makes PyTorch's version of a layer, or is that of a function, and is the one of the same name
    if None; without an `oracle` there is none. What is `random` draws in training, and is then tried in evaluation
    only. `second` says whether PyTorch has second derivatives.
    """

    name: str
    option: str
    is_layer: bool
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    call: dict[str, Any]
    shapes: tuple[Shapes, ...]
    draw: tuple[Draw, ...]
    differentiable: tuple[int, ...] | None
    dtypes: tuple[Any, ...]
    theirs: Callable[..., Any] | None
    oracle: bool
    random: bool
    second: bool
    repr: bool

    @property
    def id(self) -> str:
        return f"{self.name}-{self.option}" if self.option else self.name

    def inputs(self, shapes: Shapes, dtype: Any) -> list[Array]:
        """The same numbers at every call."""
        generator = np.random.default_rng(7)
        draws = self.draw * len(shapes) if len(self.draw) == 1 else self.draw
        drawn = [np.asarray(draw(generator, shape)) for draw, shape in zip(draws, shapes)]
        return [x.astype(dtype) if x.dtype.kind == "f" else x for x in drawn]

    def live(self, inputs: Sequence[Array]) -> list[int]:
        """The places of the inputs that get gradients."""
        floats = [i for i, x in enumerate(inputs) if x.dtype.kind == "f"]
        return floats if self.differentiable is None else list(self.differentiable)

    def layer(self, dtype: Any, training: bool = True) -> nn.Module:
        """The layer, with the same weights at every call."""
        arguments, keywords = self.adapted(dtype)
        if "generator" in inspect.signature(getattr(nn, self.name)).parameters:
            keywords = {"generator": np.random.default_rng(3), **keywords}
        made: nn.Module = getattr(nn, self.name)(*arguments, **keywords).to(dtype)
        return made.train(training)

    def adapted(self, dtype: Any) -> tuple[list[Any], dict[str, Any]]:
        """The arguments and keywords, arrays as Tensors."""
        keywords = {key: as_tensors(value, dtype) for key, value in self.keywords.items()}
        return [as_tensors(value, dtype) for value in self.arguments], keywords

    def call_keywords(self, dtype: Any) -> dict[str, Any]:
        """The keywords of a layer's call, arrays as Tensors."""
        return {key: as_tensors(value, dtype) for key, value in self.call.items()}

    def function(self, dtype: Any, training: bool = True) -> Callable[..., Any]:
        """What is called with the Tensors of a trial."""
        if self.is_layer:
            layer = self.layer(dtype, training)
            call = self.call_keywords(dtype)
            return lambda *inputs: layer(*inputs, **call)
        arguments, keywords = self.adapted(dtype)
        found = getattr(nn.functional, self.name)
        return lambda *inputs: found(*inputs, *arguments, **keywords)

    def of_weights(self, dtype: Any, training: bool = True) -> tuple[Callable[..., Any], list[TrainableWeight]]:
        """What is called with the Tensors of a trial and behind them those of the weights, and the weights."""
        if not self.is_layer:
            return self.function(dtype, training), []
        layer = self.layer(dtype, training)
        named = dict(layer.named_weights())
        call = self.call_keywords(dtype)

        def function(*tensors: Tensor) -> Any:
            inputs = tensors[: len(tensors) - len(named)]
            return functional_call(layer, dict(zip(named, tensors[len(inputs) :])), inputs, call)

        return function, list(named.values())


def as_tensors(value: Any, dtype: Any) -> Any:
    """`value` with arrays in it, of floats in `dtype`, as Tensors."""
    if isinstance(value, np.ndarray):
        return Tensor(value.astype(dtype) if value.dtype.kind == "f" else value)
    if isinstance(value, (tuple, list)):
        return type(value)([as_tensors(x, dtype) for x in value])
    return value


def outputs(answer: Any) -> list[Tensor]:
    """The Tensors of an answer, which may be tuples of Tensors and None."""
    return [y for y in leaves_of(answer) if isinstance(y, Tensor)]


ROWS: list[Row] = []


def layer(
    name: str,
    *arguments: Any,
    inputs: Sequence[Shapes],
    draw: Draw | tuple[Draw, ...] | None = None,
    option: str = "",
    call: dict[str, Any] | None = None,
    differentiable: tuple[int, ...] | None = None,
    dtypes: Sequence[Any] = (np.float32, np.float64),
    torch: Callable[..., Any] | None = None,
    oracle: bool = True,
    random: bool = False,
    second: bool = True,
    repr: bool = True,
    is_layer: bool = True,
    **keywords: Any,
) -> None:
    given = [_shown(value) for value in arguments]
    given += [f"{key}={_shown(value)}" for key, value in [*keywords.items(), *(call or {}).items()]]
    draws = draw if isinstance(draw, tuple) else (draw or normal,)
    ROWS.append(
        Row(name, option or ", ".join(given), is_layer, arguments, keywords, call or {}, tuple(inputs), draws,
            differentiable, tuple(dtypes), torch, oracle, random, second, repr)
    )  # fmt: skip


def function(name: str, *arguments: Any, inputs: Sequence[Shapes], **options: Any) -> None:
    layer(name, *arguments, inputs=inputs, is_layer=False, **options)


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}"
    return getattr(value, "__name__", None) or str(value)


# Draws


def normal(generator: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(generator.standard_normal(shape))


def positive(generator: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(generator.uniform(0.5, 2.0, shape))


def unit(generator: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(generator.uniform(0.02, 0.98, shape))


def signs(generator: np.random.Generator, shape: Shape) -> Array:
    return np.where(generator.random(shape) < 0.5, -1.0, 1.0)


def distinct(generator: np.random.Generator, shape: Shape) -> Array:
    """Numbers far from each other, among which a maximum has no near rival."""
    size = int(np.prod(shape))
    return (generator.permutation(size).reshape(shape) - size / 2) / 4


def labels(n: int) -> Draw:
    """Integers in [0, n)."""
    return lambda generator, shape: np.asarray(generator.integers(0, n, shape))


def booleans(p: float) -> Draw:
    """True with probability p."""
    return lambda generator, shape: np.asarray(generator.random(shape) < p)
