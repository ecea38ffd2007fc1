"""A network that tells two classes apart, with all that it must remember of the rows it was trained on."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

import kytorch
from classifier.data import Bools, Floats
from kytorch import Tensor, nn, optim
from kytorch.data import DataLoader, TensorDataset


class DivergedError(ArithmeticError):
    """The training broke down: a loss or a gradient is not finite."""

    def __init__(self, epoch: int) -> None:
        super().__init__(f"the loss or its gradient is no longer finite in epoch {epoch}")


class FillBlanks(nn.Module):
    """Puts the column's median in the place of NaN."""

    def __init__(self, columns: int) -> None:
        self.median = nn.Buffer(np.zeros(columns))

    def forward(self, x: Tensor) -> Tensor:
        return kytorch.where(x == x, x, self.median.tensor())


class Standardise(nn.Module):
    """Gives each column mean 0 and deviation 1, in float32. Beyond a million deviations all numbers are alike."""

    def __init__(self, columns: int) -> None:
        self.mean = nn.Buffer(np.zeros(columns))
        self.std = nn.Buffer(np.ones(columns))

    def forward(self, x: Tensor) -> Tensor:
        return ((x - self.mean.tensor()) / self.std.tensor()).clamp(-1e6, 1e6).to(np.float32)


class BinaryClassifier(nn.Module):
    """From rows of numbers, (rows, columns), to the logit of the positive class, (rows,)."""

    def __init__(self, columns: int, hidden: Sequence[int]) -> None:
        self.fill_blanks = FillBlanks(columns)
        self.standardise = Standardise(columns)
        layers: list[nn.Layer] = []
        for inputs, outputs in zip([columns, *hidden], hidden):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(hidden[-1] if hidden else columns, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.logits(self.prepared(x))

    def prepared(self, x: Tensor) -> Tensor:
        """The rows as the layers take them."""
        return self.standardise(self.fill_blanks(x))

    def logits(self, prepared: Tensor) -> Tensor:
        """The layers' answer for each row."""
        return self.layers(prepared).squeeze(-1)

    def fit_preparation(self, values: Floats) -> None:
        """Take the columns' medians, means and deviations from `values`, the rows to train on, NaN being blank."""
        self.fill_blanks.median.update(np.nanmedian(values, axis=0))
        filled = self.fill_blanks(Tensor(values)).numpy()
        self.standardise.mean.update(filled.mean(axis=0))
        self.standardise.std.update(filled.std(axis=0))

    @kytorch.no_grad()
    def probabilities(self, values: Floats) -> Floats:
        """The probability that each row is positive."""
        probabilities: Floats = self(Tensor(values)).to(np.float64).sigmoid().numpy()
        return probabilities


@dataclass
class History:
    """The mean loss of each epoch, and the epoch, from 1 on, whose weights were kept."""

    training_loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    best_epoch: int = 0
    seconds: float = 0.0


@np.errstate(over="ignore", invalid="ignore")  # what is not finite ends the training with an error, not a warning
def train(
    model: BinaryClassifier,
    training: tuple[Floats, Bools],
    validation: tuple[Floats, Bools],
    *,
    epochs: int,
    batch_size: int,
    lr: float,
    weight_decay: float,
    patience: int,
    generator: np.random.Generator,
    progress: Callable[[int, float, float], object],
) -> History:
    """Train until the loss on `validation` has not fallen for `patience` epochs, and keep its best weights.

    `progress` is told each epoch's number and losses. A patience of 0 goes on to the end. Raises DivergedError.
    """
    started = time.perf_counter()
    loss_function = nn.BCEWithLogitsLoss()
    rows, labels = _tensors(model, training)
    unseen, unseen_labels = _tensors(model, validation)
    loader = DataLoader(TensorDataset(rows, labels), batch_size=batch_size, shuffle=True, generator=generator)
    state = optim.AdamState()
    history = History()
    best, best_loss = model.state_dict(), math.inf
    for epoch in range(1, epochs + 1):
        total = 0.0
        for x, target in loader:
            loss = loss_function(model.logits(x), target)
            try:
                state = optim.adamw(loss.backward(), state, lr=lr, weight_decay=weight_decay)
            except ValueError:  # backward and adamw refuse what is not finite
                raise DivergedError(epoch) from None
            total += loss.item() * len(x)
        with kytorch.no_grad():
            validation_loss = loss_function(model.logits(unseen), unseen_labels).item()
        if not math.isfinite(validation_loss):
            raise DivergedError(epoch)
        history.training_loss.append(total / len(rows))
        history.validation_loss.append(validation_loss)
        progress(epoch, total / len(rows), validation_loss)
        if validation_loss < best_loss:
            history.best_epoch, best, best_loss = epoch, model.state_dict(), validation_loss
        elif patience and epoch - history.best_epoch >= patience:
            break
    model.load_state_dict(best)
    history.seconds = time.perf_counter() - started
    return history


def _tensors(model: BinaryClassifier, examples: tuple[Floats, Bools]) -> tuple[Tensor, Tensor]:
    values, positive = examples
    return model.prepared(Tensor(values)), Tensor(positive, dtype=np.float32)
