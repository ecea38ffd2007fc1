"""Checkpoints: a model's state, an optimizer's and some metadata in one `.npz` file, without pickle.

The file is a zip archive of `.npy` entries, which `numpy.load` opens too: `model/<path>` for each weight and buffer,
`optimizer/<field>/<path>` for what an optimizer remembers of a weight, and `kytorch`, the rest, as JSON.
"""

from __future__ import annotations

import errno
import io
import json
import math
import os
import stat
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import IO, Generic, NamedTuple, TypeAlias, TypeVar, overload

import numpy as np

from kytorch.nn.module import Module
from kytorch.optim.state import State, kinds, working_dtype
from kytorch.tensor.core import TrainableWeight
from kytorch.tensor.values import Array

S = TypeVar("S", bound=State)
V = TypeVar("V")
O_co = TypeVar("O_co", covariant=True)
Path: TypeAlias = str | os.PathLike[str]
Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

_FORMAT = "kytorch checkpoint"
_VERSION = 1
_HEAD = "kytorch"
_DEEPEST = 100


class CheckpointError(ValueError):
    """A file is damaged, is no checkpoint, or does not fit the model; the message lists everything that is wrong."""

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        super().__init__(f"{os.fspath(path)}: {'; '.join(problems)}")


@dataclass(frozen=True)
class Checkpoint(Generic[O_co]):
    """What `load` found beside the model's state: the optimizer's state, of the kind asked for, and the metadata."""

    optimizer: O_co
    metadata: dict[str, Json]


def save(
    model: Module, path: Path, *, optimizer: State | None = None, metadata: Mapping[str, Json] | None = None
) -> None:
    """Write the model's state, an optimizer's state and `metadata`, what JSON can hold, to `path`, as it is given.

    The file is written beside the target and renamed, so that at any moment the target is the old file or the new
    one, whole; a file that is replaced keeps its permissions. Metadata comes back as dicts and lists, whichever
    mappings and sequences they were. Raises TypeError or ValueError for metadata that JSON cannot hold, ValueError for
    the state of weights that the model does not have, and OSError for a target that is not a regular file.
    """
    if optimizer is not None:
        _check_state("save", optimizer)
    entries = {f"model/{name}": array for name, array in model.state_dict().items()}
    head: dict[str, object] = {"format": _FORMAT, "version": _VERSION, "optimizer": None}
    if optimizer is not None:
        _check_weights(model, optimizer)
        remembered = {field: _by_path(model, x) for field, x in optimizer.arrays().items()}
        entries |= {_entry(field, name): x for field, by_path in remembered.items() for name, x in by_path.items()}
        head["optimizer"] = {
            "class": type(optimizer).__name__,
            "numbers": optimizer.numbers(),
            "counts": {field: _by_path(model, x) for field, x in optimizer.counts().items()},
            "arrays": {field: list(by_path) for field, by_path in remembered.items()},
        }
    if metadata is not None and not isinstance(metadata, Mapping):
        raise TypeError(f"save: metadata is to be a dict, not {type(metadata).__name__}")
    head["metadata"] = _plain({} if metadata is None else metadata)
    entries[_HEAD] = np.frombuffer(json.dumps(head, allow_nan=False).encode(), np.uint8)
    with _replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in entries.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asarray(array), allow_pickle=False)


@overload
def load(model: Module, path: Path, *, optimizer: None = None) -> Checkpoint[None]: ...
@overload
def load(model: Module, path: Path, *, optimizer: S) -> Checkpoint[S]: ...
def load(model: Module, path: Path, *, optimizer: S | None = None) -> Checkpoint[S] | Checkpoint[None]:
    """Load the model's state from `path`, and an optimizer's state of the kind of `optimizer`, such as AdamState().

    Raises CheckpointError, before anything changes, for a file that is damaged or no checkpoint, or whose entries are
    not exactly the model's and the optimizer's in name, shape and dtype.
    """
    if optimizer is not None:
        _check_state("load", optimizer)
    arrays = _read(path)
    head = _parsed_head(path, arrays.pop(_HEAD, None))
    problems = _misfits(model, head, arrays)
    if optimizer is not None:
        problems += _other_kind(optimizer, head)
    if problems:
        raise CheckpointError(path, problems)
    found = None if optimizer is None else _rebuilt(path, optimizer, model, head, arrays)
    model.load_state_dict({name: arrays[f"model/{name}"] for name in model.state_dict()})
    return Checkpoint(None, head.metadata) if found is None else Checkpoint(found, head.metadata)


