"""How time and memory grow: `python -m benchmarks.growth`, from the repository's root."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec

from benchmarks import machine, report
from benchmarks.command import RESULTS, command_line, publish, say
from benchmarks.growth.curves import CURVES, NODES, Curve, backward_over_forward, bytes_per_activation, slopes
from benchmarks.measure import DisagreementError, Row, Settings, WorkerError, judged

BACKWARD = 2.2
"""The greatest time of backward as a multiple of that of forward."""
FLAT = 1.5
"""The greatest cost of a node of a chain as a multiple of that in the shortest chain."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, draw the curves; 1 if something could not be compared."""
    options = command_line(
        "benchmarks.growth",
        "How the time grows with width, depth, batch, length and nodes, and memory with activations.",
    ).parse_args(arguments)
    libraries = ("kytorch", "torch") if machine.torch_version() and not options.quick else ("kytorch",)
    settings = Settings.chosen(libraries, options)
    settings = replace(settings, threads=settings.threads[:1], rounds=options.rounds or 2, seconds=settings.seconds / 2)
    threads = settings.threads[0]
    curves: list[tuple[Curve, Sequence[int], Sequence[Row]]] = []
    try:
        for curve in (*CURVES, NODES):
            once = replace(settings, rounds=1) if curve is NODES else settings  # a million nodes are seconds
            curves.append((curve, curve.sizes(settings), curve.rows(once)))
            say(f"{curve.axis}: measured")
        ratios = backward_over_forward(settings, threads)
        say("backward beside forward: measured")
        memory = bytes_per_activation(settings, threads)
        say("memory: measured")
    except (DisagreementError, WorkerError) as error:
        say(f"error: {error}")
        return 1
    ratios = [judged(row, f"at most {BACKWARD}", row.median("kytorch") <= BACKWARD) for row in ratios]
    memory = [judged(row, "PyTorch's", None if (r := row.ratio("torch")) is None else r <= 1) for row in memory]
    times = [row for _, _, rows in curves for row in rows]
    description = machine.description(settings)
    lines = [
        *[f"* {name}: {fact}" for name, fact in description.items()],
        "",
        *slope_table(curves, libraries),
        "",
        flatness(curves[-1][2]),
        "",
        *report.table([*times, *ratios, *memory], libraries),
        "",
    ]
    text = "\n".join(lines)
    publish("growth", text, report.as_json(description, [*times, *ratios, *memory]), options, whole=not options.quick)
    if find_spec("matplotlib") is None:
        print("matplotlib is not installed, so the curves are not drawn.")
    elif not options.quick:
        from benchmarks.growth.plot import draw

        file = options.markdown.with_suffix(".png") if options.markdown else RESULTS / "growth.png"
        draw(curves, file)
        print(f"drawn: {file}")
    return 0


def slope_table(curves: Sequence[tuple[Curve, Sequence[int], Sequence[Row]]], libraries: Sequence[str]) -> list[str]:
    """The slopes on logarithmic axes: over all sizes, and between the last two."""
    head = ["slope of the time against", "of", *[report.NAMES[library] for library in libraries], "by arithmetic"]
    lines = [head]
    for curve, sizes, rows in curves:
        found = [slopes(sizes, [row.median(library) for row in rows]) for library in libraries]
        name = f"{curve.axis}, {sizes[0]:,} to {sizes[-1]:,}"
        stated = [f"{whole:.2f}, at the end {last:.2f}" for whole, last in found]
        lines.append([name, curve.work.about, *stated, curve.expected])
    return report.aligned(lines)


def flatness(rows: Sequence[Row]) -> str:
    """How the cost of a node changes from the shortest chain to the longest."""
    first, last = rows[0].median("kytorch"), rows[-1].median("kytorch")
    word = "flat" if last <= FLAT * first else "not flat"
    return f"A node of {rows[-1].case} costs {last / first:.2f} times one of {rows[0].case}: {word} (at most {FLAT})."


if __name__ == "__main__":
    sys.exit(main())
