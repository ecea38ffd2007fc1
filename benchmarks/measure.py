"""Measuring in fresh processes that take turns, and comparing only what computes the same."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.prepared import Array

ROOT = Path(__file__).parent.parent

REMOVED = ("OPENBLAS_", "GOTO_", "MKL_", "OMP_", "KMP_", "MALLOC_", "GLIBC_TUNABLES", "PYTHONDONTWRITEBYTECODE")
"""How the variables begin that no worker gets: they choose old kernels, other threads, another malloc, or to compile
at every import what an installed package has compiled."""
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
"""The variables that every worker gets: the number of threads. PyTorch is told by set_num_threads too."""


@dataclass(frozen=True)
class Settings:
    """How to measure."""

    libraries: tuple[str, ...] = ("kytorch", "numpy", "torch")
    threads: tuple[int, ...] = (1, 2)
    rounds: int = 5
    seconds: float = 0.5
    """How long one process times one library in one round."""
    quick: bool = False
    """Whether small cases stand for large ones."""

    @classmethod
    def chosen(cls, libraries: tuple[str, ...], options: argparse.Namespace) -> Settings:
        """What the command line chooses, and otherwise what is usual, or quick."""
        threads, rounds, seconds = ([1], 2, 0.05) if options.quick else ([1, 2], 5, 0.3)
        return cls(libraries, tuple(options.threads or threads), options.rounds or rounds, seconds, options.quick)


class Goal(NamedTuple):
    """What a case is to come to, as multiples of PyTorch's time or memory."""

    reach: float
    aim: float | None = None
    counted: bool = False
    """Whether the case is one of those that the geometric mean is over."""

    def __str__(self) -> str:
        return f"{self.reach:g}" if self.aim is None else f"{self.reach:g} / {self.aim:g}"

    def verdict(self, ratio: float) -> str:
        """How far `ratio` has come, in a word."""
        if self.aim is not None and ratio <= self.aim:
            return "aim"
        return "reached" if ratio <= self.reach else "missed"


@dataclass(frozen=True)
class Row:
    """A line of the table: what was measured, of each library once a round, in `unit`, and kytorch's target."""

    workload: str
    case: str
    threads: int
    unit: str
    rounds: Mapping[str, Sequence[float]]
    target: str = ""
    verdict: str = ""
    """Whether the target is met, in a word."""
    goal: Goal | None = None
    """What it is to come to beside PyTorch."""

    def median(self, library: str) -> float:
        """The median over the rounds."""
        return statistics.median(self.rounds[library])

    def is_steady(self) -> bool:
        """Whether the rounds of each library agree to within a quarter; if not, something else ran on the machine."""
        return all(max(values) <= 1.25 * min(values) for values in self.rounds.values())

    def ratio(self, library: str) -> float | None:
        """kytorch's median as a multiple of that of `library`; None if that was not measured."""
        return self.median("kytorch") / self.median(library) if library in self.rounds else None

    def come(self) -> str:
        """How far the ratio to PyTorch has come on the way to the goal, in a word."""
        ratio = self.ratio("torch")
        return self.goal.verdict(ratio) if self.goal and ratio is not None else ""


def judged(row: Row, target: str, met: bool | None) -> Row:
    """`row` with a target, and whether it is met; None where that could not be measured."""
    return replace(row, target=target, verdict="" if met is None else "met" if met else "missed")


class DisagreementError(Exception):
    """Two libraries computed different things, so that their times cannot be compared."""


class WorkerError(Exception):
    """A worker process ended with an error."""


def difference(found: Mapping[str, Array], reference: Mapping[str, Array]) -> str:
    """How two sets of answers, each over several steps, differ by more than rounding; "" if they do not.

    A value that changes from step to step is judged by how far it moves, so that an update which is missing shows,
    however small it is beside the weight.
    """
    if found.keys() != reference.keys():
        return f"answers {sorted(found)} against {sorted(reference)}"
    for name, right in reference.items():
        values = found[name]
        if values.shape != right.shape or values.dtype != right.dtype:
            return f"{name} is {values.dtype} of shape {values.shape[1:]} against {right.dtype} of {right.shape[1:]}"
        allowed = 1e-3 * np.abs(right - right[0]).max() + 4e-6 * np.abs(right).max()
        greatest = np.abs(values - right).max()
        if not greatest <= allowed:  # so written that it holds for what is not a number
            return f"{name} differs by {greatest:.3g} where rounding allows {allowed:.3g}"
    return ""


def alternating(measure: Callable[[str], float], settings: Settings) -> dict[str, list[float]]:
    """What `measure` answers for each library, once a round; every round begins with another library.

    In a quick run all at once: it is not to tell who is ahead.
    """
    libraries = settings.libraries
    if settings.quick:
        with ThreadPoolExecutor() as pool:
            rounds = [pool.map(measure, libraries) for _ in range(settings.rounds)]
            return {library: list(values) for library, values in zip(libraries, zip(*rounds))}
    found: dict[str, list[float]] = {library: [] for library in libraries}
    for i in range(settings.rounds):
        for j in range(len(libraries)):
            library = libraries[(i + j) % len(libraries)]
            found[library].append(measure(library))
    return found


def run_python(arguments: Sequence[str], threads: int) -> float:
    """The number that a fresh Python prints, in an environment set on purpose; 0 if it prints nothing."""
    process = subprocess.run(
        [sys.executable, *arguments],
        env=environment(threads),
        cwd=ROOT,
        capture_output=True,
        check=False,  # the error below shows what it printed
        text=True,
    )
    if process.returncode:
        raise WorkerError(f"{' '.join(arguments)}: exit status {process.returncode}\n{process.stderr}")
    return float(json.loads(process.stdout or "0"))


def environment(threads: int) -> dict[str, str]:
    """This process's environment for a worker: without what REMOVED names, with `threads` for every library."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(REMOVED)}
    path = os.pathsep.join([str(ROOT), *filter(None, [kept.get("PYTHONPATH")])])
    return kept | {name: str(threads) for name in THREADS} | {"PYTHONPATH": path}
