"""A function of many arguments, computed ahead in background threads."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from itertools import islice
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")


def computed_ahead(function: Callable[[S], T], arguments: Iterator[S], workers: int, ahead: int) -> Iterator[T]:
    """`function` of each argument, in order, by threads that are at most `ahead` arguments in front of their reader.

    What the function or `arguments` raises is raised here in its turn. The threads end with the iterator; a process
    forked off meanwhile, which has none of them, goes on with its own.
    """
    pool, process = _pool(workers), os.getpid()
    calls = _calls(function, arguments)
    waiting: deque[tuple[Callable[[], T], Future[T]]] = deque()

    def submitted(call: Callable[[], T]) -> tuple[Callable[[], T], Future[T]]:
        return call, pool.submit(copy_context().run, call)

    try:
        waiting.extend(map(submitted, islice(calls, ahead)))
        while waiting:
            if os.getpid() != process:
                pool, process = _pool(workers), os.getpid()
                waiting = deque([submitted(call) for call, _ in waiting])
            result = waiting.popleft()[1].result()
            waiting.extend(map(submitted, islice(calls, 1)))
            yield result
    finally:
        if os.getpid() == process:
            _close(pool)


def _calls(function: Callable[[S], T], arguments: Iterator[S]) -> Iterator[Callable[[], T]]:
    """The call for each argument, and one that raises what `arguments` raises."""

    def failed(error: Exception) -> T:
        raise error

    try:
        for argument in arguments:
            yield partial(function, argument)
    except Exception as error:
        yield partial(failed, error)


def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers, thread_name_prefix="DataLoader")


def _close(pool: ThreadPoolExecutor) -> None:
    """Wait for what is being computed, and no longer."""
    try:
        pool.shutdown(cancel_futures=True)
    except RuntimeError:  # the iterator was collected in one of its own threads, which cannot wait for itself
        pass
