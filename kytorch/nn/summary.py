"""A model's layers in the order of their calls, with what each makes, holds and computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from kytorch.func.tree import leaves_of
from kytorch.nn.buffer import Buffer
from kytorch.nn.hooks import RemovableHandle
from kytorch.nn.module import Module
from kytorch.tensor.core import Tensor, TrainableWeight
from kytorch.tensor.random import Draws, drawing
from kytorch.tensor.reading import no_grad
from kytorch.tensor.values import Shape

_ABSENT = object()


@dataclass(frozen=True)
class SummaryRow:
    """One call of one layer.

    `weights` counts the elements of its weights that are no called layer's inside of it, `bytes` those of its outputs
    and weights, `multiply_adds` the products that it adds up itself.
    """

    path: str
    kind: str
    output_shapes: tuple[Shape, ...]
    weights: int
    multiply_adds: int
    bytes: int


@dataclass(frozen=True)
class Summary:
    """The rows, and their totals, in which a weight that several calls share is counted once. str() is a table."""

    rows: tuple[SummaryRow, ...]
    weights: int
    multiply_adds: int
    bytes: int

    def __str__(self) -> str:
        head = ("layer", "kind", "output shape", "weights", "multiply-adds", "bytes")
        cells = [head]
        for row in self.rows:
            shapes = ", ".join(map(str, row.output_shapes))
            cells.append((row.path, row.kind, shapes, *_numbers(row.weights, row.multiply_adds, row.bytes)))
        cells.append(("total", "", "", *_numbers(self.weights, self.multiply_adds, self.bytes)))
        widths = [max(map(len, column)) for column in zip(*cells)]
        lines = [
            "  ".join([_aligned(i, cell, width) for i, (cell, width) in enumerate(zip(row, widths))]) for row in cells
        ]
        rule = "-" * max(map(len, lines))
        return "\n".join([lines[0].rstrip(), rule, *map(str.rstrip, lines[1:-1]), rule, lines[-1]])


def _numbers(*numbers: int) -> tuple[str, str, str]:
    weights, multiply_adds, size = [f"{n:,}" for n in numbers]
    return weights, multiply_adds, size


def _aligned(column: int, cell: str, width: int) -> str:
    return cell.ljust(width) if column < 3 else cell.rjust(width)


@dataclass
class _Call:
    module: Module
    place: int
    inside: set[TrainableWeight] = field(default_factory=set)
    has_calls: bool = False


def summary(model: Module, input: Tensor | tuple[object, ...]) -> Summary:
    """What the layers of `model` make, hold and compute when it is called with `input`, or with several in a tuple.

    The model runs in evaluation mode, without recording; afterwards its mode, state and hooks and the default random
    generator are as before, also if it raises. A module is listed if it calls no other, or has weights or products of
    its own.
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary: expected a Module, not {type(model).__name__}")
    inputs = input if isinstance(input, tuple) else (input,)
    paths = {module: path for path, module in model.named_modules()}
    rows: dict[int, SummaryRow] = {}
    calls: list[_Call] = []
    held: set[TrainableWeight] = set()
    made = 0
    count = 0

    def before(module: Module, args: tuple[object, ...], kwargs: dict[str, object]) -> None:
        nonlocal count
        if calls:
            calls[-1].has_calls = True
        calls.append(_Call(module, count))
        count += 1

    def after(module: Module, args: tuple[object, ...], kwargs: dict[str, object], output: object) -> None:
        nonlocal made
        call = calls.pop()
        while call.module is not module:  # one inside has raised, and its error was caught
            failed, call = call, calls.pop()
            call.inside |= failed.inside
        every = set(module.weights())
        own = every - call.inside
        if calls:
            calls[-1].inside |= every
        outputs = _tensors(output)
        products = module.multiply_adds(_tensors((*args, *kwargs.values())), outputs)
        if call.has_calls and not own and not products:
            return
        size = sum([y._data.nbytes for y in outputs])
        made += size
        held.update(own)
        rows[call.place] = SummaryRow(
            paths[module],
            type(module).__name__,
            tuple([y.shape for y in outputs]),
            sum([weight.size for weight in own]),
            products,
            size + _bytes(own),
        )

    handles: list[RemovableHandle] = []
    with _as_it_was(model), no_grad():
        try:
            for module in paths:
                handles.append(module.register_forward_pre_hook(before, with_kwargs=True))
                handles.append(module.register_forward_hook(after, with_kwargs=True))
                module.training = False
            model(*inputs)
        finally:
            for handle in handles:
                handle.remove()
    ordered = tuple([rows[place] for place in sorted(rows)])
    return Summary(
        ordered,
        sum([weight.size for weight in held]),
        sum([row.multiply_adds for row in ordered]),
        made + _bytes(held),
    )


def _tensors(tree: object) -> list[Tensor]:
    return [x for x in leaves_of(tree) if isinstance(x, Tensor)]


def _bytes(weights: set[TrainableWeight]) -> int:
    return sum([weight.data.nbytes for weight in weights])


@contextmanager
def _as_it_was(model: Module) -> Iterator[None]:
    """Afterwards the model's modes, hooks, weights and buffers, and the random generators, are as they were."""
    modules = list(model.modules())
    attributes = [
        (module, name, vars(module).get(name, _ABSENT)) for module in modules for name in ("training", "_hooks")
    ]
    parts: list[TrainableWeight | Buffer] = [*model.weights(), *model.buffers()]
    state = [(part, part._data) for part in parts]
    generators = [x for module in modules for x in vars(module).values() if isinstance(x, np.random.Generator)]
    bits = [(generator.bit_generator, generator.bit_generator.state) for generator in generators]
    # Draws of its own, never finished, so that the default generator stays where it is.
    draws = Draws()
    draws.seed(np.random.default_rng(0))
    token = drawing.set(draws)
    try:
        yield
    finally:
        drawing.reset(token)
        for bit_generator, before in bits:
            bit_generator.state = before
        for part, data in state:
            part._data = data
        for module, name, value in attributes:
            if value is _ABSENT:
                vars(module).pop(name, None)
            else:
                setattr(module, name, value)
