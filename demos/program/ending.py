"""How a program ends: well, with a problem that it names in one line, or at Ctrl-C."""

import io
import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import kytorch as kt

INTERRUPTED = 130
BROKEN_PIPE = 141


class Problem(Exception):  # noqa: N818  # it is the user's to mend
    """What the program cannot go on with, said in one line."""


def need(package: str, extra: str, purpose: str) -> None:
    """Raise Problem, which names the extra of kytorch that has it, if `package` is not installed."""
    if find_spec(package) is None:
        raise Problem(f"{purpose} needs {package}, which is not installed: pip install kytorch[{extra}]")


def run(main: Callable[[], None]) -> NoReturn:
    """End the program as `main` does: with status 0, 2 for a problem, 130 for Ctrl-C, or 141 if nobody reads on."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a character may not be in the terminal's alphabet
    problem, status = "", 0
    try:
        main()
        if sys.stdout is not None:  # None if the program was started with it closed
            sys.stdout.flush()
    except (Problem, kt.CheckpointError) as error:
        problem, status = str(error), 2
    except BrokenPipeError:  # whoever read the output has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = BROKEN_PIPE
    except OSError as error:
        problem, status = f"{error.filename or 'output'}: {error.strerror or error}", 2
    except KeyboardInterrupt as error:
        problem, status = ": ".join(["interrupted", *map(str, error.args)]), INTERRUPTED
    if problem:
        print(f"{Path(sys.argv[0]).stem}: {problem}", file=sys.stderr)
    sys.exit(status)
