"""Masks of attention: True where a key is not seen, or what is added to the scores."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kytorch.ops.dtype import to
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.errors import not_tensors


def checked_mask(name: str, what: str, mask: Tensor, query: Tensor) -> Tensor:
    """`mask`, of bool or in the dtype of `query`. Raises TypeError for one of integers."""
    if type(mask) is not Tensor:
        raise not_tensors(f"{name}: {what}", mask)
    if mask.dtype.kind == "b":
        return mask
    if mask.dtype.kind != "f":
        raise TypeError(
            f"{name}: the {what} has dtype {mask.dtype}; expected bool, True where a key is not seen, or floats"
        )
    return to(mask, query.dtype)


def causal_mask(length: int, count: int, seen: int = 0) -> Tensor:
    """True where key j is later than query i, which has `seen` before the first one, j > i + seen."""
    return make(~np.tri(length, count, seen, dtype=bool), CONSTANT)


def square_subsequent_mask(size: int, dtype: npt.DTypeLike = np.float32) -> Tensor:
    """What is added to scores (size, size): 0 where a key is not later than the query, and else -inf."""
    return make(np.triu(np.full((size, size), -np.inf, dtype), 1), CONSTANT)


def added_mask(mask: Tensor, like: Tensor) -> Tensor:
    """What is added to scores in the dtype of `like`: -inf where a mask of bool is True; a mask of floats as it is."""
    if mask.dtype.kind != "b":
        return mask
    return make(np.where(mask._data, np.full((), -np.inf, like.dtype), np.zeros((), like.dtype)), CONSTANT)


def is_causal_mask(mask: Tensor | None) -> bool:
    """Whether `mask` says no more than that no key is seen that is later than the query."""
    if type(mask) is not Tensor or mask.ndim != 2 or mask.shape[0] != mask.shape[1] or mask.requires_grad:
        return False  # what is no Tensor attention refuses, and one that is trained gets its gradient
    later = ~np.tri(mask.shape[0], dtype=bool)
    if mask.dtype.kind == "b":
        return bool((mask._data == later).all())
    return bool((mask._data == np.where(later, -np.inf, 0.0)).all())
