"""A training step as a user of kytorch, and of PyTorch, writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from benchmarks.prepared import Array, Prepared

if TYPE_CHECKING:
    import torch

    from kytorch import Gradients, Tensor, nn


def with_kytorch(
    model: nn.Module, loss_of: Callable[[Tensor, Tensor], Tensor], x: Array, target: Array, lr: float
) -> Prepared:
    """Training of `model` by gradient descent."""
    from kytorch import optim

    return kytorch_training(model, loss_of, x, target, lambda gradients: optim.gradient_descent(gradients, lr=lr))


def kytorch_training(
    model: nn.Module,
    loss_of: Callable[[Tensor, Tensor], Tensor],
    x: Array,
    target: Array,
    update: Callable[[Gradients], object],
) -> Prepared:
    """Training of `model`, whose weights `update` moves."""
    from kytorch import Tensor

    inputs, targets = Tensor(x), Tensor(target)

    def step() -> Tensor:
        loss = loss_of(model(inputs), targets)
        update(loss.backward())
        return loss

    def answers() -> Mapping[str, Array]:
        return {"loss": step().numpy(), **model.state_dict()}

    return Prepared(step, answers)


def with_torch(
    model: torch.nn.Module,
    loss_of: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    x: Array,
    target: Array,
    lr: float,
) -> Prepared:
    """Training of `model` by gradient descent."""
    import torch

    return torch_training(model, loss_of, x, target, torch.optim.SGD(model.parameters(), lr=lr))


def torch_training(
    model: torch.nn.Module,
    loss_of: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    x: Array,
    target: Array,
    optimizer: torch.optim.Optimizer,
) -> Prepared:
    """Training of `model`, whose weights `optimizer` moves."""
    import torch

    inputs, targets = torch.from_numpy(x), torch.from_numpy(target)

    def step() -> torch.Tensor:
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model(inputs), targets)
        loss.backward()
        optimizer.step()
        return loss

    def answers() -> Mapping[str, Array]:
        loss = step().detach().numpy()
        return {"loss": loss, **{name: weight.numpy() for name, weight in model.state_dict().items()}}

    return Prepared(step, answers)


def load_torch(model: torch.nn.Module, weights: Mapping[str, Array]) -> None:
    """Give `model` the weights, copied."""
    import torch

    model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
