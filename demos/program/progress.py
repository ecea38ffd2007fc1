"""How far the training is: a bar in a terminal where tqdm is installed, else a line now and then."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_of(total: int, *, unit: str = "epoch", every: int = 1) -> Iterator[Callable[[int, str], None]]:
    """A function to be told after each of `total` epochs (or another unit) its number, from 1, and what to say of it.

    Without a bar it prints a line for the first one and for each multiple of `every`.
    """

    def line(number: int, said: str) -> None:
        if number == 1 or number % every == 0:
            print(f"{unit.capitalize()} {number}: {said}", flush=True)

    try:
        from tqdm import tqdm  # type: ignore[import-untyped]  # it has no types of its own
    except ImportError:
        yield line
        return
    if sys.stderr is None or not sys.stderr.isatty():
        yield line
        return
    with tqdm(total=total, unit=unit, leave=False) as bar:

        def advance(number: int, said: str) -> None:
            bar.set_postfix_str(said, refresh=False)
            bar.update(number - bar.n)

        yield advance
