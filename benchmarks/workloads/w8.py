"""W8: a chain of additions on shape (3,), forward and backward, per operation."""

from collections.abc import Mapping

import numpy as np

from benchmarks.measure import Goal
from benchmarks.prepared import Array, Prepared
from benchmarks.workload import Case, Workload


def operands() -> tuple[Array, Array]:
    """The weight at which the chain begins, and the constant that is added again and again."""
    draw = np.random.default_rng(1).standard_normal
    return draw(3, np.float32), draw(3, np.float32)


def with_kytorch(length: int) -> Prepared:
    """As a user writes it."""
    from kytorch import Gradients, Tensor, TrainableWeight

    start, added = operands()
    weight, c = TrainableWeight(start), Tensor(added)

    def step() -> tuple[Tensor, Gradients]:
        y = weight.tensor()
        for _ in range(length):
            y = y + c
        total = y.sum()
        return total, total.backward()

    def answers() -> Mapping[str, Array]:
        total, ((gradient, _),) = step()
        return {"total": total.numpy(), "gradient": gradient.numpy()}

    return Prepared(step, answers)


def with_torch(length: int) -> Prepared:
    """As a user of PyTorch writes it."""
    import torch

    start, added = operands()
    weight, c = torch.from_numpy(start).requires_grad_(), torch.from_numpy(added)

    def step() -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        y = weight
        for _ in range(length):
            y = y + c
        total = y.sum()
        return total, torch.autograd.grad(total, weight)

    def answers() -> Mapping[str, Array]:
        total, (gradient,) = step()
        return {"total": total.detach().numpy(), "gradient": gradient.numpy()}

    return Prepared(step, answers)


def with_numpy(length: int) -> Prepared:
    """By hand: the additions alone, since the gradient of a sum is known to be one."""
    start, c = operands()

    def step() -> tuple[np.float32, Array]:
        y = start
        for _ in range(length):
            y = y + c
        total: np.float32 = np.add.reduce(y)
        return total, np.ones_like(start)

    def answers() -> Mapping[str, Array]:
        total, gradient = step()
        return {"total": np.asarray(total), "gradient": gradient}

    return Prepared(step, answers)


WORKLOAD = Workload(
    "W8",
    "a chain of additions on shape (3,), forward and backward, per addition",
    (
        Case(1_000, "1,000 additions", operations=1_000, ratio=0.8, goal=Goal(0.7, 0.55, counted=True)),
        Case(
            100_000,
            "100,000 additions",
            operations=100_000,
            seconds=1.0,
            goal=Goal(0.7, 0.55),
            quick=Case(10_000, "10,000 additions", operations=10_000),
        ),
    ),
    {"kytorch": with_kytorch, "numpy": with_numpy, "torch": with_torch},
)
