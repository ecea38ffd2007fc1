"""Every kind of layer beside PyTorch's: `python -m benchmarks.layers`, from the repository's root."""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from benchmarks import machine
from benchmarks.command import positive, say
from benchmarks.layers.cases import CASES
from benchmarks.measure import DisagreementError, Row, Settings, WorkerError, run_python
from benchmarks.operations.__main__ import difference
from benchmarks.report import as_json, markdown
from benchmarks.workload import Case

WAYS = (Case(0, "forward"), Case(1, "forward and backward", ratio=2.0))
"""The ways of running a layer, as the workers number them, and the greatest time as a multiple of PyTorch's."""

Rounds: TypeAlias = Mapping[str, Sequence[Mapping[str, Sequence[float]]]]
"""For each library, round by round, by layer the seconds in each way."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check that the libraries compute the same, measure, print the table; 1 if something could not be compared."""
    options = parser().parse_args(arguments)
    if machine.torch_version() is None:
        say("error: PyTorch is not installed, and there is nothing else to compare layers with")
        return 1
    settings = Settings(("kytorch", "torch"), tuple(options.threads), options.rounds, options.seconds)
    names = options.only or [case.name for case in CASES]
    rows: list[Row] = []
    try:
        check(names)
        for threads in settings.threads:
            rows += measured(settings, threads, names)
            say(f"{threads} threads: measured")
    except (DisagreementError, WorkerError) as error:
        say(f"error: {error}")
        return 1
    description = machine.description(settings)
    text = markdown(description, {}, rows, settings.libraries)
    print(text, end="")
    if options.markdown:
        options.markdown.write_text(text)
    if options.json:
        options.json.write_text(as_json(description, rows))
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    cli = argparse.ArgumentParser(
        prog="python -m benchmarks.layers",
        description="Every kind of layer beside PyTorch's, in fresh processes that take turns; medians.",
    )
    cli.add_argument("--only", nargs="+", choices=[case.name for case in CASES], metavar="NAME", help="some layers")
    cli.add_argument("--threads", nargs="+", type=positive, default=[1, 2], help="numbers of threads (1 2)")
    cli.add_argument("--rounds", type=positive, default=3, help="processes of each library, taking turns (3)")
    cli.add_argument("--seconds", type=float, default=0.1, help="how long a layer is timed in a process (0.1)")
    cli.add_argument("--markdown", type=Path, help="write the table to a file")
    cli.add_argument("--json", type=Path, help="write every number to a file")
    return cli


def check(names: Sequence[str]) -> None:
    """Raise DisagreementError unless kytorch's values and gradients are PyTorch's."""
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        files = {library: Path(folder, f"{library}.npz") for library in ("kytorch", "torch")}
        for library, file in files.items():
            run("answers", library, 1, 0.0, file, names)
        with np.load(files["kytorch"]) as ours, np.load(files["torch"]) as theirs:
            for key in theirs:
                problem = difference(ours.get(key), theirs[key], tolerance=2e-4)
                if problem:
                    problems.append(f"{key}: kytorch's {problem}")
    if problems:
        raise DisagreementError("; ".join(problems))


def measured(settings: Settings, threads: int, names: Sequence[str]) -> list[Row]:
    """A row for each layer, and each way of running it."""
    rounds: dict[str, list[Mapping[str, Sequence[float]]]] = {library: [] for library in settings.libraries}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "times.json")
        for i in range(settings.rounds):
            for j in range(len(settings.libraries)):
                library = settings.libraries[(i + j) % len(settings.libraries)]
                run("time", library, threads, settings.seconds, file, names)
                rounds[library].append(json.loads(file.read_text()))
    return [row(rounds, name, way, threads) for name in names for way in range(len(WAYS))]


def row(rounds: Rounds, name: str, way: int, threads: int) -> Row:
    """What was measured of one layer in one way, and whether it is quick enough."""
    times = {library: [1e6 * times[name][way] for times in each] for library, each in rounds.items()}
    return WAYS[way].judged(Row(name, WAYS[way].label, threads, "us", times))


def run(action: str, library: str, threads: int, seconds: float, file: Path, names: Sequence[str]) -> None:
    """A fresh worker process; `benchmarks.layers.worker` says what it does."""
    arguments = (action, library, threads, seconds, file, *names)
    run_python(["-m", "benchmarks.layers.worker", *map(str, arguments)], threads)


if __name__ == "__main__":
    sys.exit(main())
