"""Tables of numbers, and of labels, from CSV files."""

from __future__ import annotations

import csv
import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from kytorch.data.files import read_text
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.values import Array, checked_dtype

Column: TypeAlias = str | int
_LISTED = 20  # names in an error


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of numbers: their names, and `values` of shape (rows, columns)."""

    columns: tuple[str, ...]
    values: Tensor


@dataclass(frozen=True, eq=False)
class LabelledTable(Table):
    """Columns of numbers with a label for each row: `labels`, int64 of shape (rows,), are indices into `classes`.

    `TensorDataset(table.values, table.labels)` has its rows as examples.
    """

    classes: tuple[str, ...]
    labels: Tensor


class _Cells(NamedTuple):
    """The text of all cells, row by row in one list, the line on which each row begins, and the columns' places."""

    path: Path
    places: dict[str, int]
    cells: list[str]
    numbers: list[int]

    def column(self, place: int) -> list[str]:
        return self.cells[place :: len(self.places)]

    def error(self, row: int, place: int, fault: str) -> ValueError:
        name = list(self.places)[place]
        called = "" if name == str(place) else f" ({name})"
        return ValueError(f"{self.path}: line {self.numbers[row]}, column {place + 1}{called}: {fault}")


@overload
def read_csv(
    path: str | Path,
    *,
    label: None = None,
    columns: Sequence[Column] | None = None,
    header: bool = True,
    delimiter: str = ",",
    dtype: npt.DTypeLike = np.float32,
) -> Table: ...


@overload
def read_csv(
    path: str | Path,
    *,
    label: Column,
    classes: Sequence[str] | None = None,
    columns: Sequence[Column] | None = None,
    header: bool = True,
    delimiter: str = ",",
    dtype: npt.DTypeLike = np.float32,
) -> LabelledTable: ...


def read_csv(
    path: str | Path,
    *,
    label: Column | None = None,
    classes: Sequence[str] | None = None,
    columns: Sequence[Column] | None = None,
    header: bool = True,
    delimiter: str = ",",
    dtype: npt.DTypeLike = np.float32,
) -> Table | LabelledTable:
    """The numbers in a CSV file (RFC 4180), plain or gzip, and the classes in its column `label`.

    `columns` are those to read, by name or, from 0, by place; without it, all but `label`. Without `header` the first
    line has numbers too. `classes` are those of another part of the data; without it, those in the file, in the order
    of numbers or else of the alphabet. Empty lines are passed over.

    Raises OSError if the file cannot be read, and ValueError, with line and column, for a cell that is empty, no
    finite number of `dtype` or no class, and for a line of more or fewer cells than the first.
    """
    kind = checked_dtype("read_csv", dtype).newbyteorder("=")
    if kind.kind not in "iuf":
        raise TypeError(f"read_csv: expected a dtype of numbers, not {kind}")
    known = None if classes is None else _checked_classes(classes, label)
    table = _read(Path(path), header, delimiter)
    target = None if label is None else _place(table, label, header)
    if columns is None:
        places = [i for i in range(len(table.places)) if i != target]
    elif isinstance(columns, (str, int)):
        raise TypeError(f"read_csv: columns are to be a list of names or places, not {columns!r}")
    else:
        places = [_place(table, column, header) for column in columns]
    names = list(table.places)
    chosen = tuple([names[i] for i in places])
    values = make(_numbers(table, places, kind), CONSTANT)
    if target is None:
        return Table(chosen, values)
    known = _classes(table, target) if known is None else known
    return LabelledTable(chosen, values, known, make(_labels(table, target, known), CONSTANT))


def _checked_classes(classes: Sequence[str], label: Column | None) -> tuple[str, ...]:
    if label is None:
        raise ValueError("read_csv: classes are those of the column label, and there is none")
    names = tuple(classes)
    if isinstance(classes, str) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"read_csv: classes are to be a list of names, not {classes!r}")
    if len(set(names)) < len(names):
        raise ValueError(f"read_csv: the classes {_listed(names)} name one twice")
    return names


