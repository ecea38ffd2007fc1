"""Classes as rows of 0 and a 1."""

from __future__ import annotations

import numpy as np

from kytorch.ops.indices import integers
from kytorch.tensor.core import CONSTANT, A, Tensor, make
from kytorch.tensor.operands import array_of
from kytorch.tensor.values import Array


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
