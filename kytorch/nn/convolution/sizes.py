"""Sizes in each dimension of space as users write them, and the checks that every convolution makes."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Literal

from kytorch.tensor.core import Tensor
from kytorch.tensor.dims import whole
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Shape

Sizes = int | Sequence[int]
Padding = int | Sequence[int] | Literal["same", "valid"]
_INT = {int}


def per_dimension(name: str, what: str, value: Sizes, n: int, least: int) -> Shape:
    """`value` for each of `n` dimensions. Raises TypeError for no ints, ValueError for others below `least`."""
    if type(value) is tuple and len(value) == n and set(map(type, value)) == _INT and min(value) >= least:
        return value
    try:
        if isinstance(value, Sequence) and not isinstance(value, str):
            found = tuple(map(operator.index, value))
        else:
            found = (operator.index(value),)
    except TypeError:
        raise TypeError(f"{name}: {what} is an int or {n} of them, not {value!r}") from None
    if len(found) not in (1, n):
        raise ValueError(f"{name}: {what} is an int or {n} of them, not {value!r}")
    if min(found) < least:
        raise ValueError(f"{name}: {what} is to be at least {least}, not {value!r}")
    return found if len(found) == n else found * n


def padding_pairs(
    name: str, padding: Padding, kernel: Shape, stride: Shape, dilation: Shape
) -> tuple[tuple[int, int], ...]:
    """How much is put before and after each dimension. "same" keeps the size, "valid" is 0."""
    if isinstance(padding, str):
        check_padding(name, padding, stride)
        both = [d * (k - 1) if padding == "same" else 0 for d, k in zip(dilation, kernel)]
        return tuple([(n // 2, n - n // 2) for n in both])
    return tuple([(p, p) for p in per_dimension(name, "padding", padding, len(kernel), 0)])


def check_padding(name: str, padding: str, stride: Shape) -> None:
    """Raises ValueError unless `padding` is "valid", or "same" with a stride of 1."""
    if padding not in ("same", "valid"):
        raise ValueError(f"{name}: padding is an int, {len(stride)} of them, 'same' or 'valid', not {padding!r}")
    if padding == "same" and max(stride) > 1:
        raise ValueError(f"{name}: padding='same' needs a stride of 1, not {stride}")


def check_tensors(name: str, input: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    """Raises TypeError unless all are Tensors of floats."""
    given = (input, weight) if bias is None else (input, weight, bias)
    for x in given:
        if type(x) is not Tensor:
            raise not_tensors(name, *given)
        if x._data.dtype.kind != "f":
            raise TypeError(f"{name}: expected floats, not {x._data.dtype}; input.to(np.float32) converts")


def check_input(name: str, input: Shape, n: int, channels: int) -> None:
    """Raises ValueError unless `input` is (n, channels, *space) or (channels, *space) of `n` dimensions of space."""
    if len(input) not in (n + 1, n + 2):
        space = ", ".join(["length", "height, width", "depth, height, width"][n - 1 : n])
        raise ValueError(
            f"{name}: an input of shape {input} has {len(input)} dimensions; expected (batch, {channels}, {space}) or, "
            f"without a batch, ({channels}, {space})"
        )
    if input[-n - 1] != channels:
        raise ValueError(
            f"{name}: an input of shape {input} has {input[-n - 1]} channels, and the weight expects {channels}"
        )


def check_weight(name: str, weight: Shape, bias: Tensor | None, n: int, groups: int, outputs: int) -> None:
    """Raises ValueError unless `weight` has `n` dimensions of space, `groups` divide it and `bias` fits.

    Raises TypeError for groups that are no int.
    """
    whole(name, "groups", groups)
    if len(weight) != n + 2:
        raise ValueError(f"{name}: a weight of shape {weight} has {len(weight)} dimensions; expected {n + 2}")
    if 0 in weight:
        raise ValueError(f"{name}: a weight of shape {weight} is empty")
    if groups < 1 or weight[0] % groups:
        raise ValueError(f"{name}: {groups} groups do not divide the {weight[0]} channels of a weight {weight}")
    if bias is not None and bias._data.shape != (outputs,):
        raise ValueError(f"{name}: a bias of shape {bias._data.shape} for {outputs} output channels")
