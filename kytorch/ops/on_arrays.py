"""Calls that are to have arrays."""

from __future__ import annotations

from collections.abc import Callable

from kytorch.tensor.errors import not_tensors
from kytorch.tensor.holder import ArrayHolder
from kytorch.tensor.values import Array


def on_arrays(name: str, function: Callable[..., Array], *operands: object) -> Array:
    """`function` of arrays, beside which numbers may stand. Raises a TypeError that names the operation otherwise."""
    if not any(hasattr(x, "dtype") for x in operands):
        raise not_tensors(name, *operands)
    try:
        return function(*operands)
    except (AttributeError, TypeError):
        strange = [x for x in operands if isinstance(x, ArrayHolder) or not hasattr(x, "dtype")]
        if not strange:
            raise
        named = [x for x in strange if type(x) not in (float, int, bool)] or strange
        raise not_tensors(name, *named) from None
