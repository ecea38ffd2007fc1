"""A training that may be killed at any moment: it goes on from its checkpoint, and prints the number of each step.

python resumable_training.py CHECKPOINT END [STEPS [MOMENT]]: what it ends with is written to END. After STEPS steps it
waits to be killed; with MOMENT it kills itself at that moment of those within save().
"""

import os
import signal
import sys

import numpy as np

import kytorch as kt
from kytorch import nn, optim
from kytorch.data import DataLoader, TensorDataset

EPOCHS = 18
EVERY = 3  # steps between checkpoints


def noisy(batch, generator):
    x, target = batch
    return x + kt.Tensor(generator.standard_normal(x.shape, np.float32)), target


def dataset():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((55, 1, 5, 5)).astype(np.float32)
    return TensorDataset(kt.Tensor(x), kt.Tensor((x.sum((1, 2, 3)) > 0).astype(np.int64)))


def main(path, end, most=None):
    generators = {"default": kt.manual_seed(0), "dropout": np.random.Generator(np.random.MT19937(3))}
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Flatten(),
        nn.Dropout(0.2, generator=generators["dropout"]),
        nn.Linear(36, 2),
    )
    loader = DataLoader(dataset(), 5, shuffle=True, num_workers=2, generator=np.random.default_rng(2), transform=noisy)
    adam, average, plateau = optim.AdamState(), optim.AverageState(), optim.PlateauState(lr=0.01)
    rate = optim.schedule.warmup_cosine(0.01, 20, EPOCHS * len(loader))
    total = 0.0
    if os.path.exists(path):
        found = kt.load(model, path, optimizer=(adam, average, plateau), loader=loader, generators=generators)
        adam, average, plateau = found.optimizer
        total = found.metadata["total"]

    def save(path):
        kt.save(
            model,
            path,
            optimizer=(adam, average, plateau),
            loader=loader,
            generators=generators,
            metadata={"total": total},
        )

    print("begun", flush=True)
    made = 0
    while plateau.step < EPOCHS:
        for x, target in loader:
            loss = nn.functional.cross_entropy(model(x), target)
            adam = optim.adamw(loss.backward(), adam, lr=min(rate(adam.step), plateau.lr))
            average = optim.average_weights(model, average, decay=0.9)
            total += loss.item()
            if adam.step % EVERY == 0:
                save(path)
            print(adam.step, flush=True)
            made += 1
            if made == most:
                signal.pause()
        plateau = optim.plateau(total, plateau, patience=2)
        total = 0.0
    save(end)


def kill_within_save(moment):
    """Kill this process at the moment of that number: before or after a part of a checkpoint is written or renamed."""
    left = [moment]

    def watched(function):
        def call(*args, **kwargs):
            for run in (lambda: None, lambda: function(*args, **kwargs)):
                answer = run()
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return call

    np.lib.format.write_array = watched(np.lib.format.write_array)
    for name in ("fsync", "replace", "chmod"):
        setattr(os, name, watched(getattr(os, name)))


if __name__ == "__main__":
    if len(sys.argv) > 4:
        kill_within_save(int(sys.argv[4]))
    main(*sys.argv[1:3], *map(int, sys.argv[3:4]))
