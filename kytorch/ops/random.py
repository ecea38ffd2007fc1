"""Tensors of random numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.dims import positive_sizes
from kytorch.tensor.random import generator_or_default


def rand(
    *shape: int | Sequence[int], dtype: npt.DTypeLike = np.float32, generator: np.random.Generator | None = None
) -> Tensor:
    """Random numbers, uniform on [0, 1)."""
    draw = generator_or_default(generator).random(positive_sizes("rand", shape), _drawn(dtype))
    values = np.asarray(draw, dtype)
    if values.dtype.char == "e":  # where float16 rounds to 1
        values = np.minimum(values, np.float16(1 - 2**-11))
    return make(values, CONSTANT)


def randn(
    *shape: int | Sequence[int], dtype: npt.DTypeLike = np.float32, generator: np.random.Generator | None = None
) -> Tensor:
    """Random numbers, normal with mean 0 and variance 1."""
    draw = generator_or_default(generator).standard_normal(positive_sizes("randn", shape), _drawn(dtype))
    return make(np.asarray(draw, dtype), CONSTANT)


def _drawn(dtype: npt.DTypeLike) -> type[np.float32] | type[np.float64]:
    """The dtype in which a generator draws for `dtype`."""
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"random numbers of dtype {np.dtype(dtype)}: expected a floating dtype")
    return np.float64 if np.dtype(dtype).itemsize == 8 else np.float32
