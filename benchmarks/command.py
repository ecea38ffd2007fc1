"""What the command lines of the benchmarks share."""

import argparse
import sys


def positive(text: str) -> int:
    """A whole number from 1 up."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def say(line: str) -> None:
    """What goes on, apart from the table."""
    print(line, file=sys.stderr, flush=True)
