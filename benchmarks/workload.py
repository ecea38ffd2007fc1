"""A workload: the same work written for each library, in one or more sizes, checked to be the same, then timed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from benchmarks.command import say
from benchmarks.measure import DisagreementError, Goal, Row, Settings, alternating, difference, judged, run_python
from benchmarks.prepared import Array, Prepare


class Measured(Protocol):
    """What the table has rows of."""

    @property
    def name(self) -> str:
        """What `--only` calls it."""

    @property
    def about(self) -> str:
        """What the work is."""

    @property
    def checked(self) -> Sequence[Workload]:
        """The work in which the libraries are to compute the same."""

    def rows(self, settings: Settings) -> Iterable[Row]:
        """The measurements."""


def measured(workloads: Sequence[Measured], settings: Settings) -> list[Row]:
    """The rows of all, after it is checked that the libraries compute the same in each; says how far it is."""
    for name, work in {work.name: work for workload in workloads for work in workload.checked}.items():
        say(f"{name}: checking that the libraries compute the same")
        work.check(settings)
    rows = []
    for workload in workloads:
        for row in workload.rows(settings):
            say(f"{row.workload}, {row.case}, threads {row.threads}: measured")
            rows.append(row)
    return rows


@dataclass(frozen=True)
class Case:
    """A size of a workload, and what kytorch is to reach in it."""

    size: int
    label: str
    operations: int = 1
    """How many operations a step has, where the time of one is reported."""
    ratio: float | None = None
    """The greatest time as a multiple of PyTorch's."""
    seconds: float | None = None
    """The greatest time of a step."""
    quick: Case | None = None
    """A small one, to see that it works."""
    goal: Goal | None = None
    """What the time is to come to beside PyTorch's."""

    def judged(self, row: Row) -> Row:
        """`row` with this case's target, and whether it is met, unless the rounds differ too much to tell."""
        row = replace(row, goal=self.goal)
        if self.ratio is not None:
            ratio = row.ratio("torch")
            row = judged(row, f"{self.ratio:g} x torch", None if ratio is None else ratio <= self.ratio)
        elif self.seconds is not None:
            row = judged(
                row, f"{self.seconds:g} s a step", row.median("kytorch") * self.operations / 1e6 <= self.seconds
            )
        return row if row.is_steady() else replace(row, verdict="unsteady")


@dataclass(frozen=True)
class Workload:
    """Timed work. `variants` are by library, each a function of an importable module, or MODULE:FUNCTION."""

    name: str
    about: str
    cases: tuple[Case, ...]
    variants: Mapping[str, Prepare | str]

    @property
    def checked(self) -> Sequence[Workload]:
        return (self,)

    def chosen(self, settings: Settings) -> list[Case]:
        """The cases to measure."""
        return [case.quick or case if settings.quick else case for case in self.cases]

    def check(self, settings: Settings) -> None:
        """Raise DisagreementError unless every library computes in every case what NumPy does, for several steps.

        Where NumPy is not among the libraries, it is what the first of them computes.
        """
        libraries = settings.libraries
        reference = "numpy" if "numpy" in libraries else libraries[0]
        for case in self.chosen(settings):
            with ThreadPoolExecutor() as pool:  # nothing is timed here, so that they need not take turns
                answers = dict(zip(libraries, pool.map(partial(self.answers, case, settings=settings), libraries)))
            for library in libraries:
                problem = difference(answers[library], answers[reference])
                if problem:
                    which = f"{self.name}, {case.label}: {library}"
                    raise DisagreementError(f"{which} does not compute what {reference} does: {problem}")

    def rows(self, settings: Settings) -> Iterable[Row]:
        """The time of a step, or of one of its operations, in every case and for every number of threads."""
        for case in self.chosen(settings):
            for threads in settings.threads:
                yield self._timed(case, threads, settings)

    def _timed(self, case: Case, threads: int, settings: Settings) -> Row:
        def microseconds(library: str) -> float:
            return 1e6 / case.operations * self.run("time", case, library, threads, settings.seconds)

        unit = "us" if case.operations == 1 else "us/op"
        return case.judged(Row(self.name, case.label, threads, unit, alternating(microseconds, settings)))

    def answers(self, case: Case, library: str, settings: Settings) -> dict[str, Array]:
        """What a fresh process of `library` computes in the first steps, stacked along the first dimension."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "answers.npz")
            self.run("answers", case, library, settings.threads[-1], file)
            with np.load(file, allow_pickle=False) as arrays:
                return dict(arrays)

    def run(self, action: str, case: Case, library: str, threads: int, amount: float | Path) -> float:
        """The number that a fresh worker process answers; `benchmarks.worker` says what it does."""
        prepare = self.variants[library]
        function = prepare if isinstance(prepare, str) else f"{prepare.__module__}:{prepare.__qualname__}"
        arguments = (action, library, function, case.size, threads, amount)
        return run_python(["-m", "benchmarks.worker", *map(str, arguments)], threads)


@dataclass(frozen=True)
class Together:
    """Workloads whose rows stand under one name."""

    name: str
    about: str
    checked: tuple[Workload, ...]

    def rows(self, settings: Settings) -> Iterable[Row]:
        """The rows of each workload."""
        for work in self.checked:
            for row in work.rows(settings):
                yield replace(row, workload=self.name)
