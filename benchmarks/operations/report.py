"""The times of the operations as a table for people, and as JSON."""

import json
import math
import statistics
from collections.abc import Collection, Mapping, Sequence
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

Key: TypeAlias = tuple[str, int, str]
"""An operation, a size and a library."""
Times: TypeAlias = Mapping[Key, Seconds]
Rounds: TypeAlias = Mapping[Key, Sequence[Seconds]]
Unsteady: TypeAlias = Collection[tuple[Key, str]]
"""What was timed, and in which way, whose rounds do not agree."""

TARGETS = {3: 0.7, 10_000: 1.0, 1_000_000: 1.3}
"""By size, the greatest geometric mean of kytorch's time over PyTorch's, forward and forward and backward."""
MOST = 5.0
"""The ratio above which an operation needs a written reason."""
OVERHEAD = 1.2e-6
"""How much longer than NumPy's function an operation of size 3 may take, in seconds."""

_NAMES = [case.name for case in CASES]
_NONE = Seconds()


def markdown(description: Mapping[str, str], rounds: Rounds, sizes: Sequence[int]) -> str:
    """The description, the summary and the table."""
    shown = {
        **description,
        "unsteady": "of a ratio with a * behind it, the rounds of a side differ by more than a quarter",
    }
    facts = [f"* {name}: {fact}" for name, fact in shown.items()]
    times = medians(rounds)
    return "\n".join([*facts, "", *summary(times, sizes), "", *table(times, sizes, unsteady(rounds)), ""])


def medians(rounds: Rounds) -> Times:
    """The median over the rounds, in each way."""
    return {key: Seconds(*[_median(values) for values in zip(*seconds)]) for key, seconds in rounds.items()}


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def unsteady(rounds: Rounds) -> Unsteady:
    """What took in one round more than a quarter longer than in another: something else ran on the machine."""
    found = set()
    for key, seconds in rounds.items():
        for way in WAYS:
            known = [value for one in seconds if (value := getattr(one, way)) is not None]
            if known and max(known) > 1.25 * min(known):
                found.add((key, way))
    return found


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


def table(times: Times, sizes: Sequence[int], unsteady: Unsteady = ()) -> list[str]:
    """By operation: what it costs above NumPy, and at each size kytorch's times and their ratios."""

    def marked(ratio: float | None, name: str, size: int, other: str, way: str) -> str:
        is_unsteady = any(((name, size, library), way) in unsteady for library in ("kytorch", other))
        return _number(ratio) + ("*" if ratio is not None and is_unsteady else "")

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
            above = ours.plain / numpy.plain if ours.plain and numpy.plain else None
            line.append(marked(above, name, size, "numpy", "plain"))
            line.append(marked(ratio(times, name, size, "plain"), name, size, "torch", "plain"))
            for way, seconds in (("recorded", ours.recorded), ("both", ours.both)):
                line += [_number(seconds, 1e6), marked(ratio(times, name, size, way), name, size, "torch", way)]
        lines.append(line)
    widths = [max(map(len, column)) for column in zip(*lines)]
    lines.insert(1, ["-" * width for width in widths])
    return ["| " + " | ".join([cell.ljust(width) for cell, width in zip(line, widths)]) + " |" for line in lines]


def as_json(description: Mapping[str, str], rounds: Rounds) -> str:
    """Every median and every round's value, in seconds."""
    rows = [
        {"operation": name, "size": size, "library": library, **seconds._asdict()}
        | {"rounds": {way: [getattr(one, way) for one in rounds[name, size, library]] for way in WAYS}}
        for (name, size, library), seconds in medians(rounds).items()
    ]
    return json.dumps({"environment": dict(description), "rows": rows}, indent=2) + "\n"


def _number(value: float | None, scale: float = 1.0) -> str:
    """Two decimals, fewer for great ones; nothing if it was not measured."""
    if value is None:
        return ""
    scaled = value * scale
    return f"{scaled:,.0f}" if abs(scaled) >= 100 else f"{scaled:.2f}"
