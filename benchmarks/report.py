"""The measurements as a table for people, and as JSON."""

import json
from collections.abc import Mapping, Sequence
from statistics import geometric_mean

from benchmarks.measure import Goal, Row

MEAN = Goal(0.65, 0.48)
"""What the geometric mean of the counted ratios to PyTorch is to come to."""
MOST_OF_NUMPY, WORK_US = 1.15, 1000.0
"""The greatest time as a multiple of NumPy's by hand, where that takes more than so many microseconds."""
NAMES = {
    "kytorch": "kytorch",
    "numpy": "NumPy by hand",
    "torch": "PyTorch",
    "autograd": "autograd",
    "mygrad": "MyGrad",
    "jax": "JAX, jit",
}


def markdown(
    description: Mapping[str, str], about: Mapping[str, str], rows: Sequence[Row], libraries: Sequence[str]
) -> str:
    """The description, the table and what its workloads are, readable as plain text too."""
    facts = [f"* {name}: {fact}" for name, fact in description.items()]
    work = [f"* {name}: {what}" for name, what in about.items()]
    return "\n".join([*facts, "", *table(rows, libraries), "", *summary(rows), *work, ""])


def table(rows: Sequence[Row], libraries: Sequence[str]) -> list[str]:
    """The lines of the table, aligned; a ratio is kytorch's time, or memory, over the other's."""
    others = [library for library in libraries if library != "kytorch"]
    goals = "torch" in libraries and any(row.goal for row in rows)
    head = ["", "case", "threads", "unit", *[NAMES[library] for library in libraries]]
    lines = [[*head, *[f"/ {NAMES[library]}" for library in others], "target", "", *["reach / aim", ""][: 2 * goals]]]
    for row in rows:
        measured = [number(row.median(library)) if library in row.rounds else "" for library in libraries]
        ratios = [row.ratio(library) for library in others]
        cells = [row.workload, row.case, str(row.threads), row.unit, *measured]
        cells += ["" if ratio is None else f"{ratio:.2f}" for ratio in ratios]
        lines.append([*cells, row.target, row.verdict, *[str(row.goal or ""), row.come()][: 2 * goals]])
    return aligned(lines)


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """A table in Markdown, readable as plain text too; its first line is the head."""
    widths = [max(map(len, column)) for column in zip(*lines)]
    ruled = [lines[0], ["-" * width for width in widths], *lines[1:]]
    return ["| " + " | ".join([cell.ljust(width) for cell, width in zip(line, widths)]) + " |" for line in ruled]


def summary(rows: Sequence[Row]) -> list[str]:
    """What the table comes to, in sentences; nothing where no row has a goal."""
    lines: list[str] = []
    for threads in sorted({row.threads for row in rows}):
        ratios = [row.ratio("torch") for row in rows if row.threads == threads and row.goal and row.goal.counted]
        found = [ratio for ratio in ratios if ratio is not None]
        if found:
            mean = geometric_mean(found)
            lines.append(
                f"* {threads} thread{'s' * (threads > 1)}: {mean:.2f} of PyTorch's time, the geometric mean of "
                f"{len(found)} rows, one for each case of W1 to W9, W6 beside foreach "
                f"(reach / aim {MEAN}: {MEAN.verdict(mean)})"
            )
    missed = [f"{_case(row)} ({row.ratio('torch'):.2f} of {row.goal})" for row in rows if row.come() == "missed"]
    if any(row.come() for row in rows):
        lines.append(f"* not reached beside PyTorch: {', '.join(missed) or 'nothing'}")
    work = [row for row in rows if row.goal and row.unit == "us" and row.median("numpy") > WORK_US]
    slower = [f"{_case(row)} ({ratio:.2f})" for row in work if (ratio := row.ratio("numpy")) and ratio > MOST_OF_NUMPY]
    if work:
        lines.append(
            f"* more than {MOST_OF_NUMPY} of NumPy by hand, of {len(work)} steps that take it a millisecond or more: "
            f"{', '.join(slower) or 'none'}"
        )
    return [*lines, ""] if lines else []


def _case(row: Row) -> str:
    return f"{row.workload} {row.case} on {row.threads}"


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
            "reach / aim": str(row.goal or ""),
            "come": row.come(),
            "rounds": {library: list(values) for library, values in row.rounds.items()},
        }
        for row in rows
    ]
    return json.dumps({"environment": dict(description), "rows": measured}, indent=2) + "\n"


def number(value: float) -> str:
    """Three digits, and never an exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
