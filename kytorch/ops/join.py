"""Joining Tensors, and taking them apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kytorch.ops.shape import unsqueeze
from kytorch.tensor.core import CONSTANT, A, NaryGradFn, Tensor, View
from kytorch.tensor.dims import one_dim


class CatGradFn(NaryGradFn):
    """y = the inputs one behind the other along a dimension"""

    __slots__ = ("_dim",)

    def __init__(self, dim: int) -> None:
        self._dim = dim

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        parts: list[A | None] = []
        start = 0
        for grad_fn, shape in zip(self._inputs, self._shapes):
            stop = start + shape[self._dim]
            parts.append(None if grad_fn is CONSTANT else g[(slice(None),) * self._dim + (slice(start, stop),)])
            start = stop
        return tuple(parts)


def cat(tensors: Sequence[A], dim: int = 0) -> A:
    """The Tensors one behind the other along `dim`. Raises ValueError if the other sizes differ."""
    _check_sequence("cat", tensors)
    first = tensors[0]
    at = one_dim("cat", dim, first.ndim)
    shapes = [x.shape for x in tensors]
    others = {(len(shape), shape[:at], shape[at + 1 :]) for shape in shapes}
    if not first.ndim or len(others) > 1:
        raise ValueError(
            f"cat: shapes {', '.join(map(str, shapes))} must be equal but for dim {dim}, and not (); "
            "stack() adds a dimension"
        )
    if isinstance(first, Tensor):
        return CatGradFn(at).record(np.concatenate([x._data for x in tensors], at), *tensors)
    return np.concatenate(tensors, at)


def _check_sequence(name: str, tensors: Sequence[A]) -> None:
    if not tensors:
        raise ValueError(f"{name}: expected at least one Tensor")
    kinds = {type(x).__name__ for x in tensors if not isinstance(x, Tensor)}
    if kinds and kinds != {"ndarray"}:
        kind = min(kinds - {"ndarray"})
        advice = "; weight.tensor() reads it" if kind == "TrainableWeight" else ""
        raise TypeError(f"{name}: expected Tensors only, and got a {kind}{advice}")
    if kinds and len({isinstance(x, Tensor) for x in tensors}) > 1:
        raise TypeError(f"{name}: expected Tensors only, and got an array among them; Tensor(array) makes one")


def stack(tensors: Sequence[A], dim: int = 0) -> A:
    """The Tensors, all of one shape, along a new dimension `dim`."""
    _check_sequence("stack", tensors)
    if any(x.shape != tensors[0].shape for x in tensors):
        raise ValueError(f"stack: shapes {', '.join([str(x.shape) for x in tensors])} must be equal")
    return cat([unsqueeze(x, dim) for x in tensors], one_dim("stack", dim, tensors[0].ndim + 1))
