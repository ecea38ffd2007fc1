"""What the normalisations ask of their arguments."""

from __future__ import annotations

from kytorch.tensor.core import Tensor, TrainableWeight
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Shape


def check_positive(name: str, **sizes: int) -> None:
    """Raise TypeError for a size that is no int, ValueError for one below 1."""
    for what, n in sizes.items():
        if not isinstance(n, int):
            raise TypeError(f"{name}: {what} is to be an int, not {type(n).__name__}")
        if n < 1:
            raise ValueError(f"{name}: {what} is to be at least 1, not {n}")


def affine_of(name: str, input: Tensor, weight: Tensor | None, bias: Tensor | None, shape: Shape) -> list[Tensor]:
    """Those of weight and bias that there are. Raises TypeError or ValueError unless they fit the input, of floats."""
    if type(input) is not Tensor:
        raise not_tensors(name, input)
    dtype = input._data.dtype
    if dtype.kind != "f":
        raise TypeError(f"{name}: expected an input of floats, not of {dtype}; convert it with to(float32)")
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
