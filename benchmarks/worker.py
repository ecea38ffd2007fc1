"""The fresh process in which one library runs one case: `measure` starts it, with the environment set on purpose.

    python -m benchmarks.worker answers|time|peak|extra|growth|ratio LIBRARY MODULE:FUNCTION SIZE THREADS AMOUNT

Prints one number as JSON; `answers` prints nothing and writes the file AMOUNT.
"""

import ctypes
import gc
import importlib
import json
import os
import resource
import statistics
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import perf_counter_ns

import numpy as np

from benchmarks.prepared import Prepare, Prepared

CHECKED_STEPS = 5
_WARM_UP_STEPS = 100
_FIRST, _AT_LEAST = 2, 7
"""Backwards that are not counted, and how many are run."""


def main(arguments: list[str]) -> None:
    """Run what the command line says."""
    action, library, function, size, threads, amount = arguments
    if library == "torch":
        import torch

        torch.set_num_threads(int(threads))
    if library == "jax" and hasattr(os, "sched_setaffinity"):  # before XLA counts the cores
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-int(threads) :])
    module, name = function.split(":")
    prepare: Prepare = getattr(importlib.import_module(module), name)
    work = prepare(int(size))
    if action == "answers":
        write_answers(work, Path(amount))
        return
    measures: dict[str, Callable[[], float]] = {
        "time": lambda: seconds_per_step(work.step, float(amount)),
        "peak": lambda: peak_memory(work.step, int(amount)),
        "extra": lambda: extra_memory(work.step, int(amount)),
        "growth": lambda: growth_of_memory(work.step, int(amount)),
        "ratio": lambda: backward_over_forward(work, float(amount)),
    }
    print(json.dumps(measures[action]()))


def write_answers(work: Prepared, path: Path) -> None:
    """The answers of the first steps as an .npz file, each stacked along a new first dimension."""
    steps = [{name: np.array(value) for name, value in work.answers().items()} for _ in range(CHECKED_STEPS)]
    stacked = {name: np.stack([answers[name] for answers in steps]) for name in steps[0]}
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **stacked)


def seconds_per_step(step: Callable[[], object], seconds: float) -> float:
    """The median time of a step, over about `seconds` (five steps at least), after a warm-up."""
    _timed(step, seconds / 5, 1)
    return statistics.median(_timed(step, seconds, 5)) / 1e9


def backward_over_forward(work: Prepared, seconds: float) -> float:
    """The median time of a model's backward as a multiple of that of its forward, over about `seconds`."""
    if work.forward is None:
        raise ValueError("no model: backward and forward are not apart")
    times: list[tuple[int, int]] = []
    end = perf_counter_ns() + int(seconds * 1e9)
    while len(times) < _AT_LEAST or perf_counter_ns() < end:
        start = perf_counter_ns()
        loss = work.forward()
        middle = perf_counter_ns()
        loss.backward()
        times.append((middle - start, perf_counter_ns() - middle))
    forward, backward = zip(*times[_FIRST:])
    ratio: float = statistics.median(backward) / statistics.median(forward)
    return ratio


def _timed(step: Callable[[], object], seconds: float, at_least: int) -> list[int]:
    """The nanoseconds of each step of a run."""
    times: list[int] = []
    end = perf_counter_ns() + int(seconds * 1e9)
    while len(times) < at_least or perf_counter_ns() < end:
        start = perf_counter_ns()
        step()
        times.append(perf_counter_ns() - start)
    return times


def peak_memory(step: Callable[[], object], steps: int) -> float:
    """The most memory, in bytes, that the process has held after `steps` steps: library, data and all."""
    for _ in range(steps):
        step()
    return _bytes("VmHWM")


def extra_memory(step: Callable[[], object], steps: int) -> float:
    """By how many bytes `steps` steps raise the most memory held above what was held before."""
    gc.collect()
    with suppress(OSError, AttributeError):  # elsewhere than with glibc
        ctypes.CDLL(None).malloc_trim(0)  # what is free is not to be counted as held
    before = _bytes("VmRSS")
    return peak_memory(step, steps) - before


def growth_of_memory(step: Callable[[], object], steps: int) -> float:
    """By how many bytes `steps` steps raise the memory held, without the garbage collector and after a warm-up."""
    gc.disable()
    for _ in range(_WARM_UP_STEPS):
        step()
    before = _bytes("VmRSS")
    for _ in range(steps):
        step()
    return _bytes("VmRSS") - before


def _bytes(name: str) -> int:
    """The memory that Linux knows under `name`; elsewhere the peak."""
    # Linux lets a process inherit getrusage's peak from the one that started it; what it lists here is its own.
    status = Path("/proc/self/status")
    if status.exists():
        facts = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(facts[name].split()[0]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    main(sys.argv[1:])
