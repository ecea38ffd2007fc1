"""The weights and biases of normalisations."""

from __future__ import annotations

from kytorch.nn.checks import check_floats
from kytorch.tensor.core import Tensor, TrainableWeight
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Shape


def affine_of(name: str, input: Tensor, weight: Tensor | None, bias: Tensor | None, shape: Shape) -> list[Tensor]:
    """Those of weight and bias that there are. Raises TypeError or ValueError unless they fit the input, of floats."""
    check_floats(name, input)
    dtype = input._data.dtype
    found: list[Tensor] = []
    for what, x in (("weight", weight), ("bias", bias)):
        if x is None:
            continue
        if type(x) is not Tensor:
            raise not_tensors(name, x)
        if x._data.shape != shape:
            raise ValueError(f"{name}: the {what} has shape {x.shape}, and an input of {input.shape} takes {shape}")
        if x._data.dtype != dtype:
            raise TypeError(f"{name}: the input has dtype {dtype} and the {what} {x.dtype}; convert one with to()")
        found.append(x)
    return found


def read(weight: TrainableWeight | None) -> Tensor | None:
    """The value of a weight that a layer may lack."""
    return None if weight is None else weight.tensor()
