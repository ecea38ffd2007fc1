"""The head of a checkpoint: all that is not an array, as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kytorch.checkpoint.error import CheckpointError, Path
from kytorch.checkpoint.states import DEEPEST, Saved, parsed
from kytorch.tensor.values import Json

FORMAT = "kytorch checkpoint"
VERSION = 2


@dataclass(frozen=True)
class Head:
    """What the JSON says: the metadata, and of each other part what was saved, None for nothing.

    Another program's file, a foreign one, has weights alone, and notes.
    """

    metadata: dict[str, Json]
    optimizer: Saved | None = None
    loader: dict[str, Json] | None = None
    generators: dict[str, Json] | None = None
    foreign: bool = False


def encoded(*, optimizer: Json, loader: Json, generators: Json, metadata: Json) -> bytes:
    """The head's JSON, of this version."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        "optimizer": optimizer,
        "loader": loader,
        "generators": generators,
        "metadata": metadata,
    }
    return json.dumps(head).encode()


def decoded(path: Path, text: bytes) -> Head:
    """The head that `text` says. Raises CheckpointError for what is none, or of another version."""
    try:
        head = json.loads(text)
    except Exception as error:  # the parser raises several kinds, among them RecursionError
        raise CheckpointError(path, [f"its head is not JSON: {error}"]) from None
    match head:
        case {"format": format, "version": int(version)} if format == FORMAT and version != VERSION:
            raise CheckpointError(path, [f"is of version {version}; this program reads version {VERSION}"])
        case {
            "format": format,
            "version": version,
            "optimizer": optimizer,
            "loader": dict() | None as loader,
            "generators": dict() | None as generators,
            "metadata": dict(metadata),
        } if (format, version) == (FORMAT, VERSION):
            try:
                return Head(metadata, None if optimizer is None else parsed(optimizer), loader, generators)
            except ValueError:
                pass
    raise CheckpointError(path, ["its head does not describe a checkpoint"])


def plain(what: str, value: Json, depth: int = 0) -> Json:
    """`value` in dicts and lists. Raises TypeError or ValueError for what JSON cannot hold; `what` says whose it is."""
    if depth > DEEPEST:
        raise ValueError(f"save: {what} is nested deeper than {DEEPEST} levels, or holds itself")
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        if not math.isfinite(value):
            raise ValueError(f"save: {what} holds {value}, which JSON cannot")
        return value
    if isinstance(value, Mapping):
        for key in value:
            if type(key) is not str:
                raise TypeError(f"save: {what} has the key {key!r}; JSON's keys are str")
        return {key: plain(what, x, depth + 1) for key, x in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview)):
        return [plain(what, x, depth + 1) for x in value]
    raise TypeError(
        f"save: {what} holds a {type(value).__name__}; it is to be made of dicts with str keys, lists, str, int, "
        "float, bool and None"
    )
