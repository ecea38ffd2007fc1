"""All the operations that are timed."""

from benchmarks.operations import elementwise, matrices, reductions, shapes  # noqa: F401  # each adds its cases
from benchmarks.operations.cases import CASES

__all__ = ["CASES"]
