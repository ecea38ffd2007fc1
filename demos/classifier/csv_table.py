"""CSV files as tables of text: read, with every fault located as a spreadsheet shows it, and turned into numbers."""

import csv
import difflib
import io
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.bad_input import BadInputError

DELIMITERS = ",;\t|"
LARGEST = 1e100
"""The largest number that a cell may hold: its square is still a number."""


@dataclass(frozen=True)
class Table:
    """A CSV file's cells as text without the blanks around them. Every row has as many cells as there are columns.

    `row_numbers` are the rows' numbers in a spreadsheet, where the header is row 1 and empty lines count.
    """

    path: Path
    delimiter: str
    columns: list[str]
    rows: list[list[str]]
    row_numbers: list[int]

    def index(self, column: str) -> int:
        """Where `column` is; raises BadInputError, with the columns there are, if it is not."""
        if column in self.columns:
            return self.columns.index(column)
        close = difflib.get_close_matches(column, self.columns)
        guess = f"did you mean {' or '.join(close)}? " if close else ""
        raise BadInputError(f"{self.path}: there is no column {column!r}; {guess}the columns are {named(self.columns)}")

    def place(self, row: int, column: int) -> str:
        """The file, row and column of a cell, for a message."""
        return f"{self.path}: row {self.row_numbers[row]}, column {column + 1} ({self.columns[column]})"

    def select(self, rows: Sequence[int] | npt.NDArray[np.intp]) -> "Table":
        """The table of these rows only."""
        kept, numbers = [self.rows[i] for i in rows], [self.row_numbers[i] for i in rows]
        return Table(self.path, self.delimiter, self.columns, kept, numbers)

    def numbers(self, columns: Sequence[str]) -> npt.NDArray[np.float64]:
        """These columns as numbers, (rows, columns), with NaN for a blank; raises BadInputError for what is neither."""
        where = [self.index(column) for column in columns]
        values = np.empty((len(self.rows), len(where)))
        for i, row in enumerate(self.rows):
            for j, column in enumerate(where):
                number = to_number(row[column]) if row[column] else np.nan
                if number is None:
                    raise BadInputError(f"{self.place(i, column)}: {not_a_number(row[column])}")
                values[i, j] = number
        return values


def to_number(text: str) -> float | None:
    """The finite number, at most LARGEST in size, that `text` writes in the usual way, or None."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) <= LARGEST and "_" not in text else None


def not_a_number(text: str) -> str:
    """Why `text` is not a number."""
    if to_number(text.replace(",", ".", 1)) is not None:
        return f"{brief(text)} is not a number; write decimals with a point and thousands without a comma"
    try:
        float(text)
    except ValueError:
        return f"{brief(text)} is not a number"
    return f"{brief(text)} is not a finite number of ordinary size"


def named(columns: Collection[str], most: int = 40) -> str:
    """The columns' names in one line, the first `most` of them."""
    shown = ", ".join(list(columns)[:most])
    return shown if len(columns) <= most else f"{shown} and {len(columns) - most} more"


def counted(n: int, noun: str) -> str:
    """So many of a noun, as "1 row" or "2 rows"."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def brief(text: str) -> str:
    """`text` in quotes, on one line and not too long."""
    return repr(text if len(text) <= 40 else f"{text[:37]}...")


def read_table(path: Path, delimiter: str | None = None) -> Table:
    """The table in the CSV file `path`. Without `delimiter`, it is the one that suits the first rows best.

    UTF-8, with or without a byte order mark, or UTF-16 with one; the first row names the columns. Rows without any
    text are rows of blank cells, but those before the header and at the end are passed over. Raises BadInputError for
    a file that cannot be read, or is no such table.
    """
    text = _decoded(path, _contents(path))
    if not text.strip():
        raise BadInputError(f"{path}: the file is empty")
    if delimiter is None:
        delimiter = max(DELIMITERS, key=lambda d: _suitability(text, d))
    records = _records(path, text, delimiter)
    with_text = [i for i, record in enumerate(records) if any(record)]
    if not with_text:
        raise BadInputError(f"{path}: the file has delimiters but no text")
    header, end = with_text[0], with_text[-1] + 1
    columns = records[header]
    _check_names(path, header + 1, columns)
    if end == header + 1:
        raise BadInputError(f"{path}: the file has a header but no rows")
    rows = [record if any(record) else [""] * len(columns) for record in records[header + 1 : end]]
    numbers = list(range(header + 2, end + 1))
    for number, row in zip(numbers, rows):
        if len(row) != len(columns):
            raise BadInputError(
                f"{path}: row {number} has {counted(len(row), 'cell')}, the header {len(columns)}; "
                f"cells are split at {delimiter!r} (--delimiter names another)"
            )
    return Table(path, delimiter, columns, rows, numbers)


def _contents(path: Path) -> bytes:
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            raise BadInputError(f"{path}: is a folder, not a CSV file")
        if not (stat.S_ISREG(kind) or stat.S_ISFIFO(kind)):
            raise BadInputError(f"{path}: is a device, not a CSV file")
        return path.read_bytes()
    except FileNotFoundError:
        raise BadInputError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise BadInputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _decoded(path: Path, contents: bytes) -> str:
    if contents.startswith(b"PK\x03\x04"):
        raise BadInputError(f"{path}: is a workbook or an archive, not a CSV file; export the sheet as CSV")
    wide = contents.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in contents and not wide:
        raise BadInputError(f"{path}: is a binary file, not a CSV file")
    try:
        return contents.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = contents.count(b"\n", 0, error.start) + 1
        raise BadInputError(
            f"{path}: line {line} is not {'UTF-16' if wide else 'UTF-8'} text; save the file as CSV in UTF-8"
        ) from None


def _split(text: str, delimiter: str) -> Iterator[list[str]]:
    """The records of `text`, each as its cells; raises csv.Error."""
    for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
        yield [cell.strip() for cell in record]


def _records(path: Path, text: str, delimiter: str) -> list[list[str]]:
    records: list[list[str]] = []
    try:
        records.extend(_split(text, delimiter))
    except csv.Error as error:
        raise BadInputError(f"{path}: row {len(records) + 1} is not CSV: {error}") from None
    return records


def _suitability(text: str, delimiter: str, rows: int = 20) -> tuple[bool, float, int]:
    """How well `delimiter` splits the header and the first rows: whether at all, how many rows alike, how finely."""
    sizes: list[int] = []
    with suppress(csv.Error):
        sizes.extend(len(r) for r in islice(filter(any, _split(text, delimiter)), rows + 1))
    columns, others = (sizes[0], sizes[1:]) if sizes else (0, [])
    return columns > 1, others.count(columns) / max(1, len(others)), columns


def _check_names(path: Path, row: int, columns: list[str]) -> None:
    for i, column in enumerate(columns):
        if not column:
            raise BadInputError(f"{path}: row {row}, column {i + 1} has no name")
        first = columns.index(column)
        if first < i:
            raise BadInputError(f"{path}: columns {first + 1} and {i + 1} have the same name, {brief(column)}")
        number = to_number(column)
        if number is not None and not number.is_integer():
            raise BadInputError(f"{path}: row {row} holds numbers ({column}); it is to name the columns")
