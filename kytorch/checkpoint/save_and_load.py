"""save and load: what is saved, and that it is loaded all or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Generic, Protocol, TypeVar, overload, runtime_checkable

import numpy as np

from kytorch.checkpoint import generators as drawing
from kytorch.checkpoint import npz, safetensors
from kytorch.checkpoint.error import CheckpointError, Path
from kytorch.checkpoint.generators import Generators
from kytorch.checkpoint.head import Head, encoded, plain
from kytorch.checkpoint.replacing import replacing
from kytorch.checkpoint.states import States, check_states, described, entries, misfits, rebuilt
from kytorch.nn.module import Module
from kytorch.optim.checks import refuse_no_module
from kytorch.tensor.values import Array, Json, lock

S = TypeVar("S", bound=States)
O_co = TypeVar("O_co", covariant=True)


@runtime_checkable
class Loader(Protocol):
    """What has a position that JSON can hold, as a DataLoader has."""

    def state_dict(self) -> Mapping[str, Json]:
        """The position."""
        ...

    def load_state_dict(self, state: dict[str, Json], /) -> object:
        """Go to a position, or raise TypeError, ValueError or LookupError and change nothing."""
        ...


class _Format(Protocol):
    """What a module of a format has."""

    def write(self, file: IO[bytes], head: bytes, arrays: Mapping[str, Array]) -> None: ...

    def read(self, path: Path) -> tuple[Head, dict[str, Array]]: ...

    def read_head(self, path: Path) -> Head: ...


@dataclass(frozen=True)
class Checkpoint(Generic[O_co]):
    """What `load` found beside what it restored: the optimizer's states, made as those asked for, and the metadata."""

    optimizer: O_co
    metadata: dict[str, Json]


def save(
    model: Module,
    path: Path,
    *,
    optimizer: States | None = None,
    loader: Loader | None = None,
    generators: Generators | None = None,
    metadata: Mapping[str, Json] | None = None,
) -> None:
    """Write all that training goes on from to `path`, as it is given, in the format that its end tells.

    That is the model's state, an optimizer's state, or those of several in a tuple or a dict, the position of a loader,
    the states of NumPy's generators, one or a dict of them, and `metadata`, what JSON can hold, which comes back as
    dicts and lists. A path that ends in .safetensors gets that format, by the extra `kytorch[safetensors]`; any other
    is a .npz file without pickle.

    The file is written beside the target and renamed, so that at any moment the target is the old file or the new
    one, whole; a file that is replaced keeps its permissions. Raises TypeError or ValueError for what cannot be saved,
    ValueError for the state of weights that the model does not have, and OSError for a target that is not a regular
    file.
    """
    _check("save", model, optimizer, loader)
    if os.fspath(path).lower().endswith((".pt", ".pth")):
        raise ValueError(f"save: {os.fspath(path)}: .pt is PyTorch's pickle; end the path in .npz or .safetensors")
    file_format = _format(path)
    arrays = {f"model/{name}": array for name, array in model.state_dict().items()}
    states: Json = None
    if optimizer is not None:
        states, remembered = described({weight: name for name, weight in model.named_weights()}, optimizer)
        arrays |= remembered
    head = encoded(
        optimizer=states,
        loader=None if loader is None else _mapping("the loader's state", loader.state_dict()),
        generators=None if generators is None else drawing.described(drawing.by_name("save", generators)),
        metadata={} if metadata is None else _mapping("metadata", metadata),
    )
    with replacing(path) as file:
        file_format.write(file, head, arrays)


