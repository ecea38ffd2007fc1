"""Exponential averages, one step on, in arrays that are given."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def average(old: Array, x: Array, beta: float, out: Array, scratch: Array) -> None:
    """Write beta old + (1 - beta) x to `out`."""
    np.multiply(x, 1.0 - beta, out=scratch)
    np.multiply(old, beta, out=out)
    np.add(out, scratch, out=out)


def average_square(old: Array, x: Array, beta: float, out: Array, scratch: Array) -> None:
    """Write beta old + (1 - beta) x^2 to `out`."""
    np.multiply(x, math.sqrt(1.0 - beta), out=scratch)  # first, lest the square overflow sooner than its part
    np.multiply(scratch, scratch, out=scratch)
    np.multiply(old, beta, out=out)
    np.add(out, scratch, out=out)
