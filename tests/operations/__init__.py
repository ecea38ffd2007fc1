"""The table of operations, one file for each kind."""

from operations import (  # noqa: F401  # each adds its rows
    arithmetic,
    choice,
    creation,
    cumulative,
    diagonal,
    elementwise,
    exponential,
    extrema,
    gather,
    index,
    join,
    linalg,
    logic,
    mask,
    move,
    order,
    pad,
    products,
    reductions,
    repeat,
    rounding,
    shape,
    softmax,
    special,
    trigonometry,
)
from operations.table import ROWS

__all__ = ["ROWS"]
