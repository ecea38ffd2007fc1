"""W7: gelu (tanh) and softmax, forward and backward, on 16 million elements."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measure import Goal
from benchmarks.prepared import Array, Prepared
from benchmarks.workload import Case, Workload

if TYPE_CHECKING:
    import torch

    from kytorch import Tensor

COLUMNS = 1024
BLOCK = 32  # rows whose few arrays stay in a core's cache
SAMPLE = (slice(None, None, 127), slice(None, None, 31))
ROOT, CUBIC = np.float32(math.sqrt(2 / math.pi)), np.float32(0.044715)


def operands(rows: int) -> tuple[Array, Array]:
    """The input, and the gradient with respect to the output."""
    draw = np.random.default_rng(1).standard_normal
    return draw((rows, COLUMNS), np.float32), draw((rows, COLUMNS), np.float32)


def answered(y: Array, gradient: Array) -> Mapping[str, Array]:
    """Some of the elements; all would be gigabytes over several steps."""
    return {"y": y[SAMPLE], "gradient": gradient[SAMPLE]}


def kytorch_of(function: Callable[[Tensor], Tensor], rows: int) -> Prepared:
    """As a user writes it."""
    from kytorch import Gradients, Tensor, TrainableWeight

    x, incoming = operands(rows)
    weight, g = TrainableWeight(x), Tensor(incoming)

    def step() -> tuple[Tensor, Gradients]:
        y = function(weight.tensor())
        return y, y.backward(g)

    def answers() -> Mapping[str, Array]:
        y, ((gradient, _),) = step()
        return answered(y.numpy(), gradient.numpy())

    return Prepared(step, answers)


def torch_of(function: Callable[[torch.Tensor], torch.Tensor], rows: int) -> Prepared:
    """As a user of PyTorch writes it."""
    import torch

    x, incoming = operands(rows)
    leaf, g = torch.from_numpy(x).requires_grad_(), torch.from_numpy(incoming)

    def step() -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        y = function(leaf)
        return y, torch.autograd.grad(y, leaf, g)

    def answers() -> Mapping[str, Array]:
        y, (gradient,) = step()
        return answered(y.detach().numpy(), gradient.numpy())

    return Prepared(step, answers)


def numpy_of(forward: Callable[..., None], backward: Callable[..., None], rows: int) -> Prepared:
    """By hand: some rows at a time, through arrays that stay in the cache, into new outputs."""
    x, g = operands(rows)
    t, u = np.empty((BLOCK, COLUMNS), np.float32), np.empty((BLOCK, COLUMNS), np.float32)

    def step() -> tuple[Array, Array]:
        y, gradient = np.empty_like(x), np.empty_like(x)
        for i in range(0, rows, BLOCK):
            forward(x[i : i + BLOCK], y[i : i + BLOCK], t)
        for i in range(0, rows, BLOCK):
            backward(g[i : i + BLOCK], x[i : i + BLOCK], y[i : i + BLOCK], gradient[i : i + BLOCK], t, u)
        return y, gradient

    return Prepared(step, lambda: answered(*step()))


def gelu(x: Array, y: Array, t: Array) -> None:
    """x (1 + tanh(r (x + c x^3))) / 2."""
    np.multiply(x, x, t)
    np.multiply(t, ROOT * CUBIC, t)
    np.add(t, ROOT, t)
    np.multiply(t, x, t)
    np.tanh(t, t)
    np.multiply(x, np.float32(0.5), y)
    np.multiply(t, y, t)
    np.add(y, t, y)


def gelu_backward(g: Array, x: Array, y: Array, gradient: Array, t: Array, u: Array) -> None:
    """g (1 + t + x (1 - t^2) r (1 + 3 c x^2)) / 2."""
    np.multiply(x, x, u)
    np.multiply(u, ROOT * CUBIC, t)
    np.add(t, ROOT, t)
    np.multiply(t, x, t)
    np.tanh(t, t)
    np.multiply(u, np.float32(1.5) * ROOT * CUBIC, u)
    np.add(u, np.float32(0.5) * ROOT, u)
    np.multiply(u, x, u)
    np.multiply(t, t, gradient)
    np.subtract(np.float32(1), gradient, gradient)
    np.multiply(gradient, u, gradient)
    np.multiply(t, np.float32(0.5), t)
    np.add(t, np.float32(0.5), t)
    np.add(gradient, t, gradient)
    np.multiply(gradient, g, gradient)


def softmax(x: Array, y: Array, t: Array) -> None:
    """e^x over its sum."""
    np.subtract(x, np.maximum.reduce(x, 1, keepdims=True), y)
    np.exp(y, y)
    np.divide(y, np.add.reduce(y, 1, keepdims=True), y)


def softmax_backward(g: Array, x: Array, y: Array, gradient: Array, t: Array, u: Array) -> None:
    """y (g - sum of g y)."""
    np.subtract(g, np.vecdot(g, y)[:, None], gradient)
    np.multiply(gradient, y, gradient)


def kytorch_gelu(rows: int) -> Prepared:
    """gelu in kytorch."""
    from kytorch import nn

    return kytorch_of(lambda x: nn.functional.gelu(x, approximate="tanh"), rows)


def torch_gelu(rows: int) -> Prepared:
    """gelu in PyTorch."""
    from torch import nn

    return torch_of(lambda x: nn.functional.gelu(x, approximate="tanh"), rows)


def numpy_gelu(rows: int) -> Prepared:
    """gelu by hand."""
    return numpy_of(gelu, gelu_backward, rows)


def kytorch_softmax(rows: int) -> Prepared:
    """softmax in kytorch."""
    from kytorch import nn

    return kytorch_of(lambda x: nn.functional.softmax(x, 1), rows)


def torch_softmax(rows: int) -> Prepared:
    """softmax in PyTorch."""
    from torch import nn

    return torch_of(lambda x: nn.functional.softmax(x, 1), rows)


def numpy_softmax(rows: int) -> Prepared:
    """softmax by hand."""
    return numpy_of(softmax, softmax_backward, rows)


def cases(goal: Goal) -> tuple[Case, ...]:
    """The size of both."""
    quick = Case(512, "half a million elements")
    return (Case(16_384, "16 million elements", ratio=2.0, goal=goal, quick=quick),)


GELU = Workload(
    "W7-gelu",
    "gelu (tanh), forward and backward",
    cases(Goal(0.7, 0.45, counted=True)),
    {"kytorch": kytorch_gelu, "numpy": numpy_gelu, "torch": torch_gelu},
)
SOFTMAX = Workload(
    "W7-softmax",
    "softmax of rows of 1,024, forward and backward",
    cases(Goal(0.8, 0.6, counted=True)),
    {"kytorch": kytorch_softmax, "numpy": numpy_softmax, "torch": torch_softmax},
)
