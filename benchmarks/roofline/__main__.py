"""What this machine can do at most, and the slowest steps beside it: `python -m benchmarks.roofline`."""

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from benchmarks import machine
from benchmarks.command import command_line, publish, say
from benchmarks.measure import Row, Settings, WorkerError, alternating, run_python
from benchmarks.report import aligned, number
from benchmarks.roofline.work import WORK, Work

SLOWEST = 3
LARGE = 1 << 22
"""Multiplications of a product that the text shows; the rest is in the JSON."""
Limits = Mapping[str, Mapping[str, float]]


class Floor(NamedTuple):
    """The least time of a step's parts on this machine, in ms: what was measured of each alone, added up."""

    products: float
    exponentials: float
    traffic: float

    @property
    def total(self) -> float:
        """One part after the other."""
        return sum(self)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the machine, then the steps beside it; 1 if a worker failed."""
    options = command_line(
        "benchmarks.roofline", "The speed of products, memory and calls here, and where the slowest steps' time goes."
    ).parse_args(arguments)
    libraries = ("kytorch", "torch") if machine.torch_version() and not options.quick else ("kytorch",)
    settings = Settings.chosen(libraries, options)
    settings = replace(settings, rounds=options.rounds or 2, seconds=settings.seconds / 2)
    threads = settings.threads[0]
    work = WORK[:SLOWEST] if options.quick else WORK
    try:
        found: dict[int, Limits] = {
            n: json.loads(asked("limits", n, str(int(options.quick)))) for n in settings.threads
        }
        say("the machine: measured")
        rows = [timed(each, threads, settings) for each in work]
        say("the steps: measured")
        slowest = sorted(zip(work, rows), key=lambda pair: -(pair[1].ratio(libraries[-1]) or 0))[:SLOWEST]
        profiles = {f"{row.workload} {row.case}": profile(each, threads) for each, row in slowest}
    except WorkerError as error:
        say(f"error: {error}")
        return 1
    description = machine.description(settings)
    lines = [f"* {name}: {fact}" for name, fact in description.items()]
    lines += ["", *machine_table(found), "", *step_table(work, rows, found[threads]), ""]
    for name, tables in profiles.items():
        for title, table in tables.items():
            lines += [f"{name}, {threads} thread(s), {title}, with `kytorch.profile()`:", "", "```", table, "```", ""]
    data = json.dumps({"environment": description, "limits": found, "profiles": profiles}, indent=2) + "\n"
    publish("roofline", "\n".join(lines), data, options, whole=not options.quick)
    return 0


def asked(action: str, threads: int, *rest: str) -> str:
    """What a fresh worker writes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "answer.json")
        run_python(["-m", "benchmarks.roofline.worker", action, str(file), *rest], threads)
        return file.read_text()


def profile(work: Work, threads: int) -> dict[str, str]:
    """Where kytorch's time goes in a few steps."""
    variant = work.workload.variants["kytorch"]
    function = variant if isinstance(variant, str) else f"{variant.__module__}:{variant.__qualname__}"
    tables: dict[str, str] = json.loads(asked("profile", threads, function, str(work.size)))
    return tables


def timed(work: Work, threads: int, settings: Settings) -> Row:
    """The milliseconds of a step."""
    case = next(case for case in work.workload.cases if case.size == work.size)

    def milliseconds(library: str) -> float:
        return 1e3 * work.workload.run("time", case, library, threads, settings.seconds)

    return Row(work.workload.name, case.label, threads, "ms", alternating(milliseconds, settings))


def floor(work: Work, limits: Limits) -> Floor:
    """What the parts of a step take alone."""
    products = sum([1e3 * p.times * limits["products"][f"{p.m} {p.k} {p.n}"] for p in work.products])
    # Where the arrays lie decides how fast they are: those of a small step never leave the caches.
    where = "256 KB" if work.megabytes < 1 else "4 MB" if work.megabytes < 200 else "256 MB"
    exponentials = work.exponentials / limits["G elements/s"]["exp"]
    return Floor(products, exponentials, work.megabytes / limits["GB/s"][f"add, arrays of {where}"])


def machine_table(found: Mapping[int, Limits]) -> list[str]:
    """The limits, a column for each number of threads."""
    lines = [["", *[f"{threads} threads" for threads in found]]]
    first = next(iter(found.values()))
    for kind, values in first.items():
        for name in values:
            measured = [limits[kind][name] for limits in found.values()]
            if kind == "products":
                m, k, n = map(int, name.split())
                if m * k * n < LARGE:
                    continue
                lines.append([f"({m}, {k}) x ({k}, {n}), GFLOP/s", *[number(2e-9 * m * k * n / s) for s in measured]])
            else:
                lines.append([f"{name}, {kind}", *[number(value) for value in measured]])
    return aligned(lines)


def step_table(work: Sequence[Work], rows: Sequence[Row], limits: Limits) -> list[str]:
    """Each step beside the sum of its parts, in ms."""
    names = ["GFLOP", "products", "tanh, exp", "MB", "traffic", "parts together", "kytorch", "/ parts", "PyTorch"]
    lines = [["", "case", *names, "/ PyTorch"]]
    for each, row in zip(work, rows):
        least, ours = floor(each, limits), row.median("kytorch")
        gflop = sum([product.gflop for product in each.products])
        parts = [gflop, least.products, least.exponentials, each.megabytes, least.traffic, least.total, ours]
        ratio = row.ratio("torch")
        theirs = ["", ""] if ratio is None else [number(row.median("torch")), f"{ratio:.2f}"]
        lines.append([row.workload, row.case, *[number(part) for part in parts], f"{ours / least.total:.2f}", *theirs])
    return aligned(lines)


if __name__ == "__main__":
    sys.exit(main())
