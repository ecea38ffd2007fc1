"""What losses share: the check of shapes, the reduction of a loss's elements, and their weights."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from kytorch.kernels import loss as kernels
from kytorch.kernels import reduce
from kytorch.nn.buffer import Buffer
from kytorch.nn.checks import check_numbers
from kytorch.nn.module import Module
from kytorch.ops.reduce import mean, sum
from kytorch.tensor.core import A, Tensor
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.rules import BinaryGradFn
from kytorch.tensor.values import Array, Shape

Reduction: TypeAlias = Literal["mean", "sum", "none"]


def check_reduction(name: str, reduction: str) -> None:
    """Raise ValueError unless `reduction` is one of the three."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: reduction {reduction!r} is none of 'mean', 'sum', 'none'")


def not_a_weight(name: str, weight: object) -> TypeError:
    """The error of a weight that is no Tensor, maybe because it is a reduction."""
    if isinstance(weight, str):
        return TypeError(f'{name}: expected a Tensor, not str; a reduction is passed by name: reduction="{weight}"')
    return not_tensors(name, weight)


def check_options(name: str, **options: float) -> None:
    """Raise TypeError for what is no number, maybe because it is a reduction."""
    for what, x in options.items():
        if isinstance(x, str):
            raise TypeError(f'{name}: {what} is to be a number; a reduction is passed by name: reduction="{x}"')
    check_numbers(name, **options)


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


def checked_same(name: str, **inputs: Tensor) -> tuple[Tensor, ...]:
    """All of `inputs`, as floats. Raises ValueError unless their shapes are equal."""
    if any(type(x) is not Tensor for x in inputs.values()):
        raise not_tensors(name, *inputs.values())
    if len({x.shape for x in inputs.values()}) > 1:
        shapes = ", ".join(f"{key} {x.shape}" for key, x in inputs.items())
        raise ValueError(f"{name}: the shapes are to be equal (nothing is broadcast: reshape them): {shapes}")
    return tuple([as_float(x) for x in inputs.values()])


def as_float(x: Tensor) -> Tensor:
    """`x`, in float32 if it holds integers or bool."""
    return x if x._data.dtype.kind == "f" else x.to(np.float32)


def check_signs(name: str, target: Tensor) -> None:
    """Raise ValueError unless every element is 1 or -1."""
    data = target._data
    if (wrong := data[np.abs(data) != 1]).size:
        raise ValueError(f"{name}: the target is to be 1 or -1, and has {wrong[0]}")


def reduced(loss: Array, reduction: Reduction) -> Array:
    """The mean or the sum of the elements, or they themselves."""
    if reduction == "none":
        return loss
    if loss.dtype.char == "e" or not loss.size:
        function = reduce.mean if reduction == "mean" else reduce.sum
        return function(loss, tuple(range(loss.ndim)), False)
    total: Array = np.add.reduce(loss, None)
    return total / loss.size if reduction == "mean" else total


def reduced_tensor(loss: Tensor, reduction: Reduction) -> Tensor:
    """The mean or the sum of the elements, or they themselves, recorded."""
    if reduction == "none":
        return loss
    return mean(loss) if reduction == "mean" else sum(loss)


def broadcasts(shape: Shape, to: Shape) -> bool:
    """Whether an array of `shape` broadcasts to the shape `to`."""
    return len(shape) <= len(to) and all(n in (1, m) for n, m in zip(reversed(shape), reversed(to)))


def weighted(name: str, loss: Tensor, weight: Tensor, reduction: Reduction, *, by_weight: bool = False) -> Tensor:
    """The elements times `weight`, which broadcasts to them, reduced; the mean is over the weights if `by_weight`."""
    if type(weight) is not Tensor:
        raise not_a_weight(f"{name}: the weight", weight)
    weight = weight if weight.dtype == loss.dtype else weight.to(loss.dtype)
    if not broadcasts(weight.shape, loss.shape) or (by_weight and weight.shape != loss.shape):
        how = "have" if by_weight else "broadcast to"
        raise ValueError(f"{name}: the weight has shape {weight.shape}; it is to {how} the input's, {loss.shape}")
    elements = loss * weight
    if by_weight and reduction == "mean":
        return sum(elements) / sum(weight)
    return reduced_tensor(elements, reduction)


class LossGradFn(BinaryGradFn):
    """A loss of each element of an input and a target, reduced.

    A subclass says the loss's `value` on arrays, and its slopes with respect to both, up to a `factor`.
    """

    __slots__ = ("_scale",)

    def __init__(self, reduction: Reduction, size: int, factor: float = 1.0) -> None:
        self._scale = factor / size if reduction == "mean" and size else factor

    def value(self, a: Array, b: Array) -> Array:
        """The loss of each element, a fresh array."""
        raise NotImplementedError(f"{self.name} has no value")

    def slope_a(self, a: A, b: A) -> A:
        """The derivative of each element's loss with respect to a, over the factor."""
        raise NotImplementedError(f"{self.name} has no slope in a")

    def slope_b(self, a: A, b: A) -> A:
        """The derivative of each element's loss with respect to b, over the factor."""
        raise NotImplementedError(f"{self.name} has no slope in b")

    def vjp_a(self, g: A, a: A, b: A) -> A:
        if self._scale != 1.0:
            g = g * self._scale
        if isinstance(g, Tensor) or a.size <= kernels.BLOCK:
            return self.slope_a(a, b) * g
        return kernels.by_blocks(self.slope_a, g, a, b)

    def vjp_b(self, g: A, a: A, b: A) -> A:
        if self._scale != 1.0:
            g = g * self._scale
        if isinstance(g, Tensor) or a.size <= kernels.BLOCK:
            return self.slope_b(a, b) * g
        return kernels.by_blocks(self.slope_b, g, a, b)

    def of(self, input: Tensor, target: Tensor, reduction: Reduction) -> Tensor:
        """The reduced loss, recorded."""
        a, b = input._data, target._data
        if reduction == "none" or a.size <= kernels.BLOCK or a.dtype.char == "e":
            return self.record(reduced(self.value(a, b), reduction), input, target)
        total = kernels.total(self.value, a, b)
        return self.record(total / a.size if reduction == "mean" else total, input, target)


class DifferenceGradFn(LossGradFn):
    """y = f(a - b),  dy = f'(a - b) (da - db)"""

    __slots__ = ()

    def slope(self, d: A) -> A:
        """f'(d) over the factor."""
        raise NotImplementedError(f"{self.name} has no slope")

    def slope_a(self, a: A, b: A) -> A:
        return self.slope(a - b)

    def slope_b(self, a: A, b: A) -> A:
        return self.slope(b - a)  # f is even


class Loss(Module):
    """The base of the losses: of an input and a target, with a reduction."""

    def __init__(self, reduction: Reduction = "mean") -> None:
        check_reduction(type(self).__name__, reduction)
        self.reduction: Reduction = reduction


class WeightedLoss(Loss):
    """The base of the losses with weights, which are a buffer."""

    def __init__(self, weight: Tensor | None = None, *, reduction: Reduction = "mean") -> None:
        super().__init__(reduction)
        self.weight = buffer_of(type(self).__name__, "weight", weight)


def buffer_of(name: str, what: str, weight: Tensor | None) -> Buffer | None:
    """A buffer of `weight`, if there is one. Raises TypeError for what is no Tensor."""
    if weight is not None and type(weight) is not Tensor:
        raise not_a_weight(f"{name}: {what}", weight)
    return None if weight is None else Buffer(weight)


def tensor_of(buffer: Buffer | None) -> Tensor | None:
    """What `buffer` holds, if there is one."""
    return None if buffer is None else buffer.tensor()
