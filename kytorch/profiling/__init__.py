"""Where a program's time and memory go: `kytorch.profile`, and what it finds."""

from kytorch.profiling.records import By, Kind, Record, Row, SortBy

__all__ = ["By", "Kind", "Record", "Row", "SortBy"]
