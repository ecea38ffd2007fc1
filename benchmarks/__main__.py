"""kytorch beside hand-written NumPy and PyTorch: `python -m benchmarks`, from the repository's root."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import machine, report
from benchmarks.command import positive, say
from benchmarks.measure import DisagreementError, Settings, WorkerError
from benchmarks.workload import Measured
from benchmarks.workloads import WORKLOADS


def main(arguments: Sequence[str] | None = None, workloads: Sequence[Measured] = WORKLOADS) -> int:
    """Check that the libraries compute the same, measure, print the table; 1 if something could not be compared."""
    options = parser(workloads).parse_args(arguments)
    libraries = ("kytorch", "numpy", "torch") if machine.torch_version() else ("kytorch", "numpy")
    threads, rounds, seconds = ([1], 2, 0.05) if options.quick else ([1, 2], 5, 0.5)
    settings = Settings(libraries, tuple(options.threads or threads), options.rounds or rounds, seconds, options.quick)
    chosen = [workload for workload in workloads if options.only is None or workload.name in options.only]
    if "torch" not in libraries:
        print("PyTorch is not installed, so its column is left out.")
    try:
        for name, work in {work.name: work for workload in chosen for work in workload.checked}.items():
            say(f"{name}: checking that the libraries compute the same")
            work.check(settings)
        rows = []
        for workload in chosen:
            for row in workload.rows(settings):
                say(f"{row.workload}, {row.case}, threads {row.threads}: measured")
                rows.append(row)
    except (DisagreementError, WorkerError) as error:
        say(f"error: {error}")
        return 1
    description = machine.description(settings)
    text = report.markdown(description, {workload.name: workload.about for workload in chosen}, rows, libraries)
    print(text, end="")
    if options.markdown:
        options.markdown.write_text(text)
    if options.json:
        options.json.write_text(report.as_json(description, rows))
    return 0


def parser(workloads: Sequence[Measured]) -> argparse.ArgumentParser:
    """The command line."""
    names = [workload.name for workload in workloads]
    cli = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="kytorch beside hand-written NumPy and PyTorch, in fresh processes that take turns; medians.",
    )
    cli.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"some of {', '.join(names)}")
    cli.add_argument("--threads", nargs="+", type=positive, help="numbers of threads (1 2)")
    cli.add_argument("--rounds", type=positive, help="processes of each library, taking turns (5)")
    cli.add_argument(
        "--quick", action="store_true", help="two short rounds, one thread, small cases: to see that it works"
    )
    cli.add_argument("--markdown", type=Path, metavar="FILE", help="write what is printed")
    cli.add_argument("--json", type=Path, metavar="FILE", help="write every round's measurements")
    return cli


if __name__ == "__main__":
    sys.exit(main())
