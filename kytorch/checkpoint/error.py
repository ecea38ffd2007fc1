"""The one error of a file that cannot be loaded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeAlias

Path: TypeAlias = str | os.PathLike[str]


class CheckpointError(ValueError):
    """A file is damaged, is no checkpoint, or does not fit what it is loaded into; the message lists what is wrong."""

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        super().__init__(f"{os.fspath(path)}: {'; '.join(problems)}")


def unread(path: Path, start: bytes, reason: object) -> CheckpointError:
    """The error for a file that begins with `start` and is of another format, or damaged."""
    problem = f"is not a checkpoint, or is damaged: {reason}"
    if is_pickle(start):
        problem = (
            "is not a checkpoint, but a pickle, as PyTorch's .pt files are; a pickle can run any program, so it is not "
            "read. In PyTorch, safetensors.torch.save_file(model.state_dict(), 'model.safetensors') writes what "
            "kytorch loads"
        )
    return CheckpointError(path, [problem])


def is_pickle(start: bytes) -> bool:
    """Whether a file that begins with `start` is a pickle, or the archive with one that torch.save writes."""
    if start[:4] == b"PK\x03\x04":
        return start[30 : 30 + int.from_bytes(start[26:28], "little")].endswith(b"/data.pkl")
    # A .safetensors file may begin so too, with the size of its header in eight bytes, of which the last are 0.
    return start[:1] == b"\x80" and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05") and any(start[3:8])
