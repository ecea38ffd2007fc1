"""A workload: the same work written for each library, in one or more sizes, checked to be the same, then timed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from benchmarks.measure import DisagreementError, Row, Settings, alternating, difference, judged, run_python
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

    def judged(self, row: Row) -> Row:
        """`row` with this case's target, and whether it is met, unless the rounds differ too much to tell."""
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
    """Timed work. `variants` are by library ("kytorch", "numpy", "torch"), each a function of an importable module."""

    name: str
    about: str
    cases: tuple[Case, ...]
    variants: Mapping[str, Prepare]

    @property
    def checked(self) -> Sequence[Workload]:
        return (self,)

    def chosen(self, settings: Settings) -> list[Case]:
        """The cases to measure."""
        return [case.quick or case if settings.quick else case for case in self.cases]

    def check(self, settings: Settings) -> None:
        """Raise DisagreementError unless every library computes in every case what NumPy does, for several steps."""
        for case in self.chosen(settings):
            answers = {library: self.answers(case, library, settings) for library in settings.libraries}
            for library in settings.libraries:
                problem = difference(answers[library], answers["numpy"])
                if problem:
                    which = f"{self.name}, {case.label}: {library}"
                    raise DisagreementError(f"{which} does not compute what numpy does: {problem}")

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
        function = f"{prepare.__module__}:{prepare.__qualname__}"
        arguments = (action, library, function, case.size, threads, amount)
        return run_python(["-m", "benchmarks.worker", *map(str, arguments)], threads)
