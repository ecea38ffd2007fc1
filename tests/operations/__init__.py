"""The table of operations, one file for each kind."""

from operations import (  # noqa: F401  # each adds its rows
    arithmetic,
    elementwise,
    index,
    products,
    reductions,
    shape,
)
from operations.table import ROWS

__all__ = ["ROWS"]
