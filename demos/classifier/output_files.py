"""Output files that are whole or not there, and that are known to be writable before the work begins."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

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


class Output(NamedTuple):
    """A file to write: where, what writes it to the path that it is given, and what to say when it is there."""

    path: Path
    write: Callable[[Path], object]
    done: str


def write_all(outputs: Sequence[Output]) -> None:
    """Write the outputs beside their places, and when all are whole, move them there; says so.

    Raises BadInputError for one that cannot be written, and then none is.
    """
    with ExitStack() as stack:
        partials = []
        for output in outputs:
            with _naming(output.path):
                # A short name of its own: beside a name as long as names may be, a longer one could not be made.
                folder = tempfile.TemporaryDirectory(prefix=".partial-", dir=output.path.resolve().parent)
                partials.append(Path(stack.enter_context(folder), "output"))
                output.write(partials[-1])
        for output, partial in zip(outputs, partials):
            with _naming(output.path):
                os.replace(partial, output.path.resolve())
    for output in outputs:
        print(f"{output.done}: {output.path}")


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Names `path` in the error of what cannot be written."""
    try:
        yield
    except OSError as error:
        raise BadInputError(f"{path}: cannot be written: {error.strerror or error}") from None
