"""A second thread and more for big arrays, where NumPy lets go of the interpreter's lock."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context

_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
_pools: dict[int, ThreadPoolExecutor] = {}


def number_of_threads() -> int:
    """OPENBLAS_NUM_THREADS, else OMP_NUM_THREADS, as matrix products read them; else the cores one may use."""
    for name in _VARIABLES:
        value = os.environ.get(name, "").strip()
        if value.isdecimal() and int(value):
            return int(value)
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


def in_threads(work: Callable[[], None], threads: int) -> None:
    """Call `work` in this thread and up to `threads` - 1 others at once; return when all have, or raise its error.

    The calls are to share what there is to do among them, so that any number of them does it all.
    """
    others: list[Future[None]] = []
    try:
        for _ in range(threads - 1):
            # NumPy's errstate is in the context
            others.append(_pool(threads).submit(copy_context().run, work))
    except RuntimeError:  # no thread can be started, as when the interpreter ends
        pass
    try:
        work()
    finally:
        begun = [future for future in others if not future.cancel()]
        for future in begun:
            future.exception()
    for future in begun:
        future.result()


def _pool(threads: int) -> ThreadPoolExecutor:
    pool = _pools.get(threads)
    if pool is None:  # of two that are made at once, neither having begun a thread, one is kept
        pool = _pools.setdefault(threads, ThreadPoolExecutor(threads - 1, "kytorch"))
    return pool


if hasattr(os, "register_at_fork"):  # a child has none of its parent's threads
    os.register_at_fork(after_in_child=_pools.clear)
