"""A file is replaced as a whole or not at all; what a killed process left behind is removed."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from kytorch.checkpoint.error import Path

if sys.platform != "win32":
    import fcntl

_NAME = re.compile(r"\.kytorch-[0-9a-f]{16}\.tmp")


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A new file that takes the place of `path` at the end, or is removed if anything goes wrong.

    It stands beside the target, locked until it has the target's name. So an unlocked one was left behind by a process
    that was killed, and is removed; before anything is written, for the sake of its space.
    """
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    temporary = ""
    try:
        permissions = _permissions(target)
        _remove_left(folder)
        while True:
            temporary = os.path.join(folder, f".kytorch-{os.urandom(8).hex()}.tmp")
            with open(temporary, "x+b") as file:
                if not _locked(temporary, file):
                    continue
                if permissions is not None:
                    os.chmod(temporary, permissions)
                yield file
                file.flush()
                os.fsync(file.fileno())
                if sys.platform != "win32":
                    os.replace(temporary, target)
            break
        if sys.platform == "win32":  # which renames no open file, and removes none
            os.replace(temporary, target)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError):
            error.filename = os.fspath(path)
        raise
    with suppress(OSError):  # where a folder can be opened and synced, the renaming too survives a power cut
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _permissions(target: str) -> int | None:
    """Those of the file to be replaced, None if there is none. Raises OSError for what is no regular file."""
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise FileExistsError(errno.EEXIST, "save: is there and is not a regular file, so it is not replaced", target)
    return stat.S_IMODE(mode)


def _locked(name: str, file: IO[bytes]) -> bool:
    """Lock `file`; False if another process took it for one left behind before that, and removes it."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks, where nothing is removed
        return True
    return os.path.exists(name)


def _remove_left(folder: str) -> None:
    """Remove the files of `replacing` in `folder` that no living process has locked."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        for name in filter(_NAME.fullmatch, os.listdir(folder)):
            with suppress(OSError):
                left = os.path.join(folder, name)
                descriptor = os.open(left, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    os.unlink(left)
                finally:
                    os.close(descriptor)
