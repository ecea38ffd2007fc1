"""The times of the operations as a table for people, and as JSON."""

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from benchmarks.operations.reasons import REASONS
from benchmarks.operations.table import CASES


class Seconds(NamedTuple):
    """How long an operation takes in each way of running it, None where it was not timed so."""

    plain: float | None = None
    """Forward on constants."""
    recorded: float | None = None
    """Forward on inputs to differentiate."""
    both: float | None = None
    """Forward on inputs to differentiate, and backward."""


WAYS = {"plain": "forward on constants", "recorded": "forward", "both": "forward and backward"}

Times: TypeAlias = Mapping[tuple[str, int, str], Seconds]

TARGETS = {3: 0.7, 10_000: 1.0, 1_000_000: 1.3}
"""By size, the greatest geometric mean of kytorch's time over PyTorch's, forward and forward and backward."""
MOST = 5.0
"""The ratio above which an operation needs a written reason."""
OVERHEAD = 1.2e-6
"""How much longer than NumPy's function an operation of size 3 may take, in seconds."""

_NAMES = [case.name for case in CASES]
_NONE = Seconds()


def markdown(description: Mapping[str, str], times: Times, sizes: Sequence[int]) -> str:
    """The description, the summary and the table."""
    facts = [f"* {name}: {fact}" for name, fact in description.items()]
    return "\n".join([*facts, "", *summary(times, sizes), "", *table(times, sizes), ""])


def ratio(times: Times, name: str, size: int, way: str) -> float | None:
    """kytorch's time over PyTorch's."""
    ours: float | None = getattr(times.get((name, size, "kytorch"), _NONE), way)
    theirs: float | None = getattr(times.get((name, size, "torch"), _NONE), way)
    return ours / theirs if ours is not None and theirs is not None else None


def overhead(times: Times, name: str) -> float | None:
    """How much longer an operation of size 3 takes than NumPy's function, on constants, in seconds."""
    ours, numpy = [times.get((name, 3, library), _NONE).plain for library in ("kytorch", "numpy")]
    return ours - numpy if ours is not None and numpy is not None else None


def geometric_mean(values: Sequence[float]) -> float:
    """The geometric mean; NaN of nothing."""
    return math.exp(sum(map(math.log, values)) / len(values)) if values else math.nan


def summary(times: Times, sizes: Sequence[int]) -> list[str]:
    """The geometric means beside their targets, what misses a target of its own, and the cost above NumPy."""
    lines: list[str] = []
    for size in sizes:
        ratios = {way: [r for name in _NAMES if (r := ratio(times, name, size, way)) is not None] for way in WAYS}
        if not ratios["plain"]:
            continue
        shown = ", ".join([f"{what} {geometric_mean(ratios[way]):.2f}" for way, what in WAYS.items()])
        mean = geometric_mean(ratios["recorded"] + ratios["both"])
        target = TARGETS.get(size)
        verdict = "" if target is None else f" (target {target}: {'met' if mean <= target else 'missed'})"
        lines.append(
            f"* size {size:,}: kytorch / PyTorch, geometric means: {shown}; of the last two {mean:.2f}{verdict}"
        )
    for size in sizes:
        for name in _NAMES:
            for way, what in WAYS.items():
                found = ratio(times, name, size, way)
                if found is not None and found > MOST:
                    lines.append(f"* {name} at {size:,}, {what}: {found:.1f}; {REASONS.get(name, 'no reason written')}")
    costs = {name: cost for name in _NAMES if (cost := overhead(times, name)) is not None}
    if costs:
        above = sorted([name for name in costs if costs[name] > OVERHEAD], key=lambda name: -costs[name])
        listed = ", ".join([f"{name} ({costs[name] * 1e6:.1f})" for name in above]) or "none"
        middle = statistics.median(costs.values()) * 1e6
        lines.append(f"* above NumPy's function at size 3, in us: median {middle:.2f}; above 1.2 are {listed}")
    return lines


def table(times: Times, sizes: Sequence[int]) -> list[str]:
    """By operation: what it costs above NumPy, and at each size kytorch's times and their ratios."""
    head = ["operation", "us above NumPy at 3"]
    for size in sizes:
        head += [f"{size:,}: us", "/ NumPy", "/ PyTorch", "recorded: us", "/ PyTorch", "with backward: us", "/ PyTorch"]
    lines = [head]
    for name in _NAMES:
        if not any((name, size, "kytorch") in times for size in sizes):
            continue
        line = [name, _number(overhead(times, name), 1e6)]
        for size in sizes:
            ours, numpy = [times.get((name, size, library), _NONE) for library in ("kytorch", "numpy")]
            line.append(_number(ours.plain, 1e6))
            line.append(_number(ours.plain / numpy.plain if ours.plain and numpy.plain else None))
            line += [_number(ratio(times, name, size, "plain"))]
            line += [_number(ours.recorded, 1e6), _number(ratio(times, name, size, "recorded"))]
            line += [_number(ours.both, 1e6), _number(ratio(times, name, size, "both"))]
        lines.append(line)
    widths = [max(map(len, column)) for column in zip(*lines)]
    lines.insert(1, ["-" * width for width in widths])
    return ["| " + " | ".join([cell.ljust(width) for cell, width in zip(line, widths)]) + " |" for line in lines]


def as_json(description: Mapping[str, str], times: Times) -> str:
    """Every median, in seconds."""
    rows = [
        {"operation": name, "size": size, "library": library, **seconds._asdict()}
        for (name, size, library), seconds in times.items()
    ]
    return json.dumps({"environment": dict(description), "rows": rows}, indent=2) + "\n"


def _number(value: float | None, scale: float = 1.0) -> str:
    """Two decimals, fewer for great ones; nothing if it was not measured."""
    if value is None:
        return ""
    scaled = value * scale
    return f"{scaled:,.0f}" if abs(scaled) >= 100 else f"{scaled:.2f}"