def _read(path: Path, header: bool, delimiter: str) -> _Cells:
    if not isinstance(delimiter, str):
        raise TypeError(f"read_csv: the delimiter is to be a character, not {type(delimiter).__name__}")
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise ValueError(f"read_csv: the delimiter is to be one character that is no quote, not {delimiter!r}")
    lines = (f"{line}\n" for line in read_text(path).split("\n"))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    # All cells in one list: to a hundred thousand lists the garbage collector would return again and again.
    cells: list[str] = []
    numbers: list[int] = []
    width, number = 0, 1
    try:
        for row in reader:
            if row:
                width = width or len(row)
                if len(row) != width:
                    raise ValueError(
                        f"{path}: line {number} has {len(row)} cells, line {numbers[0]} has {width}, "
                        f"split at delimiter={delimiter!r}"
                    )
                cells += row
                numbers.append(number)
            number = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{path}: line {number} is no CSV: {error}") from None
    if not cells:
        raise ValueError(f"{path}: the file is empty")
    if not header:
        return _Cells(path, {str(i): i for i in range(width)}, cells, numbers)
    places = _header(path, [name.strip() for name in cells[:width]])
    if len(numbers) == 1:
        raise ValueError(f"{path}: has a header, but no rows")
    del cells[:width]
    return _Cells(path, places, cells, numbers[1:])


def _header(path: Path, names: list[str]) -> dict[str, int]:
    places = {name: i for i, name in enumerate(names)}
    for i, name in enumerate(names):
        if (number := _float(name)) is not None and number % 1:
            raise ValueError(f"{path}: the header has the number {name}; without a header, pass header=False")
        if places[name] != i:
            raise ValueError(
                f"{path}: columns {i + 1} and {places[name] + 1} are both called {name!r}; without a header, pass "
                "header=False"
            )
    return places


def _place(table: _Cells, column: Column, header: bool) -> int:
    """Where a column is. Raises ValueError for an unknown name, IndexError for a place there is not."""
    places = table.places
    if isinstance(column, str):
        if not header:
            raise ValueError(f"read_csv: without a header, columns are given by place, not by name, {column!r}")
        if column not in places:
            raise ValueError(f"{table.path}: there is no column {column!r}; the columns are {_listed(tuple(places))}")
        return places[column]
    try:
        place = operator.index(column)
    except TypeError:
        raise TypeError(f"read_csv: a column is given by name or by place, not by {column!r}") from None
    if not -len(places) <= place < len(places):
        raise IndexError(f"{table.path}: there is no column {place}; there are {len(places)}")
    return place % len(places)


def _numbers(table: _Cells, places: list[int], dtype: np.dtype[np.generic]) -> Array:
    """The cells as numbers of `dtype`, all at once; only if one of them is none, each by itself to find it."""
    rows, width = len(table.numbers), len(table.places)
    every = places == list(range(width))
    parts = [table.cells] if every else [table.column(i) for i in places]
    values = _converted(parts, dtype)
    if values is not None and not any("_" in cell for part in parts for cell in part):
        return values.reshape(rows, width) if every else values.reshape(len(places), rows).T.copy()
    cells = table.cells
    row, place = next((i, j) for i in range(rows) for j in places if not _is_number(cells[i * width + j], dtype))
    cell, kind = cells[row * width + place], "finite number" if dtype.kind == "f" else dtype
    raise table.error(row, place, f"{_brief(cell)} is no {kind}" if cell.strip() else "the value is missing")


def _is_number(cell: str, dtype: np.dtype[np.generic]) -> bool:
    return "_" not in cell and _converted(cell, dtype) is not None


def _converted(cells: list[list[str]] | str, dtype: np.dtype[np.generic]) -> Array | None:
    """The texts as finite numbers of `dtype`, or None."""
    try:
        with np.errstate(over="ignore"):
            values = np.array(cells, dtype)
    except (ValueError, OverflowError):
        return None
    return values if np.isfinite(values).all() else None


def _classes(table: _Cells, target: int) -> tuple[str, ...]:
    found = sorted({text.strip() for text in table.column(target)})
    return tuple(found if None in map(_float, found) else sorted(found, key=float))


def _labels(table: _Cells, target: int, classes: tuple[str, ...]) -> Array:
    index = {name: i for i, name in enumerate(classes)}
    texts = [text.strip() for text in table.column(target)]
    for row, text in enumerate(texts):
        if not text:
            raise table.error(row, target, "the label is missing")
        if text not in index:
            raise table.error(row, target, f"{_brief(text)} is not one of the classes {_listed(classes)}")
    return np.array([index[text] for text in texts], np.int64)


def _float(text: str) -> float | None:
    """The finite number that `text` writes, or None."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _brief(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")
