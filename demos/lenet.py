"""A LeNet learns to read digits: those that ship with kytorch, or MNIST from a folder.

The network is that of LeCun et al. 1998, "Gradient-based learning applied to document recognition", with today's
activations: two convolutions, each with ReLU and max pooling, and two linear layers. Of the 360 digits that ship
without being trained on it reads, for seeds 0 to 2, 0.947 to 0.956, after 6 s of training on one core; of the last
2,000 of MNIST's 10,000 test images, trained on the others, 0.9895 after 12 s (--mnist FOLDER, seed 0).
"""

import math
import os
import time
from pathlib import Path

# Before NumPy is imported: on a busy machine two threads wait for each other at each of many small products.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import kytorch as kt
from kytorch import Tensor, nn, optim
from kytorch.data import DataLoader, TensorDataset
from program import Checkpoints, add_mnist, at_least, digits, need, parser, progress_of, run

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


def train(
    model: LeNet, examples: TensorDataset, epochs: int, generator: np.random.Generator, checkpoints: Checkpoints
) -> float:
    """Train with AdamW, whose rate rises and falls again, in batches of 64; the seconds it took."""
    loader = DataLoader(examples, batch_size=64, shuffle=True, generator=generator)
    loss_function = nn.CrossEntropyLoss()
    state, history = checkpoints.resumed(model, optim.AdamState(), generator)
    steps = max(2, epochs * len(loader))
    rate = optim.schedule.warmup_cosine(0.003, max(1, steps // 10), steps, eta_min=1e-5, start_factor=0.01)
    model.train()
    with checkpoints, progress_of(epochs) as progress:
        for epoch in range(len(history) + 1, epochs + 1):
            started, total = time.perf_counter(), 0.0
            for x, label in loader:
                loss = loss_function(model(x), label)
                state = optim.adamw(loss.backward(), state, lr=rate(state.step), weight_decay=0.01)
                total += loss.item() * len(x)
            history.append([total / len(examples), time.perf_counter() - started])
            checkpoints.save(model, state, generator, history)
            progress(epoch, f"loss {total / len(examples):.4f}")
    return sum(seconds for _, seconds in history)


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


def main() -> None:
    """Train, say how well, draw."""
    options = parser(__doc__, out="lenet.png", resume=True)
    add_mnist(options)
    options.add_argument(
        "--epochs", metavar="N", type=at_least(1), help="passes over the digits (default: 20, of MNIST 6)"
    )
    given = options.parse_args()
    need("matplotlib", "plot", "drawing")
    training, test = digits(given.mnist)

    generator = kt.manual_seed(given.seed)
    model = LeNet()
    epochs = given.epochs if given.epochs is not None else (6 if given.mnist else 20)
    checkpoints = Checkpoints(given.out.with_suffix(".npz"), given.resume)
    seconds = train(model, training, epochs, generator, checkpoints)
    images, labels = test.tensors
    found, true = read(model, images), labels.numpy()
    print(f"Test accuracy {np.mean(found == true):.4f} after {seconds:.1f} s of training.")
    draw(given.out, model, images.numpy(), true, found)
    print(f"Drew filters and misread digits: {given.out}")


if __name__ == "__main__":
    run(main)
