"""Choosing by a mask, and where elements are."""

from __future__ import annotations

from typing import Literal, overload

import numpy as np

from kytorch.ops.edit import in_dtype_of
from kytorch.ops.gather import integers
from kytorch.ops.index import part
from kytorch.ops.repeat import expand
from kytorch.tensor.core import CONSTANT, A, Tensor, TwoInputGradFn, View, make
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import alike, array_of, check_operands
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


def one_hot(x: A, num_classes: int = -1) -> A:
    """A row of int64 for each element of `x`, 1 where it says and 0 elsewhere: (..., num_classes).

    With -1 the classes go up to the greatest. Raises IndexError for an element out of range, ValueError for -1 of none,
    and for no classes.
    """
    if isinstance(x, Tensor):
        return make(one_hot(x._data, num_classes), CONSTANT)
    classes = integers("one_hot", array_of("one_hot", x))
    if num_classes == -1:
        if not classes.size:
            raise ValueError("one_hot: no elements to count the classes of; pass num_classes")
        n = int(classes.max()) + 1
    elif num_classes < 1:
        raise ValueError(f"one_hot: num_classes is {num_classes}; expected 1 or more, or -1 to count them")
    else:
        n = num_classes
    if classes.size and classes.min() < 0:
        raise IndexError(f"one_hot: class {classes.min()} is out of range; classes are counted from 0")
    wrong = classes[classes >= n]
    if wrong.size:
        raise IndexError(f"one_hot: class {wrong[0]} is out of range; it goes from 0 to {n - 1}")
    y: Array = np.zeros((classes.size, n), np.int64)
    y[np.arange(classes.size), classes.reshape(-1)] = 1
    return y.reshape(x.shape + (n,))


def isin(elements: A | Scalar, test_elements: A | Scalar, *, assume_unique: bool = False, invert: bool = False) -> A:
    """Which of `elements` are among `test_elements`: bool, the other way round with `invert`."""
    check_operands("isin", elements, test_elements)
    those = elements._data if isinstance(elements, Tensor) else elements
    among = test_elements._data if isinstance(test_elements, Tensor) else test_elements
    found = np.asarray(np.isin(those, among, assume_unique, invert))
    if isinstance(elements, Tensor) or isinstance(test_elements, Tensor):
        return make(found, CONSTANT)
    return found  # type: ignore[return-value]  # without a Tensor, A is Array
