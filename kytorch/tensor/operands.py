"""What an operation is given: Tensors and arrays, and numbers beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kytorch.tensor.core import A, Tensor, constant
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.holder import ArrayHolder
from kytorch.tensor.values import Array, weak_array

_NUMBERS = {float, int, bool}
_ARRAYS: set[type] = {Tensor}
"""The kinds that have been found to be arrays, which is quicker to ask about than what makes them so."""


def array_of(name: str, x: object) -> Array:
    """The array of a Tensor, or `x` itself, an array. Raises a TypeError that names the operation for others."""
    if type(x) is Tensor:
        return x._data
    if not hasattr(x, "dtype") or isinstance(x, ArrayHolder):
        raise not_tensors(name, x)
    return x  # type: ignore[return-value]  # an array, or a NumPy scalar, which has all that is asked of one


def alike(name: str, *values: A | Array) -> tuple[A, ...]:
    """`values`, Tensors and arrays, all as Tensors if one of them is one. TypeError for others."""
    for x in values:
        array_of(name, x)
    if Tensor in map(type, values):
        return tensors(name, *values)  # type: ignore[return-value]  # with a Tensor, A is Tensor
    return values  # type: ignore[return-value]  # without a Tensor, A is Array


def tensors(name: str, *values: object) -> tuple[Tensor, ...]:
    """`values`, Tensors and arrays, as Tensors: an array beside a Tensor is a constant. TypeError for others."""
    for x in values:
        if type(x) is not Tensor:
            return tuple([x if type(x) is Tensor else Tensor(array_of(name, x)) for x in values])
    return values  # type: ignore[return-value]  # now all are Tensors


def operands(name: str, a: object, b: object) -> tuple[Tensor, Tensor]:
    """`a` and `b`, one of which is a Tensor, as Tensors. Raises TypeError if the other is no array and no number."""
    if isinstance(a, Tensor):
        return a, b if isinstance(b, Tensor) else _beside(name, b, a)
    if isinstance(b, Tensor):
        return _beside(name, a, b), b
    raise not_tensors(name, a, b)


def _beside(name: str, value: object, like: Tensor) -> Tensor:
    found = constant(value, like) if type(value) is Tensor or not isinstance(value, ArrayHolder) else None
    if found is None:
        raise not_tensors(name, value)
    return found


def one_by_one(values: Sequence[A | Array | Sequence[A | Array]]) -> Sequence[A]:
    """What is given one by one, or all in one list or tuple. What is neither is left to be refused."""
    first = values[0] if len(values) == 1 else None
    together = isinstance(first, (list, tuple)) and any(hasattr(x, "dtype") for x in first)
    return first if together else values  # type: ignore[return-value]  # or refused later


def check_operands(name: str, *values: object) -> None:
    """Raises TypeError unless `values` are Tensors, arrays and numbers, and not numbers alone."""
    some = False
    for x in values:
        kind = type(x)
        if kind in _ARRAYS:
            some = True
        elif kind not in _NUMBERS:
            array_of(name, x)
            _ARRAYS.add(kind)
            some = True
    if not some:
        raise not_tensors(name, *values)


def on_arrays(name: str, function: Callable[..., Array], *values: object) -> Array:
    """`function` of arrays, beside which numbers may stand. Raises a TypeError that names the operation for others."""
    check_operands(name, *values)
    return function(*values)


def arrays(name: str, x: object, other: object) -> tuple[Array, Array]:
    """`x` and `other`, arrays or an array and a number, as arrays; the number does not widen the array."""
    check_operands(name, x, other)
    if not hasattr(x, "dtype"):
        x = weak_array(x, other.dtype)  # type: ignore[arg-type, attr-defined]  # a number beside an array
    if not hasattr(other, "dtype"):
        other = weak_array(other, x.dtype)  # type: ignore[arg-type]  # a number beside an array
    return x, other  # type: ignore[return-value]  # now both have dtypes
