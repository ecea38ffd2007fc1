"""The curves as a picture."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes

from benchmarks.growth.curves import Curve, slopes
from benchmarks.measure import Row
from benchmarks.report import NAMES

ACROSS = 3
"""Panels beside one another."""
COLOURS = {"kytorch": "#1b6ca8", "torch": "#d1495b"}


def draw(curves: Sequence[tuple[Curve, Sequence[int], Sequence[Row]]], file: Path) -> None:
    """One panel for each curve, both axes logarithmic, into a PNG."""
    matplotlib.use("Agg")  # no screen is needed
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(-(-len(curves) // ACROSS), ACROSS, figsize=(11, 7), layout="constrained")
    for panel in axes.flat[len(curves) :]:
        panel.set_axis_off()
    for panel, (curve, sizes, rows) in zip(axes.flat, curves):
        panel_of(panel, curve, sizes, rows)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=100)
    pyplot.close(figure)


def panel_of(panel: Axes, curve: Curve, sizes: Sequence[int], rows: Sequence[Row]) -> None:
    """A curve: a line for each library, named by its slopes."""
    unit = {"us": "time of a step, us", "us/op": "time of a node, us"}[rows[0].unit]
    for library in rows[0].rounds:
        times = [row.median(library) for row in rows]
        whole, last = slopes(sizes, times)
        label = f"{NAMES[library]}: slope {whole:.2f}, at the end {last:.2f}"
        panel.loglog(sizes, times, "o-", color=COLOURS[library], label=label, markersize=4, linewidth=1.5)
    if rows[0].unit == "us/op":
        panel.set_ylim(0.1, 100)  # so that what is flat looks flat
    panel.set_title(textwrap.fill(curve.work.about, 46), fontsize=9)
    panel.set_xlabel(curve.axis)
    panel.set_xticks(sizes, [f"{size:,}" for size in sizes], fontsize=8)
    panel.minorticks_off()
    low, high = panel.get_ylim()
    panel.set_ylim(low, high * (high / low) ** 0.25)  # room for the legend
    panel.set_ylabel(unit)
    panel.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)
    panel.legend(fontsize=7, frameon=False, loc="upper left")
