"""The times of the operations as a table for people, and as JSON."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from benchmarks.operations.cases import CASES

Times: TypeAlias = Mapping[tuple[str, int, str], tuple[float | None, float | None]]

TARGETS = {3: 0.7, 10_000: 1.0, 1_000_000: 1.3}
"""By size, the greatest geometric mean of kytorch's time over PyTorch's."""
MOST = 5.0
"""The ratio above which an operation needs a written reason."""
OVERHEAD = 1.2e-6
"""How much longer than NumPy's function an operation of size 3 may take, in seconds."""


def markdown(description: Mapping[str, str], times: Times, sizes: Sequence[int]) -> str:
    """The description, the summary and the table."""
    facts = [f"* {name}: {fact}" for name, fact in description.items()]
    return "\n".join([*facts, "", *summary(times, sizes), "", *table(times, sizes), ""])


def ratio(times: Times, name: str, size: int, both: int) -> float | None:
    """kytorch's time over PyTorch's, forward (0) or forward and backward (1)."""
    ours, theirs = times.get((name, size, "kytorch")), times.get((name, size, "torch"))
    if ours is None or theirs is None or ours[both] is None or theirs[both] is None:
        return None
    return ours[both] / theirs[both]  # type: ignore[operator]  # neither is None, as was just seen


def overhead(times: Times, name: str) -> float | None:
    """How much longer an operation of size 3 takes than NumPy's function, in seconds."""
    ours, numpy = times.get((name, 3, "kytorch")), times.get((name, 3, "numpy"))
    return ours[0] - numpy[0] if ours and numpy and ours[0] is not None and numpy[0] is not None else None


def geometric_mean(values: Sequence[float]) -> float:
    """The geometric mean; NaN of nothing."""
    return math.exp(sum(map(math.log, values)) / len(values)) if values else math.nan


def summary(times: Times, sizes: Sequence[int]) -> list[str]:
    """The geometric means beside their targets, and what misses a target of its own."""
    names = [case.name for case in CASES]
    lines = []
    for size in sizes:
        ratios = [[r for name in names if (r := ratio(times, name, size, both)) is not None] for both in (0, 1)]
        if not ratios[0]:
            continue
        means = [geometric_mean(found) for found in (*ratios, ratios[0] + ratios[1])]
        target = TARGETS.get(size)
        verdict = "" if target is None else f" (target {target}: {'met' if means[2] <= target else 'missed'})"
        lines.append(
            f"* size {size:,}: kytorch / PyTorch, geometric means: forward {means[0]:.2f}, forward and backward "
            f"{means[1]:.2f}, both {means[2]:.2f}{verdict}"
        )
    reasons = {case.name: case.reason for case in CASES}
    for size in sizes:
        for name in names:
            for both, what in enumerate(("forward", "forward and backward")):
                found = ratio(times, name, size, both)
                if found is not None and found > MOST:
                    lines.append(f"* {name} at {size:,}, {what}: {found:.1f}; {reasons[name] or 'no reason written'}")
    costs = {name: cost for name in names if (cost := overhead(times, name)) is not None}
    if costs:
        above = sorted([name for name in costs if costs[name] > OVERHEAD], key=lambda name: -costs[name])
        middle = sorted(costs.values())[len(costs) // 2]
        lines.append(
            f"* above NumPy's function at size 3: median {middle * 1e6:.2f} us; above {OVERHEAD * 1e6:.1f} us are"
        )
        lines.append("  " + (", ".join([f"{name} ({costs[name] * 1e6:.1f})" for name in above]) or "none"))
    return lines


def table(times: Times, sizes: Sequence[int]) -> list[str]:
    """By operation: at each size kytorch's time, and its ratios, forward and forward and backward."""
    head = ["operation", "us above NumPy at 3"]
    for size in sizes:
        head += [f"{size:,}: us", "/ NumPy", "/ PyTorch", "with backward: us", "/ PyTorch"]
    lines = [head]
    for case in CASES:
        if not any((case.name, size, "kytorch") in times for size in sizes):
            continue
        line = [case.name, _number(overhead(times, case.name), 1e6)]
        for size in sizes:
            forward, both = times.get((case.name, size, "kytorch"), (None, None))
            numpy = times.get((case.name, size, "numpy"), (None, None))[0]
            line += [_number(forward, 1e6), _number(forward / numpy if forward and numpy else None)]
            line += [_number(ratio(times, case.name, size, 0)), _number(both, 1e6)]
            line += [_number(ratio(times, case.name, size, 1))]
        lines.append(line)
    widths = [max(map(len, column)) for column in zip(*lines)]
    lines.insert(1, ["-" * width for width in widths])
    return ["| " + " | ".join([cell.ljust(width) for cell, width in zip(line, widths)]) + " |" for line in lines]


def as_json(description: Mapping[str, str], times: Times) -> str:
    """Every median, in seconds."""
    rows = [
        {"operation": name, "size": size, "library": library, "forward": forward, "forward and backward": both}
        for (name, size, library), (forward, both) in times.items()
    ]
    return json.dumps({"environment": dict(description), "rows": rows}, indent=2) + "\n"


def _number(value: float | None, scale: float = 1.0) -> str:
    """Two decimals, fewer for great ones; nothing if it was not measured."""
    if value is None:
        return ""
    scaled = value * scale
    return f"{scaled:,.0f}" if abs(scaled) >= 100 else f"{scaled:.2f}"
