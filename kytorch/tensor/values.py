"""Python's values as arrays: which dtype they get, what is refused, how arrays are shown and sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import EllipsisType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

# An array's dtype is known at run time only, as for NumPy's own functions.
Array: TypeAlias = npt.NDArray[Any]
Shape: TypeAlias = tuple[int, ...]
Scalar: TypeAlias = float | np.generic
Index: TypeAlias = int | slice | EllipsisType | np.generic | Array | Sequence[object] | None
Nested: TypeAlias = Scalar | Array | Sequence["Nested"]
Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None

_KINDS = "biuf"


def checked_dtype(name: str, dtype: npt.DTypeLike) -> np.dtype[Any]:
    """`dtype` as NumPy's. Raises TypeError for one that a Tensor cannot have."""
    if dtype is None:
        raise TypeError(f"{name}: expected a dtype, not None")
    try:
        checked = np.dtype(dtype)
    except TypeError:
        raise TypeError(f"{name}: {dtype!r} is no dtype") from None
    if checked.kind not in _KINDS or checked.itemsize > 8:
        raise TypeError(f"{name}: a Tensor cannot have dtype {checked}; it holds real numbers, up to float64")
    return checked


def to_array(value: object, dtype: npt.DTypeLike | None = None) -> Array:
    """A new, locked array of `value`.

    Python floats become float32, integers int64, booleans bool; what has a dtype keeps it.
    Raises ValueError for ragged lists and TypeError for what is not real numbers.
    """
    namespace = getattr(value, "__array_namespace__", None)
    if isinstance(value, (list, tuple)) and getattr(_first(value), "_is_holder", False):
        raise TypeError("Tensor: expected numbers, not a list of Tensors or weights; stack() joins Tensors")
    try:
        if namespace is not None:
            array: Array = namespace().array(value, dtype=dtype, copy=True)
        else:
            if hasattr(value, "__array__"):  # np.array asks it for a copy, which PyTorch's tensors do not know
                value = np.asarray(value)
            array = np.array(value)
            if dtype is not None and array.dtype.kind in _KINDS:
                array = np.array(value, dtype)
    except ValueError as error:
        raise ValueError(f"Tensor: cannot make one array of {_brief(value)}: {error}") from None
    if array.dtype.kind not in _KINDS or array.dtype.itemsize > 8:
        raise TypeError(
            f"Tensor: {_brief(value)} has dtype {array.dtype}; a Tensor holds real numbers: "
            "float16, float32, float64, integers or bool"
        )
    if dtype is None and namespace is None and array.dtype == np.float64 and _is_python(value):
        array = array.astype(np.float32)
    elif not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    lock(array)
    return array


def weak_array(value: float, dtype: np.dtype[Any]) -> Array:
    """A Python number as a 0-d array that does not widen `dtype`, as NumPy 2 mixes them."""
    return np.array(value, dtype if dtype.kind == "f" else np.result_type(dtype, value))


def lock(array: Array) -> None:
    """Make `array` read-only. Kinds of array that cannot be are left as they are."""
    try:
        array.setflags(False)  # type: ignore[call-arg]  # by position: the keyword takes twice as long
    except AttributeError:
        pass


class _Seal:
    """The owner of a sealed view's memory, through which the array behind cannot be reached."""

    __slots__ = ("__array_interface__", "_array")

    def __init__(self, array: Array) -> None:
        interface = array.__array_interface__
        address, _ = interface["data"]
        self._array = array
        self.__array_interface__ = {**interface, "data": (address, True)}


def sealed(array: Array) -> Array:
    """A view of `array` that can neither be written to nor be made writable."""
    if not hasattr(array, "__array_interface__"):  # another library's array
        return array
    return np.asarray(_Seal(array))


def formatted(array: Array, prefix: str) -> str:
    """The values of `array`, four digits each, with lines aligned under `prefix`."""
    return np.array2string(np.asarray(array), precision=4, separator=", ", prefix=prefix, floatmode="maxprec_equal")


def _is_python(value: object) -> bool:
    """Whether `value` is made of Python's own numbers, judged by its first one."""
    return not hasattr(_first(value), "dtype")


def _first(value: object) -> object:
    """The first of the numbers in nested sequences."""
    while isinstance(value, Sequence) and not isinstance(value, (str, bytes)) and len(value):
        value = value[0]
    return value


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
