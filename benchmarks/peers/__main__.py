"""kytorch beside HIPS autograd, MyGrad and JAX: `python -m benchmarks.peers`, from the repository's root."""

import sys
from collections.abc import Sequence
from dataclasses import replace

from benchmarks import machine, report
from benchmarks.command import command_line, publish, say
from benchmarks.measure import DisagreementError, Row, Settings, WorkerError, judged
from benchmarks.workload import Case, Workload, measured
from benchmarks.workloads import w1, w2, w3, w4, w5, w6, w7, w8, w9

EAGER = ("autograd", "mygrad")
"""Those that run Python for each operation, as kytorch does: it is to be ahead of them everywhere."""
PEERS = (*EAGER, "jax")
WORK: dict[str, tuple[Workload, tuple[str, ...]]] = {
    "of_w1": (w1.WORKLOAD, PEERS),
    "of_w2": (w2.WORKLOAD, PEERS),
    "of_w3": (w3.WORKLOAD, PEERS),
    "of_w4": (w4.WORKLOAD, PEERS),
    "of_w5": (w5.WORKLOAD, PEERS),
    "of_w6": (w6.FOREACH, ("jax",)),  # the others have no optimizer of this kind
    "of_gelu": (w7.GELU, PEERS),
    "of_softmax": (w7.SOFTMAX, PEERS),
    "of_w8": (replace(w8.WORKLOAD, cases=w8.WORKLOAD.cases[:1]), PEERS),
    "of_w9": (w9.WORKLOAD, PEERS),
}
"""The workloads, by the names of the functions that prepare them, and who can do them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check that the libraries compute the same, measure, print the table; 1 if something could not be compared."""
    cli = command_line(
        "benchmarks.peers", "kytorch beside HIPS autograd, MyGrad and JAX (jit), as `benchmarks` does it."
    )
    cli.add_argument("--only", nargs="+", choices=[work.name for work, _ in WORK.values()], metavar="NAME")
    options = cli.parse_args(arguments)
    libraries = ("kytorch", *[peer for peer in PEERS if machine.version_of(peer)])
    for peer in PEERS:
        if peer not in libraries:
            print(f"{report.NAMES[peer]} is not installed, so its column is left out.")
    if libraries == ("kytorch",):
        return 0
    rounds = options.rounds or (2 if options.quick else 3)
    settings = replace(Settings.chosen(libraries, options), rounds=rounds)
    rows: list[Row] = []
    try:
        for function, (work, who) in WORK.items():
            if work.name in (options.only or [work.name]):
                able = tuple([library for library in libraries if library in ("kytorch", *who)])
                rows += [
                    compared(row) for row in measured([beside(work, function, who)], replace(settings, libraries=able))
                ]
    except (DisagreementError, WorkerError) as error:
        say(f"error: {error}")
        return 1
    description = machine.description(settings) | {
        **{peer: machine.version_of(peer) or "not installed" for peer in PEERS},
        "threads of JAX": "cores that its process may run on; XLA has no such setting",
    }
    text = report.markdown(description, {}, rows, libraries)
    publish("peers", text, report.as_json(description, rows), options, whole=not (options.only or options.quick))
    return 0


def beside(work: Workload, function: str, who: Sequence[str]) -> Workload:
    """The workload with the peers' variants, and without its targets beside PyTorch."""
    cases = [replace(case, quick=case.quick and plain(case.quick)) for case in map(plain, work.cases)]
    variants = {peer: f"benchmarks.peers.{peer}:{function}" for peer in who}
    return Workload(work.name, work.about, tuple(cases), {"kytorch": work.variants["kytorch"], **variants})


def plain(case: Case) -> Case:
    """The case without a target."""
    return replace(case, ratio=None, seconds=None, goal=None)


def compared(row: Row) -> Row:
    """`row` with the target to be ahead of those that run Python for each operation."""
    ratios = {library: ratio for library in EAGER if (ratio := row.ratio(library)) is not None}
    if not ratios:
        return row
    return judged(row, f"ahead of {', '.join([report.NAMES[name] for name in ratios])}", max(ratios.values()) < 1)


if __name__ == "__main__":
    sys.exit(main())
