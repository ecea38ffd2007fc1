"""Output files that are whole or not there, and that are known to be writable before the work begins."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from classifier.bad_input import BadInputError


def check_outputs(outputs: Mapping[str, Path | None], inputs: Mapping[str, Path | None]) -> None:
    """Raise BadInputError for an output that cannot be written, or that is an input or another output.

    Both map the options' names to their files, None where there is none.
    """
    taken = {path.resolve(): option for option, path in inputs.items() if path}
    for option, path in outputs.items():
        if path is None:
            continue
        if path.resolve() in taken:
            raise BadInputError(f"{option} {path}: is the file of {taken[path.resolve()]} too")
        taken[path.resolve()] = option
        try:
            _check_writable(path)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise BadInputError(f"{option} {path}: cannot be written: {reason}") from None


def _check_writable(path: Path) -> None:
    if path.is_dir():
        raise ValueError("it is a folder")
    if path.exists() and not (path.is_file() and os.access(path, os.W_OK)):
        raise ValueError("it is there and is write-protected, or not a file")
    if not path.resolve().parent.is_dir():
        raise ValueError(f"there is no folder {path.parent}")
    with tempfile.TemporaryFile(dir=path.resolve().parent):
        pass


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A new file beside `path` to write to, which takes its place at the end unless an error is raised."""
    path = path.resolve()
    folder = tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.")
    partial = Path(folder, path.name)
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
        os.rmdir(folder)
