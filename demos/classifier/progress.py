"""How far the training is: a bar in a terminal where tqdm is installed, else a line now and then."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_of(epochs: int, every: int = 10) -> Iterator[Callable[[int, float, float], None]]:
    """A function to be told each epoch's number, training loss and validation loss."""

    def line(epoch: int, training_loss: float, validation_loss: float) -> None:
        if epoch == 1 or epoch % every == 0:
            print(f"Epoch {epoch}: {_losses(training_loss, validation_loss)}", flush=True)

    try:
        from tqdm import tqdm  # type: ignore[import-untyped]  # it has no types of its own
    except ImportError:
        yield line
        return
    if sys.stderr is None or not sys.stderr.isatty():
        yield line
        return
    with tqdm(total=epochs, unit="epoch", leave=False) as bar:

        def advance(epoch: int, training_loss: float, validation_loss: float) -> None:
            bar.set_postfix_str(_losses(training_loss, validation_loss), refresh=False)
            bar.update()

        yield advance


def _losses(training: float, validation: float) -> str:
    return f"training loss {training:.4f}, validation loss {validation:.4f}"
