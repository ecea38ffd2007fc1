"""The time of a step within one process."""

import statistics
from collections.abc import Callable
from time import perf_counter_ns

_BATCH_NS = 200_000
_AT_LEAST = 3


def seconds_of(step: Callable[[], object], seconds: float) -> float:
    """The median time of a step, over batches that are long enough to be timed, for about `seconds` after a warm-up."""
    number = 1
    while _batch(step, number) < _BATCH_NS and number < 1 << 20:
        number *= 2
    times: list[float] = []
    end = perf_counter_ns() + int(seconds * 1e9)
    while len(times) < _AT_LEAST or perf_counter_ns() < end:
        times.append(_batch(step, number) / number)
    return statistics.median(times) / 1e9


def _batch(step: Callable[[], object], number: int) -> int:
    start = perf_counter_ns()
    for _ in range(number):
        step()
    return perf_counter_ns() - start
