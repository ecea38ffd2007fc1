"""What losses share: the check of shapes, and the reduction of a loss's elements."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from kytorch.kernels import reduce as kernels
from kytorch.nn.module import Module
from kytorch.tensor.core import Tensor
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.rules import BinaryGradFn
from kytorch.tensor.values import Array

Reduction: TypeAlias = Literal["mean", "sum", "none"]


def check_reduction(name: str, reduction: Reduction) -> None:
    """Raise ValueError unless `reduction` is one of the three."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: reduction {reduction!r} is none of 'mean', 'sum', 'none'")


def checked_pair(name: str, input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both, as floats if they are integers or bool. Raises ValueError unless their shapes are equal."""
    if type(input) is not Tensor or type(target) is not Tensor:
        raise not_tensors(name, input, target)
    if input._data.shape != target._data.shape:
        raise ValueError(
            f"{name}: the input has shape {input.shape} and the target {target.shape}; they are to be equal "
            "(nothing is broadcast: reshape one of them)"
        )
    if input._data.dtype.kind != "f":
        input = input.to(np.float32)
    return input, target if target._data.dtype.kind == "f" else target.to(input.dtype)


def reduced(loss: Array, reduction: Reduction) -> Array:
    """The mean or the sum of the elements, or they themselves."""
    if reduction == "none":
        return loss
    if loss.dtype.char == "e" or not loss.size:
        reduce = kernels.mean if reduction == "mean" else kernels.sum
        return reduce(loss, tuple(range(loss.ndim)), False)
    total: Array = np.add.reduce(loss, None)
    return total / loss.size if reduction == "mean" else total


class LossGradFn(BinaryGradFn):
    """A loss of an input and a target; `scale` is what the reduction multiplies each element's gradient by."""

    __slots__ = ("_scale",)

    def __init__(self, reduction: Reduction, size: int) -> None:
        self._scale = 1 / size if reduction == "mean" and size else 1.0


class Loss(Module):
    """The base of the losses: of an input and a target, with a reduction."""

    def __init__(self, reduction: Reduction = "mean") -> None:
        check_reduction(type(self).__name__, reduction)
        self.reduction: Reduction = reduction
