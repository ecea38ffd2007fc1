"""NumPy's matrix products on one thread.

On several threads OpenBLAS may add up in another order, so that the last digits would depend on their number, and its
threads would be in the way of kytorch's own. So kytorch shares its products among its threads itself (see `matmul`).
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class _Threads(NamedTuple):
    """The number of threads of NumPy's OpenBLAS: of the whole process."""

    get: Callable[[], int]
    set: Callable[[int], None]


def _found() -> _Threads | None:
    """NumPy's OpenBLAS; None if it was built with another library, which is left alone."""
    package = os.path.dirname(np.__file__)
    folders = (f"{package}.libs", os.path.join(package, ".dylibs"))  # of NumPy's own builds
    # Without pathlib, whose import takes a tenth of kytorch's.
    files = [os.path.join(folder, name) for folder in folders if os.path.isdir(folder) for name in os.listdir(folder)]
    for file in files:
        if "openblas" not in os.path.basename(file):
            continue
        try:
            library = ctypes.CDLL(file)
        except OSError:
            continue
        for name in ("scipy_openblas_{}_num_threads64_", "scipy_openblas_{}_num_threads", "openblas_{}_num_threads"):
            get, put = getattr(library, name.format("get"), None), getattr(library, name.format("set"), None)
            if get is not None and put is not None:
                get.argtypes, get.restype = [], ctypes.c_int
                put.argtypes, put.restype = [ctypes.c_int], None
                return _Threads(get, put)
    return None


class _Holders:
    """How many contexts hold BLAS to one thread, how many ever did, and how many threads it had before."""

    __slots__ = ("before", "lock", "number", "times")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.number = 0
        self.times = 0
        self.before = 1

    def begin_anew(self) -> None:
        """Hold nothing, in a child just forked, where the other threads that held it are gone."""
        if self.number and _threads is not None:
            _threads.set(self.before)
        self.number = 0
        self.lock = threading.Lock()


_threads = _found()
_holders = _Holders()

FOUND = _threads is not None
"""Whether NumPy's BLAS is one whose threads can be held."""


class one_thread:  # noqa: N801  # read as a phrase: with one_thread()
    """Within this context the matrix products of the whole process use one thread."""

    __slots__ = ("_lock",)

    def __enter__(self) -> None:
        self._lock: threading.Lock | None = None
        times = _holders.times
        # One was set for good, and not by another thread that holds it just now.
        if _threads is None or (not _holders.number and _threads.get() == 1 and _holders.times == times):
            return
        with _holders.lock:
            if not _holders.number:
                _holders.before = _threads.get()
            _holders.number += 1
            _holders.times += 1
            _threads.set(1)
        self._lock = _holders.lock

    def __exit__(self, *error: object) -> None:
        if self._lock is not _holders.lock or _threads is None:  # nothing is held, or was by the parent process
            return
        with self._lock:
            if _holders.number == 1 and _threads.get() == 1:  # what somebody else has set meanwhile stays
                _threads.set(_holders.before)
            _holders.number -= 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_holders.begin_anew)
