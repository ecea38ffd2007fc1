"""The picture of how a model of characters has learned."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator


def draw(path: Path, model: str, history: Sequence[Sequence[float]]) -> None:
    """Write a picture of the losses after each epoch as PNG."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    epochs = range(1, len(history) + 1)
    for losses, name in zip(zip(*history), ("learned text", "held-out text")):
        axes.plot(epochs, losses, marker="o", label=f"{name}: {losses[-1]:.3f} in the end")
    axes.set(xlabel="epoch", ylabel="nats a character", title=f"What the next character costs the {model.upper()}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, format="png", dpi=100)
