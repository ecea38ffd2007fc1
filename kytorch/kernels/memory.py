"""Memory that is free is kept for the arrays of the next step, up to a limit.

By default glibc hands the memory of arrays from 128 KiB on back to the system when they end, and a step that makes new
ones waits for new pages, ten times as long as it computes. `keep` tells it not to: a setting of the whole process.
"""

from __future__ import annotations

import ctypes
import os

VARIABLE = "KYTORCH_KEEP_MEMORY"
"""How many MiB of free memory are kept; with 0 the system's allocator is left as it is."""
LIMIT = 256
"""MiB, unless the variable says otherwise."""
LARGE = 32
"""MiB: arrays from here on are given back at once, whatever is kept."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
_SET_BY_USER = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_MMAP_MAX_")


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


def release_memory() -> None:
    """Give what is kept of free memory back to the system now; nothing elsewhere than with glibc."""
    if _is_glibc():
        ctypes.CDLL(None).malloc_trim(0)


def _is_glibc() -> bool:
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (AttributeError, ValueError, OSError):  # not on this system
        return False
