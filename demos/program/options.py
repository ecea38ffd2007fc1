"""The options that the demos share."""

import argparse
from collections.abc import Callable
from pathlib import Path


def parser(
    description: str | None, *, out: str, epochs: int | None = None, resume: bool = False
) -> argparse.ArgumentParser:
    """A parser of --seed and --out, the picture's file, and where the demo trains, of --epochs and --resume.

    `out` and `epochs` are the defaults; a demo that trains has `epochs`, one that keeps a checkpoint has `resume`.
    """
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = made.add_argument
    if epochs is not None:
        add("--epochs", metavar="N", type=at_least(1), default=epochs, help=f"passes over the data (default: {epochs})")
    add("--seed", metavar="N", type=at_least(0), default=0, help="of all that is random (default: 0)")
    add("--out", metavar="PNG", type=output, default=Path(out), help=f"the picture to draw (default: {out})")
    if resume:
        add("--resume", action="store_true", help="go on, with its seed, from what an earlier run left beside --out")
    return made


def at_least(least: int) -> Callable[[str], int]:
    """What reads an option that is an int from `least` on."""

    def integer(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"is to be at least {least}, not {text}")
        return int(text)

    return integer


def output(text: str) -> Path:
    """A PNG file that can be made."""
    path = Path(text)
    if path.suffix != ".png":  # what else a demo writes has this name with another ending
        raise argparse.ArgumentTypeError(f"is to end in .png, not {text}")
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{path} is a folder")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"the folder {path.parent} does not exist")
    return path
