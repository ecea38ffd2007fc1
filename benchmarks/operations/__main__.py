"""Every operation beside PyTorch and plain NumPy: `python -m benchmarks.operations`, from the repository's root."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import machine
from benchmarks.command import positive, say
from benchmarks.measure import DisagreementError, Settings, WorkerError, run_python
from benchmarks.operations.cases import SIZES
from benchmarks.operations.report import Rounds, Seconds, as_json, markdown
from benchmarks.operations.table import CASES
from benchmarks.prepared import Array

_CHECKED = (3, 10_000)
_TOGETHER = 40
"""How many operations one process answers, so that what it holds is not too much."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check that the libraries compute the same, measure, print the table; 1 if something could not be compared."""
    options = parser().parse_args(arguments)
    libraries = ("kytorch", "numpy", "torch") if machine.torch_version() else ("kytorch", "numpy")
    settings = Settings(libraries, (options.threads,), options.rounds, 0.002 if options.quick else options.seconds)
    names = options.only or [case.name for case in CASES]
    if "torch" not in libraries:
        print("PyTorch is not installed, so it is left out.")
    try:
        if "torch" in libraries:
            for size in sorted({*_CHECKED, *options.sizes}):
                check(size, names)
        rounds = measured(settings, options.sizes, names)
    except (DisagreementError, WorkerError) as error:
        say(f"error: {error}")
        return 1
    description = machine.description(settings)
    text = markdown(description, rounds, options.sizes)
    print(text, end="")
    if options.markdown:
        options.markdown.write_text(text)
    if options.json:
        options.json.write_text(as_json(description, rounds))
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    cli = argparse.ArgumentParser(
        prog="python -m benchmarks.operations",
        description="Every operation beside PyTorch and plain NumPy, in fresh processes that take turns; medians.",
    )
    cli.add_argument("--only", nargs="+", choices=[case.name for case in CASES], metavar="NAME", help="some operations")
    cli.add_argument("--sizes", nargs="+", type=positive, default=list(SIZES), help="numbers of elements")
    cli.add_argument("--threads", type=positive, default=1, help="the number of threads (1)")
    cli.add_argument("--rounds", type=positive, default=3, help="processes of each library, taking turns (3)")
    cli.add_argument("--seconds", type=float, default=0.02, help="how long an operation is timed in a process (0.02)")
    cli.add_argument("--quick", action="store_true", help="short: to see that it works, not how fast")
    cli.add_argument("--markdown", type=Path, help="write the table to a file")
    cli.add_argument("--json", type=Path, help="write every number to a file")
    return cli


def check(size: int, names: Sequence[str]) -> None:
    """Raise DisagreementError unless kytorch's values and gradients are PyTorch's."""
    for start in range(0, len(names), _TOGETHER):
        problems = disagreements(size, names[start : start + _TOGETHER])
        if problems:
            raise DisagreementError("; ".join(problems))


def disagreements(size: int, names: Sequence[str]) -> list[str]:
    """Where kytorch's values and gradients are not PyTorch's, in words."""
    allowed = {case.name: case.tolerance for case in CASES}
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        files = {library: Path(folder, f"{library}.npz") for library in ("kytorch", "torch")}
        for library, file in files.items():
            run("answers", library, size, 1, 0.0, file, names)
        with np.load(files["kytorch"]) as ours, np.load(files["torch"]) as theirs:  # each array is read when asked for
            for key in theirs:
                name, _, part = key.partition("|")
                what = "value" if part == "0" else f"gradient {part}"
                problem = difference(ours.get(key), theirs[key], allowed[name])
                if problem:
                    problems.append(f"{name} at size {size}: kytorch's {what} {problem}")
    return problems


def difference(found: Array | None, expected: Array, tolerance: float = 1e-4) -> str:
    """How kytorch's answer differs from PyTorch's by more than rounding; "" if it does not."""
    if found is None or found.shape != expected.shape:
        return f"is of shape {None if found is None else found.shape}, PyTorch's of {expected.shape}"
    if expected.dtype.kind != "f":
        return "" if np.array_equal(found, expected) else "is another than PyTorch's"
    scale = np.abs(expected).max(initial=0.0)
    greatest = np.abs(found - expected).max(initial=0.0)
    return "" if greatest <= tolerance * scale + 1e-6 else f"differs by {greatest:.3g} at a size of {scale:.3g}"


def measured(settings: Settings, sizes: Sequence[int], names: Sequence[str]) -> Rounds:
    """For every operation, size and library the seconds in each way of running it, round after round."""
    rounds: dict[tuple[str, int, str], list[Seconds]] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "times.json")
        for size in sizes:
            for i in range(settings.rounds):
                for j in range(len(settings.libraries)):
                    library = settings.libraries[(i + j) % len(settings.libraries)]
                    run("time", library, size, settings.threads[0], settings.seconds, file, names)
                    for name, seconds in json.loads(file.read_text()).items():
                        rounds.setdefault((name, size, library), []).append(Seconds(*seconds))
            say(f"size {size:,}: measured")
    return rounds


def run(action: str, library: str, size: int, threads: int, seconds: float, file: Path, names: Sequence[str]) -> None:
    """A fresh worker process; `benchmarks.operations.worker` says what it does."""
    arguments = (action, library, size, threads, seconds, file, *names)
    run_python(["-m", "benchmarks.operations.worker", *map(str, arguments)], threads)


if __name__ == "__main__":
    sys.exit(main())
