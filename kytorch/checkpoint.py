"""Checkpoints: a model's state, an optimizer's and some metadata in one `.npz` file, without pickle.

The file is a zip archive of `.npy` entries, which `numpy.load` opens too: `model/<path>` for each weight and buffer,
`optimizer/<field>/<path>` for what an optimizer remembers of a weight, and `kytorch`, the rest, as JSON.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar, overload

import numpy as np

from kytorch.nn.module import Module
from kytorch.optim.state import State, working_dtype
from kytorch.tensor.values import Shape

S = TypeVar("S", bound=State)
O_co = TypeVar("O_co", covariant=True)
Json: TypeAlias = "None | bool | int | float | str | Sequence[Json] | Mapping[str, Json]"
Kind: TypeAlias = tuple[np.dtype[Any], Shape]

_FORMAT = "kytorch checkpoint"
_VERSION = 1
_HEAD = "kytorch"


class CheckpointError(ValueError):
    """A file is no checkpoint, is damaged, or does not fit the model; the message lists everything that is wrong."""


@dataclass(frozen=True)
class Checkpoint(Generic[O_co]):
    """What `load` found beside the model's state: the optimizer's state, of the type asked for, and the metadata."""

    optimizer: O_co
    metadata: dict[str, Json]


def save(
    model: Module,
    path: str | os.PathLike[str],
    *,
    optimizer: State | None = None,
    metadata: Mapping[str, Json] | None = None,
) -> None:
    """Write the model's state, an optimizer's state and `metadata` (what JSON can hold) to `path`, as it is given.

    The file is written beside the target and renamed, so that the target is the old file or the new one, whole, at
    any moment. Raises TypeError or ValueError for metadata that would not come back equal, and ValueError for an
    optimizer's state of weights that are not the model's.
    """
    entries = {f"model/{name}": array for name, array in model.state_dict().items()}
    head = {"format": _FORMAT, "version": _VERSION, "optimizer": None, "metadata": _plain(metadata or {})}
    if optimizer is not None:
        by_field = _by_path(model, optimizer)
        paths = {field: list(by_path) for field, by_path in by_field.items()}
        head["optimizer"] = {"class": type(optimizer).__name__, "numbers": optimizer.numbers(), "arrays": paths}
        entries |= {
            f"optimizer/{f}/{name}": array for f, by_path in by_field.items() for name, array in by_path.items()
        }
    entries[_HEAD] = np.frombuffer(json.dumps(head, allow_nan=False).encode(), np.uint8)
    with _replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in entries.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asanyarray(array), allow_pickle=False)


@overload
def load(model: Module, path: str | os.PathLike[str], *, optimizer: None = None) -> Checkpoint[None]: ...
@overload
def load(model: Module, path: str | os.PathLike[str], *, optimizer: S) -> Checkpoint[S]: ...
def load(
    model: Module, path: str | os.PathLike[str], *, optimizer: S | None = None
) -> Checkpoint[S] | Checkpoint[None]:
    """Load the model's state from `path`, and the state of an optimizer of the kind of `optimizer`, such as AdamState().

    Raises CheckpointError, before anything changes, for a file that is damaged or no checkpoint, or whose entries are
    not exactly the model's and the optimizer's in name, shape and dtype.
    """
    weights = dict(model.named_weights())
    with _opened(path) as archive:
        head = _Head.read(archive)
        problems = head.mismatches(optimizer)
        expected = {f"model/{name}": _kind(array) for name, array in model.state_dict().items()}
        for field, name in head.remembered():
            if name in weights:
                expected[f"optimizer/{field}/{name}"] = (working_dtype(weights[name]), weights[name].shape)
            else:
                problems.append(f"optimizer/{field}/{name} is of a weight that the model does not have")
        arrays = _read_entries(archive, expected, problems)
    if problems:
        raise _error(path, problems)
    state = None if optimizer is None else head.state(optimizer, weights, arrays)
    model.load_state_dict({name: arrays[f"model/{name}"] for name in model.state_dict()})
    return Checkpoint(None, head.metadata) if state is None else Checkpoint(state, head.metadata)
