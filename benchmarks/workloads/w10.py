"""W10: what a library costs before and beside its work: the time of its import, and memory."""

from collections.abc import Iterable
from dataclasses import replace

from benchmarks.measure import Row, Settings, alternating, judged, run_python
from benchmarks.workload import Case, Workload
from benchmarks.workloads import w2, w3, w4

MORE_THAN_NUMPY_MS = 30.0
LEVEL_KB = 256.0
"""What the memory held may grow: an allocator's few pages. One small array lost in each step is more."""
PEAK_STEPS = 100
LEVEL_STEPS = 1_000

TRAINING_LOOPS: tuple[Workload, ...] = (w2.WORKLOAD, w3.WORKLOAD, w4.WORKLOAD)
LEVEL_LOOPS: tuple[Workload, ...] = (w2.WORKLOAD,)
"""What others hold varies by megabytes from step to step, as the allocator gives back large arrays or keeps them."""


class W10:
    """Import time, and the peak memory of training loops."""

    name = "W10"
    about = "import time beside NumPy's; peak memory of training loops; its growth with the garbage collector off"

    def check(self, settings: Settings) -> None:
        """Raise DisagreementError unless the loops compute the same."""
        for workload in TRAINING_LOOPS:
            workload.check(settings)

    def rows(self, settings: Settings) -> Iterable[Row]:
        """The measurements, with the first number of threads."""
        threads = settings.threads[0]
        yield import_time(settings, threads)
        for workload in TRAINING_LOOPS:
            for case in workload.cases:
                yield peak_memory(workload, case, settings, threads)
                if workload in LEVEL_LOOPS:
                    yield growth(workload, case, settings, threads)


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


def peak_memory(workload: Workload, case: Case, settings: Settings, threads: int) -> Row:
    """The most memory that a process of a training loop holds, library included."""

    def megabytes(library: str) -> float:
        return workload.run("peak", case, library, threads, PEAK_STEPS) / 2**20

    what = f"peak memory, {workload.name} {case.label}"
    row = Row(W10.name, what, threads, "MB", alternating(megabytes, settings))
    ratio = row.ratio("torch")
    return judged(row, "below torch", None if ratio is None else ratio < 1)


def growth(workload: Workload, case: Case, settings: Settings, threads: int) -> Row:
    """By how much kytorch's memory grows in many steps with the garbage collector off: by leaks and cycles."""

    def kilobytes(library: str) -> float:
        return workload.run("growth", case, library, threads, LEVEL_STEPS) / 2**10

    what = f"growth in {LEVEL_STEPS:,} steps, {workload.name} {case.label}"
    grown = alternating(kilobytes, replace(settings, libraries=("kytorch",)))
    row = Row(W10.name, what, threads, "KB", grown)
    return judged(row, f"{LEVEL_KB:g} KB", row.median("kytorch") <= LEVEL_KB)


WORKLOAD = W10()
