"""A second thread and more for big arrays, where NumPy lets go of the interpreter's lock."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")

_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")


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


class _Task:
    """A call that another thread is to make, or, if none has begun it in time, nobody."""

    __slots__ = ("call", "claim", "done", "ended", "error")

    def __init__(self, call: Callable[[], None]) -> None:
        self.call: Callable[[], None] | None = call
        self.claim = threading.Lock()
        self.done = threading.Lock()
        self.done.acquire()
        self.ended = False
        self.error: BaseException | None = None

    def run(self) -> None:
        """Make the call, unless it was taken back."""
        if self.call is None or not self.claim.acquire(False):
            return
        try:
            self.call()
        except BaseException as error:
            self.error = error
        self.call = None  # which holds arrays
        self.ended = True
        self.done.release()

    def end(self) -> None:
        """Take the call back, or wait for its end."""
        if self.claim.acquire(False):
            self.call = None
        else:
            self._wait()

    def _wait(self) -> None:
        """Wait for the end, however often one is told to stop: the call writes to arrays of the caller's."""
        try:
            while not self.ended:
                self.done.acquire()
        except KeyboardInterrupt:
            self._wait()
            raise


class _Pool:
    """Threads that wait for tasks, as many as were ever asked for at once."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Have no threads, as in a child just forked."""
        self.tasks: SimpleQueue[_Task] = SimpleQueue()
        self.size = 0
        self.growing = threading.Lock()

    def put(self, tasks: list[_Task]) -> None:
        if self.size < len(tasks):
            with self.growing:
                while self.size < len(tasks):
                    try:
                        name = f"kytorch-{self.size + 1}"
                        threading.Thread(target=_serve, args=(self.tasks,), name=name, daemon=True).start()
                    except RuntimeError:  # none can be started, as when the interpreter ends
                        break
                    self.size += 1
        for task in tasks:
            self.tasks.put(task)


def _serve(tasks: SimpleQueue[_Task]) -> None:
    while True:
        tasks.get().run()


_pool = _Pool()


def in_threads(work: Callable[[], None], threads: int) -> None:
    """Call `work` in this thread and up to `threads` - 1 others at once; return when all have, or raise its error.

    The calls are to share what there is to do among them, so that any number of them does it all.
    """
    # NumPy's errstate is in the context
    others = [_Task(partial(copy_context().run, work)) for _ in range(threads - 1)]
    try:
        _pool.put(others)
        work()
    finally:
        _end(others)
    errors = [task.error for task in others if task.error is not None]
    if errors:
        for task in others:
            task.error = None
        try:
            raise errors[0]
        finally:
            del errors  # its traceback holds this frame and the tasks, which are not to hold it


def _end(tasks: Sequence[_Task]) -> None:
    """End them all, whatever happens while one is waited for."""
    for i, task in enumerate(tasks):
        try:
            task.end()
        except KeyboardInterrupt:
            _end(tasks[i + 1 :])
            raise


def each(do: Callable[[T], None], pieces: Iterable[T], threads: int) -> None:
    """Call `do` with every piece, on up to `threads` threads; after an error no further piece is begun."""
    waiting = deque(pieces)

    def work() -> None:
        while waiting:
            try:
                piece = waiting.popleft()
            except IndexError:  # another thread has taken the last one
                return
            try:
                do(piece)
            except BaseException:
                waiting.clear()
                raise

    if threads > 1 and len(waiting) > 1:
        in_threads(work, min(threads, len(waiting)))
    else:
        work()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.begin_anew)
