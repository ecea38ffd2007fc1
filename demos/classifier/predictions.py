"""Predictions as CSV: the rows as they were, with a probability and a label added to each."""

import csv
from pathlib import Path

from classifier.bad_input import BadInputError
from classifier.csv_table import Table
from classifier.data import Bools, Floats
from classifier.saved import Description


def added_columns(model: Description) -> list[str]:
    """The names of the columns that predictions add."""
    return [f"probability_of_{model.positive_label}", f"predicted_{model.target}"]


def check_names(source: str, model: Description) -> None:
    """Raise BadInputError if the model was given a column of a name that predictions add; `source` says by what."""
    for name in added_columns(model):
        if name in model.columns or name == model.target:
            leave_out = "" if name == model.target else f", or train with --ignore {name}"
            raise BadInputError(f"{source}: predictions add a column of the name {name}; rename this one{leave_out}")


def write_predictions(path: Path, table: Table, probabilities: Floats, left_out: Bools, model: Description) -> None:
    """Write the table's rows with the probability of the positive label and the more probable label.

    The probabilities are written so that they read back exactly. Those of rows `left_out` are blank. Earlier
    predictions among the columns are replaced.
    """
    added = added_columns(model)
    kept = [i for i, column in enumerate(table.columns) if column not in added]
    with path.open("w", encoding="utf-8", newline="") as file:
        usual = csv.writer(file, delimiter=table.delimiter, lineterminator="\n")
        quoting = csv.writer(file, delimiter=table.delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)

        def write(cells: list[str]) -> None:
            # Before Python 3.13 the usual writer does not quote a carriage return, which would end the row.
            writer = quoting if any("\r" in cell for cell in cells) else usual
            writer.writerow(cells)

        write([*(table.columns[i] for i in kept), *added])
        for row, probability, is_left_out in zip(table.rows, probabilities.tolist(), left_out):
            label = model.positive_label if probability >= 0.5 else model.negative_label
            write([*(row[i] for i in kept), *(("", "") if is_left_out else (repr(probability), label))])
