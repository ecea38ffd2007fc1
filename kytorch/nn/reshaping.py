"""Layers that change nothing but a shape."""

from __future__ import annotations

import operator
from collections.abc import Sequence

from kytorch.nn.module import Module
from kytorch.ops.shape import flatten, unflatten
from kytorch.tensor.core import Tensor


class Identity(Module):
    """Its input; any arguments of the constructor are ignored."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def forward(self, input: Tensor) -> Tensor:
        return input


class Flatten(Module):
    """The dimensions from `start_dim` to `end_dim` made one: by default all but the batch."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        for name, dim in (("start_dim", start_dim), ("end_dim", end_dim)):
            if not isinstance(dim, int):
                raise TypeError(f"Flatten: {name} is to be an int, not {type(dim).__name__}")
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        return flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """The dimension `dim` made several, of `unflattened_size`; one of these may be -1."""

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        if not isinstance(dim, int):
            raise TypeError(f"Unflatten: dim is to be an int, not {type(dim).__name__}; dimensions have no names here")
        if not isinstance(unflattened_size, Sequence) or isinstance(unflattened_size, str):
            raise TypeError(f"Unflatten: unflattened_size is to be a tuple of ints, not {unflattened_size!r}")
        try:
            self.unflattened_size = tuple(map(operator.index, unflattened_size))
        except TypeError:
            raise TypeError(f"Unflatten: unflattened_size is to be of ints, not {unflattened_size!r}") from None
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return unflatten(input, self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
