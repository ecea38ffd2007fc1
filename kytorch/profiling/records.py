"""What a profile finds: records of single calls, rows that sum them up, and both as text: a table and a trace.

Source of the trace: "Trace Event Format", Google, complete events ("ph": "X"), times in microseconds.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from kytorch.tensor.values import Shape

Kind: TypeAlias = Literal["forward", "backward", "walk", "optimizer", "module"]
"""An operation, its rule, a whole backward pass, a call of `optim`, or a call of a module."""
By: TypeAlias = Literal["operation", "layer"]
SortBy: TypeAlias = Literal["total", "forward", "backward", "calls", "made", "kept", "name"]


@dataclass(frozen=True, slots=True)
class Record:
    """One call, its times in seconds: `begin` since the profile began, `own` what no record within it has."""

    name: str
    kind: Kind
    layer: str
    begin: float
    duration: float
    own: float
    shape: Shape | None = None
    dtype: str = ""
    made: int = 0
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """The sum of the records of one name, times in seconds.

    `made` are the bytes of the operation's outputs, views not counted; `kept` those that its nodes save for the
    backward pass, each array counted once, where it is saved first, and weights nowhere, but for frozen ones.
    """

    name: str
    calls: int = 0
    forward: float = 0.0
    backward: float = 0.0
    optimizer: float = 0.0
    made: int = 0
    kept: int = 0

    @property
    def total(self) -> float:
        """The time of all."""
        return self.forward + self.backward + self.optimizer


def rows_of(records: Iterable[Record], by: By, sort_by: SortBy) -> list[Row]:
    """The rows by operation or by layer, the largest first. Raises ValueError for a wrong name."""
    _check("by", by, By)
    _check("sort_by", sort_by, SortBy)
    groups: dict[tuple[str, bool], list[Record]] = {}
    for record in records:
        if by == "layer" and record.kind != "walk":
            groups.setdefault((record.layer or "outside of layers", False), []).append(record)
        elif by == "operation" and record.kind not in ("walk", "module"):
            groups.setdefault((record.name, record.kind == "optimizer"), []).append(record)
    counted: tuple[Kind, ...] = ("module",) if by == "layer" else ("forward", "optimizer")
    rows = [_row(name, group, counted) for (name, _), group in groups.items()]
    if sort_by == "name":
        return sorted(rows, key=lambda row: row.name)
    return sorted(rows, key=lambda row: -getattr(row, sort_by))


def _row(name: str, records: Sequence[Record], counted: tuple[Kind, ...]) -> Row:
    def time(kind: Kind) -> float:
        return sum([record.own for record in records if record.kind == kind], 0.0)

    return Row(
        name,
        sum([record.kind in counted for record in records]),
        time("forward"),
        time("backward"),
        time("optimizer"),
        sum([record.made for record in records]),
        sum([record.kept for record in records]),
    )


def _check(option: str, value: str, expected: object) -> None:
    names = get_args(expected)
    if value not in names:
        raise ValueError(f"profile: {option} is to be one of {', '.join(names)}, not {value!r}")


def table_of(title: str, rows: Sequence[Row], rest: Sequence[tuple[str, float]], seconds: float) -> str:
    """A table of `rows` and, below, of the other times in `rest` and of all: `seconds`."""
    lines = [[title, "calls", "forward ms", "backward ms", "total ms", "share", "made", "kept"]]
    for row in rows:
        times = [row.forward, row.backward, row.total]
        share = _share(row.total, seconds)
        lines.append(
            [row.name, f"{row.calls:,}", *map(_milliseconds, times), share, _bytes(row.made), _bytes(row.kept)]
        )
    body = len(lines)
    for name, time in [*rest, ("in all, wall time", seconds)]:
        lines.append([name, "", "", "", _milliseconds(time) or "0.000", _share(time, seconds), "", ""])
    widths = [max(map(len, column)) for column in zip(*lines)]
    shown = ["  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip() for line in lines]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    return "\n".join([shown[0], rule, *shown[1:body], rule, *shown[body:]])


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:,.3f}" if seconds else ""


def _share(seconds: float, all_seconds: float) -> str:
    return f"{seconds / all_seconds:.1%}" if all_seconds else ""


def _bytes(count: int) -> str:
    if not count:
        return ""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} B"


def trace_of(records: Iterable[Record]) -> str:
    """The records of this thread as JSON."""
    process, thread = os.getpid(), threading.get_native_id()
    events: list[dict[str, object]] = [
        {"ph": "M", "name": "process_name", "pid": process, "tid": thread, "args": {"name": "kytorch"}}
    ]
    for record in records:
        arguments: dict[str, object] = {"self ms": record.own * 1e3}
        if record.layer and record.kind != "module":
            arguments["layer"] = record.layer
        if record.shape is not None:
            arguments |= {"shape": list(record.shape), "dtype": record.dtype}
            arguments |= {"bytes made": record.made, "bytes kept": record.kept}
        times = {"ts": record.begin * 1e6, "dur": record.duration * 1e6}
        place = {"pid": process, "tid": thread}
        events.append({"ph": "X", "name": record.name, "cat": record.kind, **times, **place, "args": arguments})
    return json.dumps({"traceEvents": events, "displayTimeUnit": "ms"})
