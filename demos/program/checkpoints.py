"""What a training has learned, kept now and then, so that Ctrl-C loses little and --resume goes on."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import numpy as np

import kytorch as kt
from kytorch import nn, optim
from kytorch.data import DataLoader

S = TypeVar("S", bound=optim.State)


class Checkpoints:
    """A file that each epoch replaces. At Ctrl-C in a `with` block of it the program says what is kept.

    What a demo remembers of each epoch, its history, is a row of numbers, such as the loss. A demo whose epochs are
    long saves within them too: then the loader's position is kept, and `total`, what was summed up so far in the epoch.
    With a loader, a checkpoint of other data is refused.
    """

    def __init__(self, path: Path, resume: bool) -> None:
        self._path = path
        self._resume = resume
        self._has_ours = False
        self.total = 0.0

    def resumed(
        self, model: nn.Module, state: S, generator: np.random.Generator, loader: DataLoader[object] | None = None
    ) -> tuple[S, list[list[float]]]:
        """The state and the history; with --resume all is as it was saved last, if there is a checkpoint."""
        if not self._resume:
            return state, []
        if not self._path.exists():
            print(f"There is no checkpoint {self._path}: the training begins.")
            return state, []
        found = kt.load(model, self._path, optimizer=state, loader=loader, generators=generator)
        rows = found.metadata.get("history")
        history = [list(map(float, row)) for row in rows] if isinstance(rows, list) else []
        total = found.metadata.get("total")
        self.total = total if isinstance(total, float) else 0.0
        self._has_ours = True
        print(f"Going on after epoch {len(history)}, from {self._path}.", flush=True)
        return found.optimizer, history

    def save(
        self,
        model: nn.Module,
        state: optim.State,
        generator: np.random.Generator,
        history: Sequence[Sequence[float]],
        loader: DataLoader[object] | None = None,
    ) -> None:
        """Replace the checkpoint."""
        kt.save(
            model,
            self._path,
            optimizer=state,
            loader=loader,
            generators=generator,
            metadata={"history": history, "total": self.total},
        )
        self._has_ours = True

    def __enter__(self) -> "Checkpoints":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is KeyboardInterrupt:
            kept = f"{self._path} has the last checkpoint, --resume goes on from it"
            raise KeyboardInterrupt(kept if self._has_ours else f"before the first checkpoint, {self._path}") from None
