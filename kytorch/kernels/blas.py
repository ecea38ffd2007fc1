"""NumPy's matrix products on one thread.

On several threads OpenBLAS may add up in another order, so that the last digits would depend on their number, and its
threads would be in the way of kytorch's own. So kytorch shares its products among its threads itself (see `matmul`).
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np


class _Threads(NamedTuple):
    """The number of threads of NumPy's OpenBLAS: of the whole process."""

    get: Callable[[], int]
    set: Callable[[int], None]


def _found() -> _Threads | None:
    """NumPy's OpenBLAS; None if it was built with another library, which is left alone."""
    package = Path(np.__file__).parent
    folders = (package.with_name("numpy.libs"), package / ".dylibs")  # of NumPy's own builds
    files = [file for folder in folders for file in folder.glob("*openblas*")]
    for file in files:
        try:
            library = ctypes.CDLL(str(file))
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
    """How many contexts hold BLAS to one thread, and how many threads it had before."""

    number = 0
    before = 1

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def begin_anew(self) -> None:
        """Hold nothing, as in a child just forked, where the other threads that held it are gone."""
        if self.number and _threads is not None:
            _threads.set(self.before)
        self.number = 0
        self.lock = threading.Lock()


_threads = _found()
_holders = _Holders()


class one_thread:  # noqa: N801  # read as a phrase: with one_thread()
    """Within this context the matrix products of the whole process use one thread."""

    __slots__ = ("_holds",)

    def __enter__(self) -> None:
        self._holds = False
        if _threads is None or (_threads.get() == 1 and not _holders.number):  # one was set for good
            return
        with _holders.lock:
            if not _holders.number:
                _holders.before = _threads.get()
                _threads.set(1)
            _holders.number += 1
            self._holds = True

    def __exit__(self, *error: object) -> None:
        if self._holds and _threads is not None:
            with _holders.lock:
                _holders.number -= 1
                if not _holders.number:
                    _threads.set(_holders.before)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_holders.begin_anew)
