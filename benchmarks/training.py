"""A training step as a user of kytorch, and of PyTorch, writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.prepared import Array, Prepared

if TYPE_CHECKING:
    import torch

    from kytorch import Gradients, Tensor, nn


def answered(loss: object, gradients: Mapping[str, Array], weights: Mapping[str, Array]) -> Mapping[str, Array]:
    """What a training step is checked by: the loss, the gradients, and the weights after the step."""
    return {"loss": np.asarray(loss), **{f"gradient of {name}": g for name, g in gradients.items()}, **weights}


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

    def forward() -> Tensor:
        return loss_of(model(inputs), targets)

    def step() -> tuple[Tensor, Gradients]:
        loss = forward()
        gradients = loss.backward()
        update(gradients)
        return loss, gradients

    def answers() -> Mapping[str, Array]:
        loss, gradients = step()
        names = {weight: name for name, weight in model.named_weights()}
        return answered(loss, {names[weight]: g.numpy() for g, weight in gradients}, model.state_dict())

    return Prepared(step, answers, forward)


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

    def forward() -> torch.Tensor:
        optimizer.zero_grad(set_to_none=True)
        return loss_of(model(inputs), targets)

    def step() -> torch.Tensor:
        loss = forward()
        loss.backward()
        optimizer.step()
        return loss

    def answers() -> Mapping[str, Array]:
        loss = step().detach().numpy()
        gradients = {name: weight.grad.numpy() for name, weight in model.named_parameters()}
        return answered(loss, gradients, {name: weight.numpy() for name, weight in model.state_dict().items()})

    return Prepared(step, answers, forward)


def load_torch(model: torch.nn.Module, weights: Mapping[str, Array]) -> None:
    """Give `model` the weights, copied."""
    import torch

    model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
