"""`profile`: a table by operation or layer, and a trace, of what runs within a block."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Self

from kytorch.profiling.recorder import Recorder
from kytorch.profiling.records import By, Record, Row, SortBy, rows_of, table_of, trace_of
from kytorch.tensor.watching import Watching


class profile:
    """Within this context each operation, its rule, and each call of `optim` and of a module is timed.

        with kytorch.profile() as p:
            train_step()
        print(p)
        p.export_chrome_trace("step.json")

    Only this thread is seen. Entered again it goes on. What runs within a rule, as with `create_graph` and
    `func.checkpoint`, counts as operations of its own, and `nn.Sequential` calls its layers one by one.

    The forward time of an operation begins with the call of kytorch's function or layer, or where one call makes
    several values with the one before; that of one of your own with the call of the function that records it, or with
    the end of the last operation in that. All time is shared out: rows, and the lines below them, add up to the wall
    time.

    While it is on, Python tells it of every call (`sys.setprofile`), and so an operation takes 10 us longer and one in
    a layer 20 us (CPython 3.11). What is known of that is taken from the operations and shown in a line of its own;
    1 us is not, and an optimizer's step on small weights, which is all calls, shows 1.5 times its time. A call takes
    some 300 bytes. Off, nothing is run for it.
    """

    def __init__(self) -> None:
        self._recorder = Recorder()
        self._watching = Watching(self._recorder)
        self._thread: int | None = None

    def __enter__(self) -> Self:
        if self._thread is not None:
            raise RuntimeError("profile: it is on already; make another one")
        before = sys.getprofile()
        if before is not None and not callable(before):
            raise RuntimeError(f"profile: another profiler is on in this thread, {type(before).__name__}; end it first")
        self._thread = threading.get_ident()
        self._watching.__enter__()
        self._recorder.begin()
        return self

    def __exit__(self, *error: object) -> None:
        if self._thread != threading.get_ident():
            raise RuntimeError("profile: it began in another thread, and ends there")
        self._recorder.end()
        self._watching.__exit__(*error)
        self._thread = None

    @property
    def records(self) -> list[Record]:
        """What has ended so far, in the order of the beginnings."""
        return self._recorder.records

    @property
    def seconds(self) -> float:
        """The time within the block so far."""
        return self._recorder.seconds

    def rows(self, by: By = "operation", sort_by: SortBy = "total") -> list[Row]:
        """The sums by operation, or by layer without the layers in it, the largest first.

        Raises ValueError for an unknown name.
        """
        return rows_of(self.records, by, sort_by)

    def table(self, by: By = "operation", sort_by: SortBy = "total", row_limit: int | None = None) -> str:
        """The first `row_limit` rows as text, and where the rest of the time went.

        Raises ValueError for an unknown name.
        """
        if row_limit is not None and (not isinstance(row_limit, int) or row_limit < 0):
            raise ValueError(f"profile: row_limit is to be a number of rows or None, not {row_limit!r}")
        rows, records = self.rows(by, sort_by), self.records
        walks = sum([record.own for record in records if record.kind == "walk"])
        modules = sum([record.own for record in records if record.kind == "module"])
        rest = [
            ("backward() beside the rules", walks),
            ("other code", modules + self._recorder.other),
            ("the profile itself", self._recorder.overhead),
        ]
        if row_limit is not None and len(rows) > row_limit:
            rest = [(f"{len(rows) - row_limit} more", sum([row.total for row in rows[row_limit:]])), *rest]
        return table_of(by, rows[:row_limit], rest, self.seconds)

    def __str__(self) -> str:
        return self.table()

    def export_chrome_trace(self, path: str | os.PathLike[str]) -> None:
        """Write the records to `path` in Chrome's trace format, which chrome://tracing and ui.perfetto.dev open."""
        Path(path).write_text(trace_of(self.records), encoding="utf-8")
