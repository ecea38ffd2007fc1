"""A LeNet learns to read digits: those that ship (data/README.md names their source), or MNIST from a folder.

The network is that of LeCun et al. 1998, "Gradient-based learning applied to document recognition", with today's
activations: two convolutions, each with ReLU and max pooling, and two linear layers.
"""

import argparse
import math
import os
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

# Before NumPy is imported: on a busy machine two threads wait for each other at each of many small products.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import kytorch as kt
from kytorch import Tensor, nn, optim
from kytorch.data import DataLoader, TensorDataset, read_mnist

DIGITS = Path(__file__).parent / "data" / "digits_8x8.csv.gz"
SHOWN = 40


class LeNet(nn.Module):
    """From images (n, 1, 28, 28) to the logits of ten digits (n, 10)."""

    def __init__(self) -> None:
        self.features = nn.Sequential(
            nn.Conv2d(1, 12, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(12, 32, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(800, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 10)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x))


def digits_that_ship() -> tuple[TensorDataset, TensorDataset]:
    """The first four fifths to train on and the rest; 8 x 8 pixels of 0 to 16 are made 24 x 24 in a frame of 2.

    They are in the order in which they were collected, so that the rest has writers of its own.
    """
    rows = np.loadtxt(DIGITS, delimiter=",", dtype=np.int64)
    small = Tensor(rows[:, :64].reshape(-1, 1, 8, 8), dtype=np.float32) / 16.0
    images = nn.functional.pad(nn.functional.interpolate(small, scale_factor=3, mode="nearest"), (2, 2, 2, 2))
    return split(images, Tensor(rows[:, 64]), 0.8)


def mnist(folder: Path) -> tuple[TensorDataset, TensorDataset]:
    """MNIST's two parts, or where the folder has the test part only, its first four fifths and the rest."""
    test = read_mnist(folder, train=False)
    if any(folder.glob("train-*")):
        return read_mnist(folder), test
    images, labels = test.tensors
    return split(images, labels, 0.8)


def split(images: Tensor, labels: Tensor, share: float) -> tuple[TensorDataset, TensorDataset]:
    """The first `share` of the examples, and the rest."""
    n = int(share * len(images))
    return TensorDataset(images[:n], labels[:n]), TensorDataset(images[n:], labels[n:])


def train(model: LeNet, examples: TensorDataset, epochs: int, generator: np.random.Generator) -> float:
    """Train with AdamW, whose rate rises and falls again, in batches of 64; the seconds it took."""
    started = time.perf_counter()
    loader = DataLoader(examples, batch_size=64, shuffle=True, generator=generator)
    loss_function = nn.CrossEntropyLoss()
    state, steps = optim.AdamState(), epochs * len(loader)
    model.train()
    for epoch in range(epochs):
        total = 0.0
        for x, label in loader:
            loss = loss_function(model(x), label)
            state = optim.adamw(loss.backward(), state, lr=rate(state.step / steps), weight_decay=0.01)
            total += loss.item() * len(x)
        print(f"Epoch {epoch + 1}: loss {total / len(examples):.4f}", flush=True)
    return time.perf_counter() - started


def rate(done: float) -> float:
    """The learning rate when a share of the training is done: up for a tenth, then down along a cosine."""
    return 0.003 * (done / 0.1 if done < 0.1 else 0.5 * (1 + math.cos(math.pi * (done - 0.1) / 0.9))) + 1e-5


@kt.no_grad()
def read(model: LeNet, images: Tensor) -> kt.Array:
    """The digit that the model reads in each image."""
    model.eval()
    parts = [model(images[i : i + 250]).argmax(1).numpy() for i in range(0, len(images), 250)]
    return np.concatenate(parts)


def draw(path: Path, model: LeNet, images: kt.Array, labels: kt.Array, found: kt.Array) -> None:
    """Write a picture of the first layer's filters and of the misread digits as PNG."""
    from matplotlib.figure import Figure  # an extra, needed here only

    filters = model.features.state_dict()["0.weight"][:, 0]
    wrong = np.flatnonzero(labels != found)[:SHOWN]
    columns, rows = 10, max(1, math.ceil(len(wrong) / 10))
    figure = Figure(figsize=(10, 1.9 + 1.3 * rows), layout="constrained")
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[1.4, 0.5 + 1.3 * rows]).flat
    above.suptitle("The first layer's filters: red adds, blue subtracts")
    most = float(np.abs(filters).max())
    for axes, kernel in zip(above.subplots(1, len(filters), squeeze=False).flat, filters):
        axes.imshow(kernel, cmap="RdBu_r", vmin=-most, vmax=most)
        axes.set_axis_off()
    all_wrong = int(np.sum(labels != found))
    some = f", the first {len(wrong)}" if len(wrong) < all_wrong else ""
    below.suptitle(f"Misread: {all_wrong} of {len(labels)} digits{some} (what it is → what was read)")
    grid = below.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, i in zip(grid.flat, wrong):
        axes.imshow(images[i, 0], cmap="gray_r", vmin=0, vmax=1)
        axes.set_title(f"{labels[i]} → {found[i]}", fontsize=11, color="tab:red")
    figure.savefig(path, format="png", dpi=100)


def at_least(least: int) -> Callable[[str], int]:
    """What reads an option that is an int from `least` on."""

    def integer(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"is to be at least {least}, not {text}")
        return int(text)

    return integer


def picture(text: str) -> Path:
    """A file that can be made."""
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{path} is a folder")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"the folder {path.parent} does not exist")
    return path


def main() -> int:
    """Train, say how well, draw; the exit status."""
    parser = argparse.ArgumentParser(description="Train a LeNet to read digits.")
    parser.add_argument(
        "--mnist", metavar="FOLDER", type=Path, help="a folder with MNIST's files (default: small digits)"
    )
    parser.add_argument(
        "--epochs", metavar="N", type=at_least(1), help="passes over the digits (default: 20, of MNIST 6)"
    )
    parser.add_argument("--seed", metavar="N", type=at_least(0), default=0, help="of weights and order (default: 0)")
    parser.add_argument(
        "--out", metavar="PNG", type=picture, default=Path("lenet.png"), help="the picture to draw (default: lenet.png)"
    )
    options = parser.parse_args()
    if find_spec("matplotlib") is None:
        print("lenet: drawing needs matplotlib, which is not installed: pip install kytorch[plot]", file=sys.stderr)
        return 2
    try:
        training, test = mnist(options.mnist) if options.mnist else digits_that_ship()
    except (OSError, ValueError) as error:
        print(f"lenet: --mnist {error}", file=sys.stderr)
        return 2
    print(f"{len(training)} digits to train on, {len(test)} to test with.", flush=True)

    generator = kt.manual_seed(options.seed)
    model = LeNet()
    epochs = options.epochs if options.epochs is not None else (6 if options.mnist else 20)
    seconds = train(model, training, epochs, generator)
    images, labels = test.tensors
    found, true = read(model, images), labels.numpy()
    print(f"Test accuracy {np.mean(found == true):.4f} after {seconds:.1f} s of training.")
    draw(options.out, model, images.numpy(), true, found)
    print(f"Drew filters and misread digits: {options.out}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("lenet: interrupted", file=sys.stderr)
        sys.exit(130)
