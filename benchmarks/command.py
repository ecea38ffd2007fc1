"""What the command lines of the benchmarks share."""

import argparse
import sys
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
"""Where a whole run writes what it prints."""


def positive(text: str) -> int:
    """A whole number from 1 up."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def say(line: str) -> None:
    """What goes on, apart from the table."""
    print(line, file=sys.stderr, flush=True)


def command_line(prog: str, description: str) -> argparse.ArgumentParser:
    """The options of every part."""
    cli = argparse.ArgumentParser(prog=f"python -m {prog}", description=description)
    cli.add_argument("--threads", nargs="+", type=positive, help="numbers of threads (1 2)")
    cli.add_argument("--rounds", type=positive, help="fresh processes for each measurement, taking turns")
    cli.add_argument("--quick", action="store_true", help="few, short and small, one thread: to see that it works")
    where = "a whole run writes to benchmarks/results if this is not given"
    cli.add_argument("--markdown", type=Path, metavar="FILE", help=f"write what is printed; {where}")
    cli.add_argument("--json", type=Path, metavar="FILE", help=f"write every measurement; {where}")
    return cli


def publish(name: str, text: str, data: str, options: argparse.Namespace, *, whole: bool) -> None:
    """Print a report, and write it and its numbers: where the options say, and of a whole run to the results."""
    print(text, end="", flush=True)
    for file, ending, content in ((options.markdown, ".md", text), (options.json, ".json", data)):
        if file or whole:
            file = file or RESULTS / (name + ending)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
