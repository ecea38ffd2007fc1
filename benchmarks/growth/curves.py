"""What is measured as it grows, and the slopes of the time on logarithmic axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from benchmarks.growth import models as m
from benchmarks.measure import Row, Settings, alternating
from benchmarks.prepared import Prepare
from benchmarks.workload import Case, Workload
from benchmarks.workloads import w1, w2, w3, w4, w5, w8


class Curve(NamedTuple):
    """Work that is measured at several sizes."""

    work: Workload
    axis: str
    expected: str
    """What the slope comes to where the arithmetic rules."""

    def sizes(self, settings: Settings) -> list[int]:
        """The sizes that are measured."""
        return [case.size for case in self.chosen(settings)]

    def chosen(self, settings: Settings) -> list[Case]:
        """The cases that are measured: in a quick run the first two."""
        return list(self.work.cases[:2] if settings.quick else self.work.cases)

    def rows(self, settings: Settings) -> list[Row]:
        """The measurements, once it is checked that the libraries compute the same at the least size."""
        replace(self.work, cases=self.work.cases[:1]).check(settings)
        return list(replace(self.work, cases=tuple(self.chosen(settings))).rows(settings))


def curve(axis: str, about: str, expected: str, sizes: Sequence[int], kytorch: Prepare, torch: Prepare) -> Curve:
    """A curve of training steps."""
    cases = tuple([Case(size, f"{axis} {size:,}") for size in sizes])
    return Curve(Workload(axis, about, cases, {"kytorch": kytorch, "torch": torch}), axis, expected)


CURVES = (
    curve(
        "width",
        f"perceptron of {m.DEPTH} layers, tanh, batch {m.BATCH}",
        "2",
        (32, 64, 128, 256, 512, 1024, 2048),
        m.kytorch_width,
        m.torch_width,
    ),
    curve(
        "depth",
        f"perceptron of width {m.WIDTH}, tanh, batch {m.BATCH}",
        "1",
        (1, 2, 4, 8, 16, 32, 64),
        m.kytorch_depth,
        m.torch_depth,
    ),
    curve(
        "batch",
        f"perceptron of {m.DEPTH} layers and width {m.WIDTH}, tanh",
        "1",
        (1, 4, 16, 64, 256, 1024, 4096),
        m.kytorch_batch,
        m.torch_batch,
    ),
    curve(
        "length",
        f"a transformer's layer, width {m.FEATURES}, {m.HEADS} heads, {m.SEQUENCES} sequences",
        "1, then 2 where attention rules",
        (16, 32, 64, 128, 256, 512, 1024),
        m.kytorch_length,
        m.torch_length,
    ),
)
NODES = Curve(
    replace(
        w8.WORKLOAD,
        name="nodes",
        cases=tuple([Case(n, f"{n:,} nodes", operations=n) for n in (1_000, 10_000, 100_000, 1_000_000)]),
    ),
    "nodes",
    "0",
)
"""The time of one node of a chain, forward and backward."""
MODELS = (w1.WORKLOAD, w2.WORKLOAD, w3.WORKLOAD, w4.WORKLOAD, w5.WORKLOAD)
"""Of which backward is compared with forward."""
DEEP = Workload(
    "memory",
    f"perceptron of {m.DEEP} layers and width {m.WIDTH}, tanh",
    (Case(4096, f"{m.DEEP} layers, batch 4096", quick=Case(1024, f"{m.DEEP} layers, batch 1024")),),
    {"kytorch": m.kytorch_deep, "torch": m.torch_deep},
)


def slopes(sizes: Sequence[int], times: Sequence[float]) -> tuple[float, float]:
    """The slope of log time over log size: fitted to all points, and between the last two."""
    x, y = np.log(sizes), np.log(times)
    return float(np.polyfit(x, y, 1)[0]), float((y[-1] - y[-2]) / (x[-1] - x[-2]))


def backward_over_forward(settings: Settings, threads: int) -> list[Row]:
    """The time of backward as a multiple of that of forward, in every case of the models."""

    def ratio_in(work: Workload, case: Case) -> Callable[[str], float]:
        return lambda library: work.run("ratio", case, library, threads, settings.seconds)

    return [
        Row(work.name, case.label, threads, "backward / forward", alternating(ratio_in(work, case), settings))
        for work in MODELS
        for case in work.chosen(settings)
    ]


def bytes_per_activation(settings: Settings, threads: int) -> list[Row]:
    """By how many bytes a training step raises the memory held at its peak, for each number that a layer makes."""
    of_an_example = ((DEEP, m.WIDTH * m.DEEP), (w4.WORKLOAD, w4.CONTEXT * w4.WIDTH * w4.LAYERS))

    def bytes_in(work: Workload, case: Case, numbers: int) -> Callable[[str], float]:
        return lambda library: work.run("extra", case, library, threads, 5) / numbers

    return [
        Row(work.name, case.label, threads, "bytes", alternating(bytes_in(work, case, case.size * each), settings))
        for work, each in of_an_example
        for case in work.chosen(settings)
    ]
