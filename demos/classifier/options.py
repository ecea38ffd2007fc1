"""The options of train_binary_classifier, checked."""

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from classifier.bad_input import BadInputError
from classifier.data import Blank

DEFAULT_DATA = Path(__file__).parents[1] / "data" / "breast_cancer_wisconsin.csv"


@dataclass(frozen=True)
class Options:
    """What the program is asked to do; `--help` says what each means."""

    data: Path
    target: str | None
    positive: str | None
    ignore: list[str]
    delimiter: str | None
    blank: Blank | None
    hidden: Sequence[int]
    epochs: int
    batch_size: int
    lr: float
    weight_decay: float
    seed: int
    test_fraction: float
    validation_fraction: float
    patience: int
    save: Path | None
    load: Path | None
    predict: Path | None
    predictions: Path | None
    picture: Path | None

    def inputs(self) -> dict[str, Path | None]:
        """The files to read, by option."""
        return {"DATA": None if self.load else self.data, "--load": self.load, "--predict": self.predict}

    def outputs(self) -> dict[str, Path | None]:
        """The files to write, by option."""
        return {"--save": self.save, "--predictions": self.predictions, "--picture": self.picture}


_FOR_TRAINING = (
    "data target positive ignore hidden epochs batch_size lr weight_decay seed test_fraction validation_fraction "
    "patience save picture"
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadInputError(f"{message} (--help lists the options)")


def parse(arguments: Sequence[str]) -> Options:
    """The options in `arguments`; raises BadInputError for what is wrong with them or between them."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.load:
        for name in _FOR_TRAINING.split():
            if getattr(given, name) != parser.get_default(name):
                shown = "DATA" if name == "data" else f"--{name.replace('_', '-')}"
                raise BadInputError(f"{shown} is for training; --load with --predict only predicts")
        if not given.predict:
            raise BadInputError("--load needs --predict, the file of rows to predict")
    if given.predictions and not given.predict:
        raise BadInputError("--predictions needs --predict, the file of rows to predict")
    if given.predict and not given.predictions:
        given.predictions = given.predict.parent / f"{given.predict.stem}_predictions.csv"
    return Options(**vars(given))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="train_binary_classifier",
        description="Train a network that tells two classes apart on a CSV file with a header, report on rows held "
        "out, and predict other rows. Without a file it learns to tell malignant from benign breast masses.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("data", metavar="DATA", nargs="?", type=_path, default=DEFAULT_DATA, help="the CSV file to train on")
    add("--target", metavar="COLUMN", help="the column of labels (default: the last one)")
    add("--positive", metavar="LABEL", help="the positive label (default: the greater number or word)")
    add("--ignore", metavar="COLUMN", action="append", default=[], help="a column to leave out; may be repeated")
    add("--delimiter", metavar="CHARACTER", type=_delimiter, help="what separates cells (default: found; tab is a tab)")
    add(
        "--blank",
        choices=["drop", "impute", "refuse"],
        help="rows with blank cells: drop them (default), fill them with the median of the rows trained on, or stop; "
        "with --load the default is what the model was trained with",
    )
    add("--hidden", metavar="SIZES", type=_sizes, default=(16,), help="hidden layers, as 32,16, or none (default: 16)")
    add("--epochs", metavar="N", type=_whole(1), default=300, help="passes over the data at most (default: 300)")
    add("--batch-size", metavar="N", type=_whole(1), default=32, help="rows in a step (default: 32)")
    add("--lr", metavar="RATE", type=_number(above=0), default=3e-3, help="AdamW's rate (default: 0.003)")
    add("--weight-decay", metavar="D", type=_number(least=0), default=0.3, help="AdamW's (default: 0.3)")
    add("--seed", metavar="N", type=_whole(0), default=0, help="of the split, the weights and the order (default: 0)")
    add("--test-fraction", metavar="F", type=_share, default=0.2, help="share of rows held out (default: 0.2)")
    add(
        "--validation-fraction",
        metavar="F",
        type=_share,
        default=0.15,
        help="share of the other rows that tells when to stop (default: 0.15)",
    )
    add(
        "--patience",
        metavar="N",
        type=_whole(0),
        default=20,
        help="stop after so many epochs without a better validation loss; 0 never stops early (default: 20)",
    )
    add("--save", metavar="MODEL", type=_path, help="write the model to this file")
    add("--load", metavar="MODEL", type=_path, help="predict with a saved model instead of training")
    add("--predict", metavar="ROWS", type=_path, help="a CSV file of rows to predict; columns are matched by name")
    add("--predictions", metavar="FILE", type=_path, help="where to write them (default: ROWS_predictions.csv)")
    add("--picture", metavar="PNG", type=_path, help="draw loss, ROC and confusion; needs matplotlib (kytorch[plot])")
    return parser


# The kinds of values. argparse puts the option's name before the message.


def _path(text: str) -> Path:
    if not text.strip() or "\0" in text:
        raise argparse.ArgumentTypeError("is to name a file")
    return Path(text)


def _delimiter(text: str) -> str:
    character = "\t" if text in ("tab", r"\t") else text
    if len(character) != 1 or character in '"\r\n ' or not (character.isprintable() or character == "\t"):
        raise argparse.ArgumentTypeError(f"{text!r} is not one character that can separate cells")
    return character


def _sizes(text: str) -> tuple[int, ...]:
    if text == "none":
        return ()
    try:
        sizes = tuple([int(size) for size in text.split(",")])
    except ValueError:
        sizes = (0,)
    if not all(1 <= size <= 10_000 for size in sizes):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of sizes from 1 to 10000, such as 32,16, nor none")
    return sizes


def _whole(least: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {least}")
        return number

    return whole


def _number(*, above: float = -math.inf, least: float = -math.inf, below: float = math.inf) -> Callable[[str], float]:
    bounds = f"above {above:g}" if above > least else f"of at least {least:g}"
    limit = f" and below {below:g}" if below < math.inf else ""

    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (above < value < below and least <= value):
            raise argparse.ArgumentTypeError(f"{text!r} is not a finite number {bounds}{limit}")
        return value

    return number


_share = _number(above=0, below=1)
