"""Laws that are tried on every row of a table."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import pytest

Law = Callable[..., None]


class Row(Protocol):
    """A row of a table, with the shapes of its inputs in each of its trials, and the dtypes it takes."""

    id: str
    shapes: Sequence[Any]
    dtypes: Sequence[Any]


def trials(rows: Sequence[Row]) -> Callable[[Law], Law]:
    """One test a row, which tries the law on each of the row's shapes, and in each of its dtypes if it takes one."""

    def decorate(law: Law) -> Law:
        by_dtype = "dtype" in inspect.signature(law).parameters

        def test(row: Row) -> None:
            for shapes in row.shapes:
                for dtype in row.dtypes if by_dtype else [None]:
                    try:
                        law(row, shapes, dtype) if by_dtype else law(row, shapes)
                    except BaseException as error:
                        error.add_note(f"of {row.id} at shapes {shapes}" + (f" in {dtype.__name__}" if dtype else ""))
                        raise

        return pytest.mark.parametrize("row", rows, ids=[row.id for row in rows])(test)

    return decorate