def read_metadata(path: Path) -> dict[str, Json]:
    """The metadata in `path`, from which a program can build the right model. Raises CheckpointError as `load` does."""
    return _parsed_head(path, _read(path, only=_HEAD).get(_HEAD)).metadata


# The optimizer's state and the metadata


class _Head(NamedTuple):
    """What the JSON entry says: the metadata, and the optimizer's class, numbers, and counts and weights by field."""

    metadata: dict[str, Json]
    optimizer: str | None
    numbers: dict[str, float]
    counts: dict[str, dict[str, int]]
    paths: dict[str, list[str]]


def _entry(field: str, name: str) -> str:
    return f"optimizer/{field}/{name}"


def _check_weights(model: Module, optimizer: State) -> None:
    """Raise ValueError for the state of another model."""
    weights = dict(model.named_weights())
    known = set(weights.values())
    for field, by_weight in (optimizer.arrays() | optimizer.counts()).items():
        strangers = [weight.shape for weight in by_weight if weight not in known]
        if strangers:
            raise ValueError(
                f"save: {type(optimizer).__name__}.{field} remembers weights that the model does not have, of shapes "
                f"{', '.join(map(str, strangers))}"
            )
    optimizer.check("save", list(weights.values()))


def _by_path(model: Module, by_weight: Mapping[TrainableWeight, V]) -> dict[str, V]:
    return {name: by_weight[weight] for name, weight in model.named_weights() if weight in by_weight}


def _check_state(operation: str, optimizer: State) -> None:
    if isinstance(optimizer, type):
        name = optimizer.__name__
        raise TypeError(f"{operation}: optimizer is to be a state, such as AdamState(), not the class {name}")
    if not isinstance(optimizer, State):
        raise TypeError(f"{operation}: optimizer is to be a state, such as AdamState(), not {type(optimizer).__name__}")


def _plain(value: Json, depth: int = 0) -> Json:
    """`value` in dicts and lists. Raises TypeError or ValueError for what JSON cannot hold."""
    if depth > _DEEPEST:
        raise ValueError(f"save: metadata is nested deeper than {_DEEPEST} levels, or holds itself")
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        if not math.isfinite(value):
            raise ValueError(f"save: metadata holds {value}, which JSON cannot")
        return value
    if isinstance(value, Mapping):
        for key in value:
            if type(key) is not str:
                raise TypeError(f"save: metadata has the key {key!r}; JSON's keys are str")
        return {key: _plain(x, depth + 1) for key, x in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview)):
        return [_plain(x, depth + 1) for x in value]
    raise TypeError(
        f"save: metadata holds a {type(value).__name__}; it is to be made of dicts with str keys, lists, str, int, "
        "float, bool and None"
    )


def _parsed_head(path: Path, entry: Array | None) -> _Head:
    if entry is None:
        raise CheckpointError(path, [f"has no entry {_HEAD}, so it is not a checkpoint"])
    try:
        head = json.loads(entry.tobytes())
    except Exception as error:  # the parser raises several kinds, among them RecursionError
        raise CheckpointError(path, [f"the entry {_HEAD} is not JSON: {error}"]) from None
    if isinstance(head, dict) and head.get("format") == _FORMAT:
        match head:
            case {"version": int(version)} if version != _VERSION:
                raise CheckpointError(path, [f"is of version {version}; this program reads version {_VERSION}"])
            case {"version": int(), "optimizer": None, "metadata": dict(metadata)}:
                return _Head(metadata, None, {}, {}, {})
            case {
                "version": int(),
                "optimizer": {
                    "class": str(name),
                    "numbers": dict(numbers),
                    "counts": dict(counts),
                    "arrays": dict(paths),
                },
                "metadata": dict(metadata),
            } if (
                all(type(x) in (int, float) for x in numbers.values())
                and all(map(_are_counts, counts.values()))
                and all(map(_are_strings, paths.values()))
                and len({*numbers, *counts, *paths}) == len(numbers) + len(counts) + len(paths)
            ):
                return _Head(metadata, name, numbers, counts, paths)
    raise CheckpointError(path, [f"the entry {_HEAD} does not describe a checkpoint"])


