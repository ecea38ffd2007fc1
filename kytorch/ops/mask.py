"""Choosing by a mask, and where elements are."""

from __future__ import annotations

import numpy as np

from kytorch.ops.broadcast import expand
from kytorch.ops.edit import in_dtype_of
from kytorch.ops.index import part
from kytorch.tensor.core import CONSTANT, A, Tensor, TwoInputGradFn, View
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import alike, array_of
from kytorch.tensor.values import Array, Scalar, Shape, lock

# From this size on, what is not 0 is found sooner as bool.
_FEW = 1024


def _mask(name: str, mask: Tensor | Array, shape: Shape) -> tuple[Array, Shape]:
    """The mask, locked, and the shape to which it and `shape` broadcast."""
    if isinstance(mask, Tensor):
        chosen = mask._data
    elif hasattr(mask, "dtype"):
        chosen = np.array(mask)
        lock(chosen)
    else:
        raise TypeError(f"{name}: the mask is a Tensor or an array of bool, not {type(mask).__name__}")
    if chosen.dtype.kind != "b":
        raise TypeError(f"{name}: the mask has dtype {chosen.dtype}; compare it to something, for a bool")
    if chosen.shape == shape:
        return chosen, shape
    try:
        return chosen, np.broadcast_shapes(chosen.shape, shape)
    except ValueError:
        raise ValueError(f"{name}: a mask of shape {chosen.shape} does not broadcast to {shape}") from None


class MaskedFillGradFn(TwoInputGradFn):
    """y = v where the mask is true, else x"""

    __slots__ = ("_mask",)

    def __init__(self, mask: Array) -> None:
        self._mask = mask

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        x_fn, v_fn = self._inputs
        return (
            None if x_fn is CONSTANT else _filled(g, self._mask, view(np.zeros((), g.dtype), CONSTANT), g.shape),
            None if v_fn is CONSTANT else masked_select(g, self._mask),
        )


@method
def masked_fill(x: A, mask: Tensor | Array, value: A | Scalar) -> A:
    """`x` with `value`, a number or of shape (), where `mask` is true; `x` and `mask` broadcast."""
    chosen, shape = _mask("masked_fill", mask, array_of("masked_fill", x).shape)
    if getattr(value, "ndim", 0):
        raise ValueError("masked_fill: the value is a number or of shape (), not of shape " + str(np.shape(value)))
    if isinstance(value, Tensor):
        x, value = alike("masked_fill", x, value)
    return _filled(x, chosen, in_dtype_of("masked_fill", x, value), shape)


def _filled(x: A, mask: Array, value: A, shape: Shape) -> A:
    if isinstance(x, Tensor):
        return MaskedFillGradFn(mask).record(_filled(x._data, mask, value._data, shape), x, value)
    y: Array = np.array(x if x.shape == shape else np.broadcast_to(x, shape))
    np.copyto(y, value, where=mask)
    return y


@method
def masked_select(x: A, mask: Tensor | Array) -> A:
    """The elements of `x` where `mask` is true, in one dimension; `x` and `mask` broadcast."""
    chosen, shape = _mask("masked_select", mask, array_of("masked_select", x).shape)
    if chosen.shape != shape:
        chosen = np.array(np.broadcast_to(chosen, shape))
        lock(chosen)
    return part(x if x.shape == shape else expand(x, shape), chosen)
