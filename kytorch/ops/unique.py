"""The different values among elements."""

from __future__ import annotations

from typing import Literal, overload

import numpy as np

from kytorch.tensor.core import CONSTANT, A, Tensor, make
from kytorch.tensor.dims import one_dim
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import array_of, check_operands
from kytorch.tensor.values import Array, Scalar

Yes = Literal[True]


No = Literal[False]


@overload
def unique(
    x: A, sorted: bool = True, return_inverse: No = False, return_counts: No = False, dim: int | None = None
) -> A: ...


@overload
def unique(
    x: A, sorted: bool = True, *, return_inverse: Yes, return_counts: No = False, dim: int | None = None
) -> tuple[A, A]: ...


@overload
def unique(
    x: A, sorted: bool = True, return_inverse: No = False, *, return_counts: Yes, dim: int | None = None
) -> tuple[A, A]: ...


@overload
def unique(
    x: A, sorted: bool = True, *, return_inverse: Yes, return_counts: Yes, dim: int | None = None
) -> tuple[A, A, A]: ...


@method
def unique(
    x: A,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> A | tuple[A, A] | tuple[A, A, A]:
    """The different elements of `x`, or the different slices along `dim`, in ascending order: constants.

    With `return_inverse` also where each element is among them, with `return_counts` how often. Each NaN differs from
    every other. They are in order whatever `sorted` says. Raises ValueError for slices of no elements.
    """
    array = array_of("unique", x)
    axis = None
    if dim is not None:
        axis = one_dim("unique", dim, array.ndim)
        array = array.reshape(1) if not array.ndim else array
        if not array.size and array.shape[axis]:
            raise ValueError(f"unique: slices along dim {axis} of shape {array.shape} have no elements")
    found, inverse, counts = _unique(array, return_inverse, return_counts, axis)
    answers: list[Array] = [found]
    if return_inverse:
        answers.append(inverse.reshape(array.shape if axis is None else array.shape[axis]))
    if return_counts:
        answers.append(counts)
    if isinstance(x, Tensor):
        tensors = [make(answer, CONSTANT) for answer in answers]
        return tensors[0] if len(tensors) == 1 else tuple(tensors)  # type: ignore[return-value]  # two or three
    return answers[0] if len(answers) == 1 else tuple(answers)  # type: ignore[return-value]  # two or three


def _unique(array: Array, inverse: bool, counts: bool, axis: int | None) -> tuple[Array, Array, Array]:
    """The unique elements, their places and counts; of the last two those that are not asked for are empty."""
    none = np.zeros(0, np.int64)
    if axis is not None and not array.size:
        return array, none, none
    answers = np.unique(array, False, inverse, counts, axis, equal_nan=False)  # type: ignore[call-overload]  # its overloads are on Literals
    if not inverse and not counts:
        return answers, none, none
    found, *rest = answers
    return found, rest[0] if inverse else none, rest[-1] if counts else none


def isin(elements: A | Scalar, test_elements: A | Scalar, *, assume_unique: bool = False, invert: bool = False) -> A:
    """Which of `elements` are among `test_elements`: bool, the other way round with `invert`."""
    check_operands("isin", elements, test_elements)
    those = elements._data if isinstance(elements, Tensor) else elements
    among = test_elements._data if isinstance(test_elements, Tensor) else test_elements
    found = np.asarray(np.isin(those, among, assume_unique, invert))
    if isinstance(elements, Tensor) or isinstance(test_elements, Tensor):
        return make(found, CONSTANT)
    return found  # type: ignore[return-value]  # without a Tensor, A is Array
