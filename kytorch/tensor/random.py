"""The default random generator."""

from __future__ import annotations

from contextvars import ContextVar
from threading import RLock
from typing import Any

import numpy as np

# Made when first needed: NumPy's random module takes long to import.
_default: list[np.random.Generator] = []
_taking = RLock()


class Draws:
    """The default generator of one call alone, whatever other threads draw, so that `again` can draw the same.

    It goes on from where the default one is when the call first draws. That one stands far ahead meanwhile, so that
    others draw something else; `finish` moves it to behind the call's draws, unless others have moved it.
    """

    def __init__(self, first: Draws | None = None) -> None:
        self._first = first
        self._outer = outer = drawing.get()
        # Given as arguments, these are the default one too.
        names = [*_default] if outer is None else [*outer._names, *outer._own]
        self._names: list[np.random.Generator] = names if first is None else first._names
        self._start: Any = None  # the state, as NumPy gives it, in which the first draw is made
        self._own: list[np.random.Generator] = []
        self._taken: tuple[np.random.Generator, object] | None = None  # and the state it was left in
        self._seeded = False

    def again(self) -> Draws:
        """For the call's repetition: the same draws."""
        return Draws(self)

    def generator(self, given: np.random.Generator | None) -> np.random.Generator:
        """`given`, or the call's own instead of the default one."""
        if given is not None and not any(given is name for name in self._names):
            return given
        if not self._own:
            with _taking:
                if not self._own:
                    self._start = (self._first and self._first._start) or self._take()
                    bits = np.random.PCG64(0)
                    bits.state = self._start
                    self._own.append(np.random.Generator(bits))
        return self._own[0]

    def seed(self, generator: np.random.Generator) -> None:
        """Go on with `generator`."""
        self._own[:] = [generator]
        self._seeded = True

    def finish(self) -> None:
        """Move the default generator, or the outer call's, on."""
        if self._seeded and self._first is None:
            _seed(self._own[0], self._outer)
        elif self._taken is not None and not self._seeded:
            taken, left = self._taken
            with _taking, taken.bit_generator.lock:
                if taken.bit_generator.state == left:
                    taken.bit_generator.state = self._own[0].bit_generator.state

    def _take(self) -> object:
        """The state of the default generator, which is moved far ahead of it."""
        taken = _the_default() if self._outer is None else self._outer.generator(None)
        bits: Any = taken.bit_generator  # PCG64, as NumPy makes of a seed
        with bits.lock:
            state: object = bits.state
            bits.state = bits.jumped().state
            self._taken = taken, bits.state
        return state


# Of the call under `func.checkpoint` that runs in this thread and asynchronous task.
drawing: ContextVar[Draws | None] = ContextVar("whose draws", default=None)


def manual_seed(seed: int) -> np.random.Generator:
    """Seed the default generator, from which everything random draws that is given no generator; returns it."""
    generator = np.random.default_rng(seed)
    _seed(generator, drawing.get())
    return generator


def _seed(generator: np.random.Generator, draws: Draws | None) -> None:
    if draws is None:
        _default[:] = [generator]
    else:
        draws.seed(generator)


def _the_default() -> np.random.Generator:
    if not _default:
        _default.append(np.random.default_rng())
    return _default[0]


def generator_or_default(generator: np.random.Generator | None) -> np.random.Generator:
    """`generator`, or the default one, which is seeded at random until `manual_seed`. TypeError for others."""
    if generator is not None and not isinstance(generator, np.random.Generator):
        kind = type(generator).__name__
        raise TypeError(f"generator: expected a numpy.random.Generator, as manual_seed() gives, not {kind}")
    if (draws := drawing.get()) is not None:
        return draws.generator(generator)
    return _the_default() if generator is None else generator
