"""What NumPy's functions are given, as Tensors."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from kytorch.ops.join import stack
from kytorch.tensor.cell import Cell
from kytorch.tensor.core import Operand, Tensor, constant
from kytorch.tensor.dims import many_dims
from kytorch.tensor.holder import ArrayHolder

Axis: TypeAlias = int | Sequence[int] | None


ADVICE = "; x.numpy() gives the values as an array, without their gradient"


EDITS = "a Tensor is immutable; x.at[index].set(value), .add, .mul, .min and .max return an edited copy"


def tensor_of(value: object) -> Tensor:
    """A Tensor of what NumPy takes for an array; of nested lists that hold Tensors, one that is recorded."""
    if isinstance(value, Tensor):
        return value
    refuse_weights("Tensor", [value])
    if isinstance(value, (list, tuple)) and _holds_tensors(value):
        return stack([tensor_of(part) for part in value])
    return Tensor(np.asarray(value))


def operand_of(value: object) -> Operand:
    """A Tensor, or a Python number, which does not widen another's dtype."""
    return value if type(value) in (float, int, bool) else tensor_of(value)  # type: ignore[return-value]  # a number


def pair(a: object, b: object) -> tuple[Tensor, Tensor]:
    """Two operands as Tensors; a Python number takes the other's dtype."""
    x, y = operand_of(a), operand_of(b)
    if isinstance(x, Tensor):
        return x, tensor_of(constant(y, x))
    return (tensor_of(constant(x, y)), y) if isinstance(y, Tensor) else (tensor_of(x), tensor_of(y))


def _holds_tensors(values: object) -> bool:
    if isinstance(values, (list, tuple)):
        return builtins.any(_holds_tensors(part) for part in values)
    return isinstance(values, ArrayHolder)


def refuse_weights(name: str, values: Sequence[object]) -> None:
    """Raise TypeError if a weight is among `values`."""
    for value in values:
        if isinstance(value, Cell):
            raise TypeError(f"{name}: a {type(value).__name__} is not a Tensor; {value._noun}.tensor() reads it")


def values_of(values: Collection[object]) -> list[object]:
    """`values` with the arrays of the Tensors among them."""
    return [value.data if isinstance(value, ArrayHolder) else value for value in values]


def dims_of(x: Tensor, axis: Axis) -> tuple[int, ...]:
    """The dimensions that NumPy's `axis` names, all for None."""
    return many_dims("axis", axis, x.ndim)


def cast(x: object, dtype: npt.DTypeLike | None) -> Tensor:
    """`x` as a Tensor, in `dtype` if one is given."""
    tensor = tensor_of(x)
    return tensor if dtype is None else tensor.to(dtype)


def tensors_of(values: Sequence[object]) -> list[Tensor]:
    """Each of `values` as a Tensor."""
    return [tensor_of(value) for value in values]
