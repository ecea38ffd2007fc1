"""What layers of several kinds ask of their arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.tensor.core import Tensor
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import checked_dtype


def check_floats(name: str, input: Tensor) -> None:
    """Raise TypeError for what is no Tensor of floats."""
    if type(input) is not Tensor:
        raise not_tensors(name, input)
    if input._data.dtype.kind != "f":
        raise TypeError(f"{name}: expected an input of floats, not of {input.dtype}; convert it with to(float32)")


def check_positive(name: str, **sizes: int) -> None:
    """Raise TypeError for a size that is no int, ValueError for one below 1."""
    for what, n in sizes.items():
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
            raise TypeError(f"{name}: {what} is to be an int, not {type(n).__name__}")
        if n < 1:
            raise ValueError(f"{name}: {what} is to be at least 1, not {n}")


def check_numbers(name: str, **numbers: float) -> None:
    """Raise TypeError for what is no number."""
    for what, x in numbers.items():
        if isinstance(x, bool) or not isinstance(x, (int, float, np.number)):
            raise TypeError(f"{name}: {what} is to be a number, not {type(x).__name__}")


def float_dtype(name: str, dtype: npt.DTypeLike) -> np.dtype[Any]:
    """`dtype` as NumPy's. Raises TypeError for one that is not of floats."""
    checked = checked_dtype(name, dtype)
    if checked.kind != "f":
        raise TypeError(f"{name}: weights are of floats, not {checked}")
    return checked


def weight_dtype(name: str, dtype: npt.DTypeLike) -> np.dtype[Any]:
    """`dtype` as NumPy's, float32 if None, as in PyTorch. Raises TypeError for one that is not of floats."""
    return float_dtype(name, np.float32 if dtype is None else dtype)
