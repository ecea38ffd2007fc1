"""Places of elements other than 0."""

from __future__ import annotations

from typing import Literal, overload

import numpy as np

from kytorch.ops.mask import _FEW
from kytorch.tensor.core import CONSTANT, A, Tensor, make
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of
from kytorch.tensor.values import Array


@overload
def nonzero(x: A, as_tuple: Literal[False] = False) -> A: ...


@overload
def nonzero(x: A, as_tuple: Literal[True]) -> tuple[A, ...]: ...


@method
def nonzero(x: A, as_tuple: bool = False) -> A | tuple[A, ...]:
    """Where `x` is not 0: a row of indices for each such element, or with `as_tuple` an index for `x[...]`."""
    array = array_of("nonzero", x)
    if not as_tuple:
        return argwhere(x)
    places = np.nonzero(array != 0 if array.ndim else array.reshape(1))
    return tuple([make(i, CONSTANT) for i in places]) if isinstance(x, Tensor) else places


@method
def argwhere(x: A) -> A:
    """Where `x` is not 0: a row of indices for each such element, as int64."""
    y = _argwhere(array_of("argwhere", x))
    return make(y, CONSTANT) if isinstance(x, Tensor) else y


def _argwhere(x: Array) -> Array:
    if not x.ndim:
        return np.zeros((int(x != 0), 0), np.int64)
    places = x.nonzero() if x.size < _FEW else (x != 0).nonzero()
    return np.concatenate([line[:, None] for line in places], 1)
