"""The measurements as a table for people, and as JSON."""

import json
from collections.abc import Mapping, Sequence

from benchmarks.measure import Row

_NAMES = {"kytorch": "kytorch", "numpy": "NumPy by hand", "torch": "PyTorch"}


def markdown(
    description: Mapping[str, str], about: Mapping[str, str], rows: Sequence[Row], libraries: Sequence[str]
) -> str:
    """The description, the table and what its workloads are, readable as plain text too."""
    facts = [f"* {name}: {fact}" for name, fact in description.items()]
    work = [f"* {name}: {what}" for name, what in about.items()]
    return "\n".join([*facts, "", *table(rows, libraries), "", *work, ""])


def table(rows: Sequence[Row], libraries: Sequence[str]) -> list[str]:
    """The lines of the table, aligned; a ratio is kytorch's time, or memory, over the other's."""
    others = [library for library in libraries if library != "kytorch"]
    head = ["", "case", "threads", "unit", *[_NAMES[library] for library in libraries]]
    lines = [[*head, *[f"/ {_NAMES[library]}" for library in others], "target", ""]]
    for row in rows:
        measured = [_number(row.median(library)) if library in row.rounds else "" for library in libraries]
        ratios = [row.ratio(library) for library in others]
        cells = [row.workload, row.case, str(row.threads), row.unit, *measured]
        lines.append([*cells, *["" if ratio is None else f"{ratio:.2f}" for ratio in ratios], row.target, row.verdict])
    widths = [max(map(len, column)) for column in zip(*lines)]
    lines.insert(1, ["-" * width for width in widths])
    return ["| " + " | ".join([cell.ljust(width) for cell, width in zip(line, widths)]) + " |" for line in lines]


def as_json(description: Mapping[str, str], rows: Sequence[Row]) -> str:
    """Everything that was measured, each round's value beside the medians and ratios."""
    measured = [
        {
            "workload": row.workload,
            "case": row.case,
            "threads": row.threads,
            "unit": row.unit,
            "medians": {library: row.median(library) for library in row.rounds},
            "ratios": {library: row.ratio(library) for library in row.rounds if library != "kytorch"},
            "target": row.target,
            "verdict": row.verdict,
            "rounds": {library: list(values) for library, values in row.rounds.items()},
        }
        for row in rows
    ]
    return json.dumps({"environment": dict(description), "rows": measured}, indent=2) + "\n"


def _number(value: float) -> str:
    """Three digits, and never an exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