def _are_counts(values: object) -> bool:
    return isinstance(values, dict) and all(type(x) is int for x in values.values())


def _are_strings(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(x, str) for x in values)


# Whether the file fits


def _misfits(model: Module, head: _Head, arrays: dict[str, Array]) -> list[str]:
    """The entries that are missing, unexpected, or of another shape or dtype."""
    weights = dict(model.named_weights())
    expected = {f"model/{name}": (array.shape, array.dtype) for name, array in model.state_dict().items()}
    listed = [(name, _entry(field, name)) for field, paths in head.paths.items() for name in paths]
    known = [(weights[name], entry) for name, entry in listed if name in weights]
    expected |= {entry: (weight.shape, working_dtype(weight)) for weight, entry in known}
    problems = [f"missing {entry}" for entry in [*expected, *(e for _, e in listed)] if entry not in arrays]
    problems += [f"unexpected {entry}" for entry in arrays if entry not in expected]
    counted = [(name, _entry(field, name)) for field, counts in head.counts.items() for name in counts]
    problems += [f"unexpected {entry}" for name, entry in counted if name not in weights]
    for entry, (shape, dtype) in expected.items():
        array = arrays.get(entry)
        if array is not None and array.shape != shape:
            problems.append(f"{entry} has shape {array.shape}, expected {shape}")
        elif array is not None and array.dtype != dtype:
            problems.append(f"{entry} has dtype {array.dtype}, expected {dtype}")
    return list(dict.fromkeys(problems))


def _other_kind(optimizer: State, head: _Head) -> list[str]:
    """In what the saved optimizer's state is not one of the kind of `optimizer`."""
    if head.optimizer != type(optimizer).__name__:
        found = "no optimizer's state" if head.optimizer is None else f"the state {head.optimizer}"
        return [f"holds {found}, expected {type(optimizer).__name__}"]
    own = kinds(type(optimizer))
    saved = dict.fromkeys(head.numbers, "numbers") | dict.fromkeys(head.counts, "counts")
    saved |= dict.fromkeys(head.paths, "arrays")
    name = head.optimizer
    return (
        [f"missing {name}.{field}" for field in own if field not in saved]
        + [f"unexpected {name}.{field}" for field in saved if field not in own]
        + [
            f"{name}.{field} is of the {saved[field]}, expected of the {kind}"
            for field, kind in own.items()
            if saved.get(field, kind) != kind
        ]
    )


def _rebuilt(path: Path, optimizer: S, model: Module, head: _Head, arrays: dict[str, Array]) -> S:
    weights = dict(model.named_weights())
    by_field = {f: {weights[name]: arrays[_entry(f, name)] for name in names} for f, names in head.paths.items()}
    counts = {f: {weights[name]: n for name, n in by_name.items()} for f, by_name in head.counts.items()}
    try:
        return replace(optimizer, **head.numbers, **counts, **by_field)
    except (TypeError, ValueError) as error:
        raise CheckpointError(path, [str(error)]) from None


# The file


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A new file that takes the place of `path` at the end, or is removed if anything goes wrong."""
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    temporary = os.path.join(folder, f".{os.urandom(8).hex()}.tmp")
    try:
        permissions = _permissions(target)
        with open(temporary, "xb") as file:
            if permissions is not None:
                os.chmod(temporary, permissions)
            yield file
            file.flush()
            os.fsync(file.fileno())
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


def _read(path: Path, only: str | None = None) -> dict[str, Array]:
    """The arrays in `path` by the entries' names, or the one of that name. Lists every damaged entry."""
    arrays: dict[str, Array] = {}
    problems: list[str] = []
    with open(path, "rb") as file:
        try:
            archive = zipfile.ZipFile(file)
        except Exception as error:  # a damaged directory makes the parser raise several kinds
            raise CheckpointError(path, [f"is not a checkpoint, or is damaged: {error}"]) from None
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
    return arrays


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Array:
    """The array of `entry`, whose header is believed only as far as there are bytes behind it."""
    if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
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
    if size != found or any(n < 0 for n in shape):
        raise ValueError(f"{dtype} of shape {shape} takes {size} bytes, and it has {found}")
    return np.ndarray(shape, dtype, content, stream.tell(), order="F" if in_fortran_order else "C")