@overload
def load(
    model: Module,
    path: Path,
    *,
    optimizer: None = None,
    loader: Loader | None = None,
    generators: Generators | None = None,
) -> Checkpoint[None]: ...
@overload
def load(
    model: Module, path: Path, *, optimizer: S, loader: Loader | None = None, generators: Generators | None = None
) -> Checkpoint[S]: ...
def load(
    model: Module,
    path: Path,
    *,
    optimizer: States | None = None,
    loader: Loader | None = None,
    generators: Generators | None = None,
) -> Checkpoint[States] | Checkpoint[None]:
    """Load from `path` the model's state, and what else is asked for; what is not is left in the file.

    `optimizer` says what to answer: a state as it was saved, such as AdamState(), or a tuple or dict of them. `loader`
    goes to the saved position, and `generators` are put into the saved states, in place.

    Raises CheckpointError, before anything changes, for a file that is damaged or no checkpoint, or that does not have
    exactly what is asked for, by name, shape, dtype and kind. A .safetensors file of another program, such as PyTorch,
    has weights alone, whose floats may be of a lower precision than the model's; its notes are the metadata.
    """
    _check("load", model, optimizer, loader)
    named = None if generators is None else drawing.by_name("load", generators)
    head, arrays = _format(path).read(path)
    if head.foreign:
        arrays = safetensors.adapted(model, arrays)
    weights = dict(model.named_weights())
    saved = head.optimizer
    problems = _misfits(model, head, arrays)
    restoring: list[Callable[[], None]] = []
    if optimizer is not None:
        problems += misfits(optimizer, saved, weights, arrays)
    if loader is not None and head.loader is None:
        problems.append("holds no loader's state")
    if named is not None:
        wrong, restoring = drawing.prepared(named, head.generators)
        problems += wrong
    if problems:
        raise CheckpointError(path, list(dict.fromkeys(problems)))
    try:
        found = None if optimizer is None or saved is None else rebuilt(optimizer, saved, weights, arrays)
        if loader is not None and head.loader is not None:
            loader.load_state_dict(head.loader)  # all that can fail; what follows is checked
    except (TypeError, ValueError, LookupError) as error:
        raise CheckpointError(path, [str(error)]) from error
    model.load_state_dict({name: arrays[f"model/{name}"] for name in model.state_dict()})
    for restore in restoring:
        restore()
    return Checkpoint(None, head.metadata) if found is None else Checkpoint(found, head.metadata)


def read_state_dict(path: Path) -> dict[str, Array]:
    """The model's arrays in `path`, by name: `load_state_dict(arrays, strict=False)` takes those that a model has.

    Raises CheckpointError as `load` does.
    """
    _, arrays = _format(path).read(path)
    kept = {name.removeprefix("model/"): array for name, array in arrays.items() if name.startswith("model/")}
    for array in kept.values():
        lock(array)
    return kept


def read_metadata(path: Path) -> dict[str, Json]:
    """The metadata in `path`, from which a program can build the right model. Raises CheckpointError as `load` does."""
    return _format(path).read_head(path).metadata


def _format(path: Path) -> _Format:
    """The module that reads and writes the format that the end of `path` tells."""
    if not os.fspath(path).lower().endswith(".safetensors"):
        return npz
    safetensors.package()
    return safetensors


def _check(operation: str, model: object, optimizer: object, loader: object) -> None:
    """Raise TypeError or ValueError for what is no model, no state of an optimizer, or no loader."""
    refuse_no_module(operation, model)
    if optimizer is not None:
        check_states(operation, optimizer)
    if loader is not None and (isinstance(loader, type) or not isinstance(loader, Loader)):
        found = f"the class {loader.__name__}" if isinstance(loader, type) else type(loader).__name__
        raise TypeError(
            f"{operation}: loader is to have state_dict() and load_state_dict(), as a DataLoader has, not {found}"
        )


def _mapping(what: str, value: Mapping[str, Json]) -> Json:
    if not isinstance(value, Mapping):
        raise TypeError(f"save: {what} is to be a dict, not {type(value).__name__}")
    return plain(what, value)


def _misfits(model: Module, head: Head, arrays: Mapping[str, Array]) -> list[str]:
    """The entries that are missing, unexpected, or of another shape or dtype than the model's."""
    weights = dict(model.named_weights())
    expected = {f"model/{name}": array for name, array in model.state_dict().items()}
    listed = entries(head.optimizer)
    problems = [f"missing {entry}" for entry in [*expected, *listed] if entry not in arrays]
    problems += [f"unexpected {x}" for x in arrays if x not in expected and listed.get(x) not in weights]
    for entry, own in expected.items():
        array = arrays.get(entry)
        if array is not None and array.shape != own.shape:
            problems.append(f"{entry} has shape {array.shape}, expected {own.shape}")
        elif array is not None and array.dtype != own.dtype:
            problems.append(f"{entry} has dtype {array.dtype}, expected {own.dtype}")
    first: dict[object, str] = {}
    for path, part in model._saved():
        entry = f"model/{path}"
        other = first.setdefault(part, entry)
        both = other != entry and entry in arrays and other in arrays
        if both and not np.array_equal(arrays[entry], arrays[other], equal_nan=True):
            problems.append(f"{other} and {entry} differ, and are one in the model")
    return problems
