"""Training of a model of characters."""

from collections.abc import Iterator

import numpy as np

import kytorch as kt
from kytorch import Tensor, nn, optim
from kytorch.data import DataLoader, RandomSampler, Sampler, TensorDataset, windows
from language.models import CONTEXT, GPT, LSTM
from program import Checkpoints, progress_of

BATCH = 16
SHORTEST = CONTEXT + CONTEXT * BATCH
"""Characters that training needs."""
SAVED = 100
"""Steps from one checkpoint to the next."""


class Cuts(Sampler[int]):
    """Where the windows of an epoch begin in a text: one behind the other, each epoch elsewhere, in random order."""

    def __init__(self, length: int, generator: np.random.Generator) -> None:
        self._windows = range((length - CONTEXT) // CONTEXT // BATCH * BATCH)
        self._generator = generator

    def __len__(self) -> int:
        return len(self._windows)

    def __iter__(self) -> Iterator[int]:
        start = int(self._generator.integers(CONTEXT))
        return (start + CONTEXT * i for i in RandomSampler(self._windows, generator=self._generator))


def loss_of(model: GPT | LSTM, x: Tensor, following: Tensor) -> Tensor:
    """The cross-entropy of the characters that follow, in nats a character."""
    return nn.functional.cross_entropy(model(x).flatten(0, 1), following.flatten())


def train(
    model: GPT | LSTM,
    text: Tensor,
    held_out: TensorDataset,
    epochs: int,
    lr: float,
    generator: np.random.Generator,
    checkpoints: Checkpoints,
) -> list[list[float]]:
    """Train with AdamW; the mean losses of each epoch on the text and on the part held out."""
    loader = DataLoader(windows(text, CONTEXT, stride=1), BATCH, sampler=Cuts(len(text), generator))
    state, history = checkpoints.resumed(model, optim.AdamState(), generator, loader)
    rate = optim.schedule.one_cycle(lr, epochs * len(loader), pct_start=0.05)
    with checkpoints, progress_of(epochs) as progress:
        for epoch in range(len(history) + 1, epochs + 1):
            model.train()
            for x, following in loader:
                loss = loss_of(model, x, following)
                gradients = optim.clip_by_norm(loss.backward(), 1.0)
                state = optim.adamw(gradients, state, lr=rate(state.step), betas=(0.9, 0.99), weight_decay=0.1)
                checkpoints.total += loss.item()
                if state.step % SAVED == 0:
                    checkpoints.save(model, state, generator, history, loader)
            history.append([checkpoints.total / len(loader), mean_loss(model, held_out)])
            checkpoints.total = 0.0
            checkpoints.save(model, state, generator, history, loader)
            progress(epoch, f"loss {history[-1][0]:.4f}, held out {history[-1][1]:.4f}")
    return history


@kt.no_grad()
def mean_loss(model: GPT | LSTM, examples: TensorDataset) -> float:
    """The mean loss of a character in `examples`, each of which begins with nothing known."""
    model.eval()
    return sum(loss_of(model, *pair).item() * len(pair[0]) for pair in DataLoader(examples, 64)) / len(examples)
