"""A small network learns x^2 on [-10, 10]: point by point with gradient descent, then in batches with Adam.

5,000 points, a 1-32-32-32-1 network with leaky ReLU, mean squared error, nothing normalised. Point by point 20 epochs
are 100,000 steps of rate 1e-4; they take about 8 s on one core and end at a loss of 1.5 to 1.8 (squares are up to
100). In batches of 50 with Adam they take less than 1 s and end at 0.02 to 0.03.
"""

import os
import time
from pathlib import Path
from typing import Any

# Before NumPy is imported: the matrices are too small to share.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import kytorch as kt
from kytorch import nn, optim
from kytorch.data import DataLoader, TensorDataset
from program import Checkpoints, need, parser, progress_of, run

X = kt.linspace(-10.0, 10.0, 5000)[:, None]
DRAWN = kt.linspace(-10.0, 10.0, 201)[:, None]


def train(batch_size: int, epochs: int, seed: int, checkpoints: Checkpoints) -> kt.Array:
    """For each epoch its mean loss, its seconds, and the approximation at the points that are drawn."""
    generator = kt.manual_seed(seed)
    hidden = [nn.Linear(1, 32), nn.LeakyReLU(), nn.Linear(32, 32), nn.LeakyReLU(), nn.Linear(32, 32), nn.LeakyReLU()]
    model, loss_function = nn.Sequential(*hidden, nn.Linear(32, 1)), nn.MSELoss()
    loader = DataLoader(TensorDataset(X, X * X), batch_size, shuffle=True, generator=generator)
    state, history = checkpoints.resumed(model, optim.AdamState(), generator)
    with checkpoints, progress_of(epochs) as progress:
        for epoch in range(len(history) + 1, epochs + 1):
            started, total = time.perf_counter(), 0.0
            for x, square in loader:
                loss = loss_function(model(x), square)
                if batch_size == 1:
                    optim.gradient_descent(loss.backward(), lr=1e-4)
                else:  # a batch's gradient is worth a larger step, and Adam finds its size
                    state = optim.adam(loss.backward(), state, lr=3e-3)
                total += loss.item() * len(x)
            seconds = time.perf_counter() - started
            with kt.no_grad():
                history.append([total / len(X), seconds, *model(DRAWN).flatten().tolist()])
            checkpoints.save(model, state, generator, history)
            progress(epoch, f"loss {total / len(X):.3f}")
    return np.array(history)


def draw(path: Path, runs: dict[str, kt.Array]) -> None:
    """Write the losses as PNG."""
    from matplotlib.figure import Figure  # an extra, needed here only

    figure = Figure(figsize=(10, 4))
    figure.subplots_adjust(left=0.08, right=0.98, bottom=0.13, wspace=0.05)
    by_epoch, by_time = figure.subplots(1, 2, sharey=True)
    for name, history in runs.items():
        by_epoch.semilogy(np.arange(1, len(history) + 1), history[:, 0], marker=".", label=name)
        by_time.loglog(np.cumsum(history[:, 1]), history[:, 0], marker=".", label=name)
    by_epoch.set(title="Learning x²", xlabel="epoch", ylabel="mean squared error")
    by_time.set(title="The same over time", xlabel="seconds of training")
    by_epoch.xaxis.get_major_locator().set_params(integer=True)
    by_epoch.legend()
    figure.savefig(path, format="png", dpi=100)


def animate(path: Path, runs: dict[str, kt.Array]) -> None:
    """Write the approximations over the epochs as an animated GIF."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image  # which matplotlib needs

    figure = Figure(figsize=(6, 4), dpi=80)
    canvas: Any = FigureCanvasAgg(figure)  # its methods have no types of their own
    axes, x = figure.subplots(), DRAWN.numpy()[:, 0]
    axes.plot(x, x**2, color="black", linewidth=6, alpha=0.2, label="x²")
    moving = [axes.plot(x, x, label=name, animated=True)[0] for name in runs]
    title = axes.text(0, 112, "", ha="center", animated=True)
    axes.set(xlim=(-10, 10), ylim=(-10, 110), xlabel="x", ylabel="approximation")
    axes.legend(loc="upper center")
    canvas.draw()
    still, frames = canvas.copy_from_bbox(figure.bbox), []  # drawn once, which is most of the work
    for epoch in range(max(map(len, runs.values()))):
        canvas.restore_region(still)
        title.set_text(f"Epoch {epoch + 1}")
        axes.draw_artist(title)
        for line, history in zip(moving, runs.values()):
            line.set_ydata(history[min(epoch, len(history) - 1), 2:])
            axes.draw_artist(line)
        frames.append(Image.fromarray(np.array(canvas.buffer_rgba())).convert("RGB"))
    milliseconds = [250] * (len(frames) - 1) + [1250]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=milliseconds, loop=0)


def main() -> None:
    """Train point by point and in batches, say how well and how fast, draw."""
    given = parser(__doc__, epochs=20, out="learn_square.png", resume=True).parse_args()
    need("matplotlib", "plot", "drawing")
    runs: dict[str, kt.Array] = {}
    for name, batch_size in {"point by point": 1, "batches of 50": 50}.items():
        checkpoints = Checkpoints(given.out.with_name(f"{given.out.stem}_{batch_size}.npz"), given.resume)
        runs[name] = history = train(batch_size, given.epochs, given.seed, checkpoints)
        error = np.abs(history[-1, 2:] - DRAWN.numpy()[:, 0] ** 2).mean()
        loss, seconds = history[-1, 0], history[:, 1].sum()
        print(f"x² {name}: loss {loss:.3f}, mean absolute error {error:.3f}, after {seconds:.1f} s", flush=True)
    animation = given.out.with_suffix(".gif")
    draw(given.out, runs)
    animate(animation, runs)
    print(f"Drew the losses, {given.out}, and what was learned, {animation}")


if __name__ == "__main__":
    run(main)
