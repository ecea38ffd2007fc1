"""Dimensions and sizes as users write them: checked, and counted from the left."""

from __future__ import annotations

import operator
from collections.abc import Sequence

from kytorch.tensor.values import Shape


def one_dim(name: str, dim: int, ndim: int) -> int:
    """`dim` counted from the left. Raises IndexError outside [-ndim, ndim)."""
    if type(dim) is int and -ndim <= dim < ndim:
        return dim % ndim
    try:
        dim = operator.index(dim)
    except TypeError:
        raise TypeError(f"{name}: a dim is an int, not {type(dim).__name__}") from None
    bound = max(ndim, 1)
    if not -bound <= dim < bound:
        raise IndexError(
            f"{name}: dim {dim} is out of range for {ndim} dimensions; it goes from {-bound} to {bound - 1}"
        )
    return dim % bound


def one_of(name: str, dim: int, ndim: int) -> int:
    """`dim` counted from the left, of a shape that has dimensions. Raises IndexError for ()."""
    if not ndim:
        raise IndexError(f"{name}: shape () has no dimensions; unsqueeze adds one")
    return one_dim(name, dim, ndim)


def many_dims(name: str, dim: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """The dimensions that `dim` names, each once, counted from the left; None and () name all."""
    if dim is None:
        return tuple(range(ndim))
    if type(dim) is int and -ndim <= dim < ndim:
        return (dim % ndim,)
    if type(dim) is not tuple and not isinstance(dim, Sequence):  # the second takes longer to ask
        return (one_dim(name, dim, ndim),)[:ndim]
    dims = tuple([one_dim(name, d, ndim) for d in dim])
    if len(set(dims)) != len(dims):
        raise ValueError(f"{name}: dim {tuple(dim)} names a dimension twice")
    return dims[:ndim] or tuple(range(ndim))


def whole(name: str, what: str, n: int) -> int:
    """`n`, called `what` in the error. Raises TypeError for what is no int."""
    try:
        return operator.index(n)
    except TypeError:
        raise TypeError(f"{name}: {what} is an int, not {type(n).__name__}") from None


def count_of(name: str, what: str, n: int) -> int:
    """`n`, 0 or more. Raises TypeError for what is no int, ValueError for less."""
    if whole(name, what, n) < 0:
        raise ValueError(f"{name}: a negative number of {what}, {n}; expected 0 or more")
    return whole(name, what, n)


def sizes(name: str, shape: Sequence[int | Sequence[int]]) -> Shape:
    """A shape written as several arguments or as one sequence."""
    first = shape[0] if len(shape) == 1 else 0
    kind = type(first)  # which is quicker to ask about
    flat = first if kind is tuple or (kind is not int and isinstance(first, Sequence)) else shape
    try:
        return tuple(map(operator.index, flat))  # type: ignore[arg-type]  # what is no int is refused here
    except TypeError:
        raise TypeError(f"{name}: sizes are ints, not {flat!r}") from None


def positive_sizes(name: str, shape: Sequence[int | Sequence[int]]) -> tuple[int, ...]:
    """A shape whose sizes are to be 0 or more. Raises ValueError for others."""
    checked = sizes(name, shape)
    if checked and min(checked) < 0:
        raise ValueError(f"{name}: shape {checked} has a negative size")
    return checked
