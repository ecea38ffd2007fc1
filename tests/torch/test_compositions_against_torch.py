"""Random expressions of many operations agree with PyTorch: the value, its gradients and a second derivative.

A failure prints the seed; `expression(seed)` builds the same one again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight

torch = pytest.importorskip("torch")

EXPRESSIONS = 2_000
A_TEST = 50

Shape = tuple[int, ...]
# An operation of one library, kytorch or torch, on operands of that library; sizes stay small and values near 1.
Apply = Callable[..., Any]


@dataclass(frozen=True)
class Operation:
    """Something to do to operands that `fits` says it can be done to."""

    apply: Apply
    operands: int = 1
    fits: Callable[..., bool] = lambda *shapes: True


def broadcasts(a: Shape, b: Shape) -> bool:
    try:
        return int(np.prod(np.broadcast_shapes(a, b))) <= 60
    except ValueError:
        return False


def has_dims(n: int) -> Callable[[Shape], bool]:
    return lambda shape: len(shape) >= n


def multiply(a: Shape, b: Shape) -> bool:
    return len(a) >= 2 and len(b) == 2 and a[-1] == b[0]


def joins(a: Shape, b: Shape) -> bool:
    return len(a) > 0 and len(a) == len(b) and a[1:] == b[1:] and a[0] + b[0] <= 6


def is_outer(a: Shape, b: Shape) -> bool:
    return len(a) == len(b) == 1 and a[0] * b[0] <= 16


def is_short(shape: Shape) -> bool:
    return len(shape) > 0 and shape[0] < 4


def is_narrow(shape: Shape) -> bool:
    return len(shape) > 0 and shape[-1] < 5


def is_small(shape: Shape) -> bool:
    return len(shape) < 3 and np.prod(shape) < 13


PLACES = [1, 0, 1]

OPERATIONS: dict[str, Operation] = {
    "neg": Operation(lambda lib, x: -x),
    "sin": Operation(lambda lib, x: lib.sin(x)),
    "cos": Operation(lambda lib, x: lib.cos(x)),
    "tanh": Operation(lambda lib, x: lib.tanh(x)),
    "atan": Operation(lambda lib, x: lib.atan(x)),
    "asinh": Operation(lambda lib, x: lib.asinh(x)),
    "sigmoid": Operation(lambda lib, x: lib.sigmoid(x)),
    "erf": Operation(lambda lib, x: lib.erf(x)),
    "exp": Operation(lambda lib, x: lib.exp(lib.sin(x))),
    "expm1": Operation(lambda lib, x: lib.expm1(-x * x)),
    "log": Operation(lambda lib, x: lib.log(x * x + 1.5)),
    "log1p": Operation(lambda lib, x: lib.log1p(x * x)),
    "sqrt": Operation(lambda lib, x: lib.sqrt(x * x + 1)),
    "rsqrt": Operation(lambda lib, x: lib.rsqrt(x * x + 1)),
    "reciprocal": Operation(lambda lib, x: lib.reciprocal(x * x + 1)),
    "square": Operation(lambda lib, x: lib.square(lib.tanh(x))),
    "pow": Operation(lambda lib, x: lib.sin(x) ** 3),
    "power of a number": Operation(lambda lib, x: 1.5 ** lib.cos(x)),
    "clamp": Operation(lambda lib, x: lib.clamp(x, -1.3, 1.7)),
    "abs": Operation(lambda lib, x: lib.abs(x)),
    "where": Operation(lambda lib, x: lib.where(x > 0.21, lib.sin(x), x * x * 0.3)),
    "logaddexp": Operation(lambda lib, x, y: lib.log(lib.exp(lib.sin(x)) + lib.exp(lib.cos(y))), 2, broadcasts),
    "add": Operation(lambda lib, x, y: x + y, 2, broadcasts),
    "sub": Operation(lambda lib, x, y: x - y, 2, broadcasts),
    "mul": Operation(lambda lib, x, y: lib.sin(x) * y, 2, broadcasts),
    "div": Operation(lambda lib, x, y: x / (1.5 + lib.cos(y)), 2, broadcasts),
    "pow of two": Operation(lambda lib, x, y: (1.5 + lib.sin(x)) ** lib.cos(y), 2, broadcasts),
    "atan2": Operation(lambda lib, x, y: lib.atan2(x, 2.0 + lib.sin(y)), 2, broadcasts),
    "hypot": Operation(lambda lib, x, y: lib.hypot(x, 2.0 + lib.sin(y)), 2, broadcasts),
    "lerp": Operation(lambda lib, x, y: lib.lerp(x, y, 0.3), 2, lambda a, b: a == b),
    "maximum": Operation(lambda lib, x, y: lib.maximum(x, y + 0.37), 2, broadcasts),
    "matmul": Operation(lambda lib, x, y: lib.tanh(x @ y), 2, multiply),
    "matmul with its transpose": Operation(lambda lib, x: lib.tanh(x @ x.mT * 0.3), 1, has_dims(2)),
    "einsum": Operation(lambda lib, x: lib.einsum("...i,...j->...ij", x, lib.sin(x)).sum(-1) * 0.3, 1, has_dims(1)),
    "outer": Operation(
        lambda lib, x, y: lib.outer(x, y) * 0.5, 2, lambda a, b: len(a) == len(b) == 1 and a[0] * b[0] <= 16
    ),
    "dot": Operation(lambda lib, x, y: lib.sin(lib.dot(x, y)), 2, lambda a, b: len(a) == 1 and a == b),
    "sum": Operation(lambda lib, x: lib.sin(lib.sum(x))),
    "sum along a dim": Operation(lambda lib, x: lib.sum(x, 0, keepdim=True) * 0.4, 1, has_dims(1)),
    "mean": Operation(lambda lib, x: lib.mean(x, -1), 1, has_dims(1)),
    "var": Operation(lambda lib, x: lib.var(x, -1, keepdim=True), 1, lambda shape: len(shape) > 0 and shape[-1] > 1),
    "std": Operation(
        lambda lib, x: lib.std(lib.cat([x, x + 1.1]), 0), 1, lambda shape: len(shape) > 0 and shape[0] < 4
    ),
    "prod": Operation(lambda lib, x: lib.prod(lib.cos(x), -1), 1, has_dims(1)),
    "amax": Operation(lambda lib, x: lib.amax(x, -1), 1, has_dims(1)),
    "logsumexp": Operation(lambda lib, x: lib.logsumexp(x, -1), 1, has_dims(1)),
    "softmax": Operation(lambda lib, x: lib.softmax(x, -1), 1, has_dims(1)),
    "log_softmax": Operation(lambda lib, x: lib.log_softmax(x, 0) * 0.3, 1, has_dims(1)),
    "norm": Operation(lambda lib, x: lib.sin(lib.norm(x + 0.1)), 1),
    "cumsum": Operation(lambda lib, x: lib.cumsum(x, 0) * 0.4, 1, has_dims(1)),
    "cumprod": Operation(lambda lib, x: lib.cumprod(lib.cos(x), -1), 1, has_dims(1)),
    "reshape": Operation(lambda lib, x: x.reshape(-1)),
    "unsqueeze": Operation(lambda lib, x: x.unsqueeze(0), 1, lambda shape: len(shape) < 3),
    "transpose": Operation(lambda lib, x: x.transpose(0, -1), 1, has_dims(1)),
    "flip": Operation(lambda lib, x: lib.flip(x, (0,)), 1, has_dims(1)),
    "roll": Operation(lambda lib, x: lib.roll(x, 1, 0), 1, has_dims(1)),
    "tril": Operation(lambda lib, x: lib.tril(x), 1, has_dims(2)),
    "diagonal": Operation(lambda lib, x: lib.diagonal(x, 0, -2, -1), 1, has_dims(2)),
    "pad": Operation(
        lambda lib, x: lib.nn.functional.pad(x, (0, 1)), 1, lambda shape: len(shape) > 0 and shape[-1] < 5
    ),
    "cat": Operation(lambda lib, x, y: lib.cat([x, y]), 2, joins),
    "stack": Operation(
        lambda lib, x: lib.stack([x, lib.sin(x)]), 1, lambda shape: len(shape) < 3 and np.prod(shape) < 13
    ),
    "a slice": Operation(lambda lib, x: x[1:], 1, lambda shape: len(shape) > 0 and shape[0] > 1),
    "an element": Operation(lambda lib, x: x[0], 1, has_dims(1)),
    "places named twice": Operation(lambda lib, x: x[PLACES], 1, lambda shape: len(shape) > 0 and shape[0] > 1),
    "index_select": Operation(
        lambda lib, x: lib.index_select(x, 0, lib.tensor(PLACES)), 1, lambda shape: len(shape) > 0 and shape[0] > 1
    ),
    "masked_fill": Operation(lambda lib, x: x.masked_fill(x > 0.33, 0.5)),
    "split": Operation(lambda lib, x: lib.split(x, 1)[-1], 1, has_dims(1)),
}


@dataclass(frozen=True)
class Step:
    name: str
    operands: tuple[int, ...]


def expression(seed: int) -> tuple[list[np.ndarray], list[Step]]:
    """Inputs, and 5 to 50 steps, each on what the inputs and the steps before it have made."""
    generator = np.random.default_rng(seed)
    shapes: list[Shape] = [(3, 4), (4,), (2, 3, 1), (), (4, 3)]
    inputs = [np.asarray(generator.uniform(-1.5, 1.5, shape)) for shape in shapes]
    values: list[Any] = [Tensor(x) for x in inputs]
    steps: list[Step] = []
    length = int(generator.integers(5, 51))
    names = list(OPERATIONS)
    while len(steps) < length:
        name = names[generator.integers(len(names))]
        operation = OPERATIONS[name]
        late = max(0, len(values) - 8) if generator.random() < 0.7 else 0  # most of the time something made lately
        chosen = tuple([int(i) for i in generator.integers(late, len(values), operation.operands)])
        if operation.fits(*[values[i].shape for i in chosen]):
            values.append(operation.apply(kytorch, *[values[i] for i in chosen]))
            steps.append(Step(name, chosen))
    return inputs, steps


def evaluated(library: Any, inputs: list[Any], steps: list[Step]) -> Any:
    """The mean of what the last steps made, so that much of the graph matters."""
    values = list(inputs)
    for step in steps:
        values.append(OPERATIONS[step.name].apply(library, *[values[i] for i in step.operands]))
    return sum([value.mean() * (i + 1) for i, value in enumerate(values[-6:])])


def with_kytorch(inputs: list[np.ndarray], steps: list[Step], along: list[np.ndarray]) -> list[np.ndarray]:
    weights = [TrainableWeight(x) for x in inputs]
    y = evaluated(kytorch, [weight.tensor() for weight in weights], steps)
    first = {weight: g for g, weight in y.backward(create_graph=True)}
    slope = Tensor(np.zeros(()))
    for weight, d in zip(weights, along):
        if weight in first:
            slope = slope + (first[weight] * Tensor(d)).sum()
    second = {weight: g for g, weight in slope.backward()} if slope.requires_grad else {}
    plain = {weight: g for g, weight in y.backward()}
    answers = [y.numpy()]
    for found in (first, plain, second):
        answers += [found[w].numpy() if w in found else np.zeros(w.shape) for w in weights]
    return answers


def with_torch(inputs: list[np.ndarray], steps: list[Step], along: list[np.ndarray]) -> list[np.ndarray]:
    leaves = [torch.tensor(x, requires_grad=True) for x in inputs]
    y = evaluated(torch, leaves, steps)
    first = torch.autograd.grad(y, leaves, create_graph=True, materialize_grads=True)
    slope = sum([(g * torch.tensor(d)).sum() for g, d in zip(first, along)])
    second = (
        torch.autograd.grad(slope, leaves, materialize_grads=True)
        if slope.requires_grad
        else [torch.zeros_like(leaf) for leaf in leaves]
    )
    return [part.numpy(force=True) for part in (y, *first, *first, *second)]


@pytest.mark.parametrize("start", range(0, EXPRESSIONS, A_TEST))
def test_expressions_agree_to_the_precision_of_float64(start: int) -> None:
    for seed in range(start, start + A_TEST):
        inputs, steps = expression(seed)
        generator = np.random.default_rng(seed)
        along = [np.asarray(generator.standard_normal(x.shape)) for x in inputs]
        with np.errstate(all="ignore"):
            ours, theirs = with_kytorch(inputs, steps, along), with_torch(inputs, steps, along)
        for i, (found, expected) in enumerate(zip(ours, theirs)):
            scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
            message = f"seed {seed}, answer {i}, steps {[step.name for step in steps]}"
            np.testing.assert_allclose(found / scale, expected / scale, rtol=1e-9, atol=1e-10, err_msg=message)


def test_expressions_have_from_5_to_50_operations_and_use_all_of_them() -> None:
    all_steps = [expression(seed)[1] for seed in range(200)]
    assert {len(steps) for steps in all_steps} <= set(range(5, 51))
    assert {step.name for steps in all_steps for step in steps} == set(OPERATIONS)
