"""kytorch beside hand-written NumPy and PyTorch: `python -m benchmarks`, from the repository's root.

Then the other parts, each a command of its own: `benchmarks.peers`, `benchmarks.growth`, `benchmarks.roofline`. With
`--only` the table alone. What a whole run prints is in `benchmarks/results/` afterwards.
"""

import argparse
import sys
from collections.abc import Sequence

from benchmarks import machine, report
from benchmarks.command import command_line, publish, say
from benchmarks.growth.__main__ import main as growth
from benchmarks.measure import DisagreementError, Settings, WorkerError
from benchmarks.peers.__main__ import main as peers
from benchmarks.roofline.__main__ import main as roofline
from benchmarks.workload import Measured, measured
from benchmarks.workloads import WORKLOADS


def main(arguments: Sequence[str] | None = None, workloads: Sequence[Measured] = WORKLOADS) -> int:
    """Check that the libraries compute the same, measure, print the table; 1 if something could not be compared."""
    options = parser(workloads).parse_args(arguments)
    libraries = ("kytorch", "numpy", "torch") if machine.torch_version() else ("kytorch", "numpy")
    settings = Settings.chosen(libraries, options)
    chosen = [workload for workload in workloads if options.only is None or workload.name in options.only]
    if "torch" not in libraries:
        print("PyTorch is not installed, so its column is left out.")
    try:
        rows = measured(chosen, settings)
    except (DisagreementError, WorkerError) as error:
        say(f"error: {error}")
        return 1
    description = machine.description(settings)
    text = report.markdown(description, {workload.name: workload.about for workload in chosen}, rows, libraries)
    is_whole = workloads is WORKLOADS and not options.only and not options.quick
    publish("table", text, report.as_json(description, rows), options, whole=is_whole)
    return 0


def parser(workloads: Sequence[Measured]) -> argparse.ArgumentParser:
    """The command line."""
    cli = command_line(
        "benchmarks",
        "kytorch beside hand-written NumPy and PyTorch, in fresh processes that take turns; medians. "
        "Then beside other libraries, how the time grows, and what this machine can do at most.",
    )
    names = [workload.name for workload in workloads]
    cli.add_argument(
        "--only", nargs="+", choices=names, metavar="NAME", help=f"the table alone, of some of {', '.join(names)}"
    )
    return cli


def every_part(arguments: Sequence[str]) -> int:
    """The table, and unless only some of it is asked for the other parts; the greatest exit status."""
    options = parser(WORKLOADS).parse_args(arguments)
    status = [main(arguments)]
    if not options.only:
        shared = ["--quick"] if options.quick else []
        shared += ["--rounds", str(options.rounds)] if options.rounds else []
        shared += ["--threads", *map(str, options.threads)] if options.threads else []
        for part in (peers, growth, roofline):
            print()
            status.append(part(shared))
    return max(status)


if __name__ == "__main__":
    sys.exit(every_part(sys.argv[1:]))
