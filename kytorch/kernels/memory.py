"""Memory that is free is kept for the arrays of the next step, up to a limit.

By default glibc hands the memory of arrays from 128 KiB on back to the system when they end, and a step that makes new
ones waits for new pages, ten times as long as it computes. `keep` tells it not to: a setting of the whole process.

What glibc counts is the memory beyond the last array in use. There may be more between arrays, such as the weights that
a step made while its graph was there: when for some seconds there was no backward pass, it is given back too.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time

VARIABLE = "KYTORCH_KEEP_MEMORY"
"""How many MiB of free memory are kept; with 0 the system's allocator is left as it is."""
LIMIT = 256
"""MiB, unless the variable says otherwise."""
LARGE = 32
"""MiB: arrays from here on are given back at once, whatever is kept."""
IDLE = 5.0
"""Seconds without a backward pass."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
_SET_BY_USER = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_MMAP_MAX_")


class _Use:
    """When memory was used last, when to look next how much it is, and whether a thread waits for the end."""

    __slots__ = ("is_awaited", "kept", "last", "look")

    def __init__(self) -> None:
        self.kept = 0  # MiB
        self.last = self.look = 0.0
        self.is_awaited = False

    def begin_anew(self) -> None:
        """Have no thread, as in a child just forked."""
        self.is_awaited = False


_use = _Use()


def limit() -> int:
    """How many MiB are kept. Raises ValueError for what is no number of them."""
    value = os.environ.get(VARIABLE, "").strip()
    if not value:
        by_user = any(name in os.environ for name in _SET_BY_USER)
        return 0 if by_user or "glibc.malloc" in os.environ.get("GLIBC_TUNABLES", "") else LIMIT
    if not value.isdecimal():
        raise ValueError(f"{VARIABLE} is {value!r}; it is to be a whole number of MiB, 0 to leave malloc as it is")
    return min(int(value), 2047)  # what mallopt can be told


def keep() -> None:
    """Have glibc keep what `limit` says; elsewhere, and with 0, nothing."""
    if (mebibytes := limit()) and _is_glibc():
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_THRESHOLD, LARGE << 20)
        libc.mallopt(_TRIM_THRESHOLD, mebibytes << 20)
        _use.kept = mebibytes


def used() -> None:
    """Say that arrays are being made and dropped, so that what is kept is wanted."""
    _use.last = now = time.monotonic()
    if now >= _use.look:
        _use.look = now + IDLE
        if _use.kept and not _use.is_awaited and _resident() > _use.kept:
            _use.is_awaited = True
            try:
                threading.Thread(target=_release_when_idle, name="kytorch-memory", daemon=True).start()
            except RuntimeError:  # none can be started, as when the interpreter ends
                _use.is_awaited = False


def _release_when_idle() -> None:
    while (left := _use.last + IDLE - time.monotonic()) > 0:
        time.sleep(left)
    _use.is_awaited = False
    release_memory()


def release_memory() -> None:
    """Give what is kept of free memory back to the system now; nothing elsewhere than with glibc."""
    if _is_glibc():
        ctypes.CDLL(None).malloc_trim(0)


def _resident() -> int:
    """MiB of the process that are in memory, and so more than it can have kept."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
    except OSError:  # not mounted
        return 0


def _is_glibc() -> bool:
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (AttributeError, ValueError, OSError):  # not on this system
        return False


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_use.begin_anew)
