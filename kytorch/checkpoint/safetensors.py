"""Checkpoints as `.safetensors`, by the package of that name, and the files that other programs write in it.

A model's weights and buffers have their plain paths, as in a state dict of PyTorch's. The head is a note, behind the
CRC-32 of all that is saved, since the format itself has no sums.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import IO

import numpy as np

from kytorch.checkpoint.error import CheckpointError, Path, unread
from kytorch.checkpoint.head import FORMAT, Head, decoded
from kytorch.checkpoint.states import entries
from kytorch.nn.module import Module
from kytorch.tensor.values import Array

_NOTE = "kytorch"
_DTYPES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4", "U64": "<u8",
    "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip


def package() -> ModuleType:
    """The package `safetensors`. Raises ImportError that names the extra."""
    try:
        import_module("safetensors.numpy")
        return import_module("safetensors")
    except ImportError as error:
        raise ImportError(
            "a path that ends in .safetensors needs the package safetensors, which is not installed: "
            "pip install 'kytorch[safetensors]'"
        ) from error


def write(file: IO[bytes], head: bytes, arrays: Mapping[str, Array]) -> None:
    """Write a checkpoint to the empty `file`."""
    # 0.8.0 writes a strided array's memory as it is, under the array's shape.
    tensors = {name.removeprefix("model/"): np.asarray(array, order="C") for name, array in arrays.items()}
    if len(tensors) != len(arrays):
        raise ValueError("save: two entries have one name in a .safetensors file")
    note = f"{_sum(tensors, head):08x} {head.decode()}"
    file.write(package().numpy.save(tensors, {_NOTE: note}))


def read_head(path: Path) -> Head:
    """The head of the checkpoint at `path`, which is read whole."""
    return read(path)[0]


def read(path: Path) -> tuple[Head, dict[str, Array]]:
    """The head and the arrays by name; of another program's file, a foreign head with its notes."""
    deserialize = package().deserialize
    with open(path, "rb") as file:
        content = file.read()
    try:
        found = sorted(deserialize(content), key=lambda named: str(named[0]))
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    except Exception as error:  # the package's own kind, which can be named only where it is installed
        raise unread(path, content[:256], error) from None
    tensors: dict[str, Array] = {}
    problems: list[str] = []
    for name, entry in found:
        try:
            tensors[name] = _array(entry["dtype"], entry["shape"], entry["data"])
        except ValueError as error:
            problems.append(f"{name} {error}")
    if problems:
        raise CheckpointError(path, problems)
    notes = header.get("__metadata__", {})
    if _NOTE not in notes and not any(f'"format": "{FORMAT}"' in note for note in notes.values()):
        return Head(notes, foreign=True), {f"model/{name}": array for name, array in tensors.items()}
    sum, _, text = notes.get(_NOTE, "").partition(" ")
    if sum != f"{_sum(tensors, text.encode()):08x}":
        raise CheckpointError(path, ["is damaged: the sum of what it holds is not the one noted in it"])
    head = decoded(path, text.encode())
    listed = entries(head.optimizer)
    return head, {name if name in listed else f"model/{name}": array for name, array in tensors.items()}


def _array(dtype: str, shape: list[int], data: bytes) -> Array:
    if dtype == "BF16":  # the upper half of a float32
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32).reshape(shape)
    if dtype not in _DTYPES:
        raise ValueError(f"is of {dtype}, which NumPy does not have; save it as F32")
    return np.frombuffer(data, _DTYPES[dtype]).reshape(shape)


def _sum(tensors: Mapping[str, Array], head: bytes) -> int:
    """The CRC-32 of the head and of every array with its name, dtype and shape."""
    found = zlib.crc32(head)
    for name in sorted(tensors):
        array = tensors[name]
        found = zlib.crc32(f"{name} {array.dtype} {array.shape}".encode(), found)
        found = zlib.crc32(array.data, found)
    return found


def adapted(model: Module, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays of another program's file as `model` has them.

    A weight in several places may have been saved in one of them; floats may be of a lower precision than the model's.
    """
    new = dict(arrays)
    saved = {f"model/{path}": part for path, part in model._saved()}
    found = {part: arrays[entry] for entry, part in saved.items() if entry in arrays}
    for entry, part in saved.items():
        array = arrays.get(entry, found.get(part))
        if array is not None:
            wider = array.dtype.kind == "f" and np.can_cast(array.dtype, part.dtype)
            new[entry] = array.astype(part.dtype) if wider else array
    return new
