"""W10: what a library costs before and beside its work: the time of its import, and memory."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from benchmarks.measure import Goal, Row, Settings, alternating, judged, run_python
from benchmarks.workload import Case, Workload
from benchmarks.workloads import w2, w3, w4

MORE_THAN_NUMPY_MS = 30.0
PEAK = Goal(1)
LEVEL_KB = 256.0
"""What the memory held may grow: an allocator's few pages. One small array lost in each step is more."""


@dataclass(frozen=True)
class TrainingLoop:
    """A workload whose memory is measured, over so many steps, and what kytorch is to reach in it."""

    workload: Workload
    peak_steps: int
    ratio: float
    """The greatest peak as a multiple of PyTorch's."""
    growth_steps: int | None = None
    """None where the memory held varies by megabytes, as the allocator gives back large arrays or keeps them."""


TRAINING_LOOPS = (
    TrainingLoop(w2.WORKLOAD, 100, 1.0, growth_steps=1_000),
    TrainingLoop(w3.WORKLOAD, 20, 1.3),
    TrainingLoop(w4.WORKLOAD, 20, 1.3),
)


class W10:
    """Import time, and the peak memory of training loops."""

    name = "W10"
    about = "import time beside NumPy's; peak memory of training loops; its growth with the garbage collector off"
    checked = tuple([loop.workload for loop in TRAINING_LOOPS])

    def rows(self, settings: Settings) -> Iterable[Row]:
        """The measurements, with the first number of threads."""
        threads = settings.threads[0]
        yield import_time(settings, threads)
        for loop in TRAINING_LOOPS:
            for case in loop.workload.chosen(settings):
                yield peak_memory(loop, case, settings, threads)
                if loop.growth_steps is not None:
                    yield growth(loop.workload, case, settings, threads, loop.growth_steps)


def import_time(settings: Settings, threads: int) -> Row:
    """The time that a fresh process takes to import each library."""

    def milliseconds(library: str) -> float:
        code = f"from time import perf_counter as now; start = now(); import {library}; print(1e3 * (now() - start))"
        return run_python(["-c", code], threads)

    for library in settings.libraries:  # so that bytecode and files are at hand
        milliseconds(library)
    row = Row(W10.name, "import", threads, "ms", alternating(milliseconds, settings))
    most = row.median("numpy") + MORE_THAN_NUMPY_MS
    return judged(row, f"numpy + {MORE_THAN_NUMPY_MS:g} ms", row.median("kytorch") <= most)


def peak_memory(loop: TrainingLoop, case: Case, settings: Settings, threads: int) -> Row:
    """The most memory that a process of a training loop holds, library included."""

    def megabytes(library: str) -> float:
        return loop.workload.run("peak", case, library, threads, loop.peak_steps) / 2**20

    what = f"peak memory, {loop.workload.name} {case.label}"
    row = Row(W10.name, what, threads, "MB", alternating(megabytes, settings))
    ratio = row.ratio("torch")
    row = judged(row, f"{loop.ratio:g} x torch", None if ratio is None else ratio <= loop.ratio)
    return replace(row, goal=PEAK)


def growth(workload: Workload, case: Case, settings: Settings, threads: int, steps: int) -> Row:
    """By how much kytorch's memory grows in many steps with the garbage collector off: by leaks and cycles."""

    def kilobytes(library: str) -> float:
        return workload.run("growth", case, library, threads, steps) / 2**10

    what = f"growth in {steps:,} steps, {workload.name} {case.label}"
    grown = alternating(kilobytes, replace(settings, libraries=("kytorch",)))
    row = Row(W10.name, what, threads, "KB", grown)
    return judged(row, f"{LEVEL_KB:g} KB", row.median("kytorch") <= LEVEL_KB)


WORKLOAD = W10()
