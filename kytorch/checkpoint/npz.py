"""Checkpoints as `.npz`: a zip archive of `.npy` entries without pickle, which `numpy.load` opens too.

It ends with a comment, whose last eight bytes are the CRC-32 of all before them: so damage is seen also where the
entries' own sums do not reach.
"""

from __future__ import annotations

import io
import math
import os
import zipfile
import zlib
from collections.abc import Mapping
from typing import IO

import numpy as np

from kytorch.checkpoint.error import CheckpointError, Path, is_pickle, unread
from kytorch.checkpoint.head import Head, decoded
from kytorch.tensor.values import Array

_HEAD = "kytorch"
_COMMENT = b"CRC-32 of all before: "
_DIGITS = 8
_CHUNK = 1 << 20


def write(file: IO[bytes], head: bytes, arrays: Mapping[str, Array]) -> None:
    """Write a checkpoint to the empty `file`."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in {**arrays, _HEAD: np.frombuffer(head, np.uint8)}.items():
            named = zipfile.ZipInfo(f"{name}.npy")
            if named.filename != f"{name}.npy":  # it ends at the first NUL
                raise ValueError(f"save: {name!r} cannot be the name of an entry in a .npz file")
            with archive.open(named, "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asarray(array), allow_pickle=False)
        archive.comment = _COMMENT + bytes(_DIGITS)
    file.flush()
    found = _sum(file)  # leaves the file where its digits begin
    file.write(found)


def read_head(path: Path) -> Head:
    """The head of the checkpoint at `path`, of which little more is read."""
    return _read(path, only=_HEAD)[0]


def read(path: Path) -> tuple[Head, dict[str, Array]]:
    """The head and the arrays by name. Raises CheckpointError that lists every damaged entry."""
    return _read(path, only=None)


def _read(path: Path, only: str | None) -> tuple[Head, dict[str, Array]]:
    arrays: dict[str, Array] = {}
    problems: list[str] = []
    with open(path, "rb") as file:
        start = file.read(256)
        if is_pickle(start):
            raise unread(path, start, "")
        try:
            archive = zipfile.ZipFile(file)
        except Exception as error:  # a damaged directory makes the parser raise several kinds
            raise unread(path, start, error) from None
        entries = archive.infolist()
        if sum(entry.compress_size for entry in entries) > os.fstat(file.fileno()).st_size:
            raise CheckpointError(path, ["is damaged or truncated: its entries are longer than the file"])
        for entry in entries:
            name = entry.filename.removesuffix(".npy")
            if only is not None and name != only:
                continue
            if name in arrays:
                problems.append(f"has two entries {name}")
                continue
            try:
                arrays[name] = _array(archive, entry)
            except Exception as error:  # as above, of an entry
                problems.append(f"{name} is damaged: {error}")
        if problems:
            raise CheckpointError(path, problems)
        if _HEAD not in arrays:
            raise CheckpointError(path, [f"has no entry {_HEAD}, so it is not a checkpoint"])
        head = decoded(path, arrays.pop(_HEAD).tobytes())
        if only is None and _sum(file) != file.read():
            raise CheckpointError(path, ["is damaged: the sum of its bytes is not the one it ends with"])
    return head, arrays


def _sum(file: IO[bytes]) -> bytes:
    """The CRC-32 of `file` up to its last digits, in as many; the file is left there."""
    left, found = file.seek(-_DIGITS, os.SEEK_END), 0
    file.seek(0)
    while left:
        chunk = file.read(min(left, _CHUNK))
        if not chunk:
            raise EOFError("the file became shorter while it was read")
        found, left = zlib.crc32(chunk, found), left - len(chunk)
    return b"%08x" % found


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Array:
    """The array of `entry`, whose header is believed only as far as there are bytes behind it."""
    if entry.compress_type != zipfile.ZIP_STORED:
        raise ValueError("it is compressed; a checkpoint's entries are not")
    content = archive.read(entry)
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, in_fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
    else:
        shape, in_fortran_order, dtype = np.lib.format.read_array_header_2_0(stream)
    if dtype.kind not in "biuf":
        raise ValueError(f"its dtype is {dtype}; a checkpoint holds real numbers")
    size, found = math.prod(shape) * dtype.itemsize, len(content) - stream.tell()
    if size != found:
        raise ValueError(f"{dtype} of shape {shape} takes {size} bytes, and it has {found}")
    return np.ndarray(shape, dtype, content, stream.tell(), order="F" if in_fortran_order else "C")
