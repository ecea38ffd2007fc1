"""A picture of a training: loss curves, ROC curve and confusion matrix."""

import warnings
from importlib.util import find_spec
from pathlib import Path

from classifier.bad_input import BadInputError
from classifier.model import History
from classifier.report import Confusion, RocCurve


def check_can_draw(path: Path) -> None:
    """Raise BadInputError unless there is matplotlib to draw with, and `path` is to be a PNG."""
    if find_spec("matplotlib") is None:
        raise BadInputError("--picture: needs matplotlib, which is not installed: pip install kytorch[plot]")
    if path.suffix.lower() != ".png":
        raise BadInputError(f"--picture {path}: is to end in .png")


def draw(path: Path, history: History, roc: RocCurve, confusion: Confusion, labels: tuple[str, str]) -> None:
    """Write the picture as PNG; `labels` are the negative and the positive one."""
    from matplotlib.figure import Figure  # an extra, needed here only

    figure = Figure(figsize=(15, 4.8), layout="constrained")
    losses, curve, counts = figure.subplots(1, 3)

    epochs = range(1, len(history.training_loss) + 1)
    losses.plot(epochs, history.training_loss, label="training")
    losses.plot(epochs, history.validation_loss, label="validation")
    losses.axvline(history.best_epoch, color="grey", linestyle=":", label=f"kept: epoch {history.best_epoch}")
    losses.set(title="Loss", xlabel="epoch", ylabel="mean cross-entropy", ylim=(0, None))
    losses.legend()

    curve.plot(roc.false_positive_rate, roc.true_positive_rate, label=f"area {roc.area:.4f}")
    curve.plot([0, 1], [0, 1], color="grey", linestyle=":", label="chance: area 0.5")
    curve.set(title="ROC, held-out rows", xlabel="false positive rate", ylabel="true positive rate (recall)")
    curve.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    curve.legend(loc="lower right")

    cells = [
        [confusion.true_negative, confusion.false_positive],
        [confusion.false_negative, confusion.true_positive],
    ]
    names = [label if len(label) <= 20 else f"{label[:19]}…" for label in labels]
    counts.imshow(cells, cmap="Blues", vmin=0)
    darkest = max(map(max, cells))
    for row, line in enumerate(cells):
        for column, count in enumerate(line):
            colour = "white" if count > darkest / 2 else "black"
            counts.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=18)
    counts.set(title="Confusion, held-out rows", xlabel="predicted", ylabel="actual")
    counts.set_xticks([0, 1], names, parse_math=False)
    counts.set_yticks([0, 1], names, parse_math=False, rotation=90, va="center")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)  # a box is drawn in its place
        figure.savefig(path, format="png", dpi=100)
