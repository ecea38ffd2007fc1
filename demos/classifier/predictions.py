"""Predictions as CSV: the rows as they were, with a probability and a label added to each."""

import csv
from pathlib import Path

from classifier.csv_table import Table
from classifier.data import Bools, Floats
from classifier.saved import Description


def write_predictions(path: Path, table: Table, probabilities: Floats, left_out: Bools, model: Description) -> None:
    """Write the table's rows with the probability of the positive label and the more probable label.

    The probabilities are written so that they read back exactly. Those of rows `left_out` are blank. Earlier
    predictions among the columns are replaced.
    """
    added = [f"probability_of_{model.positive_label}", f"predicted_{model.target}"]
    kept = [i for i, column in enumerate(table.columns) if column not in added]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=table.delimiter, lineterminator="\n")
        writer.writerow([*(table.columns[i] for i in kept), *added])
        for row, probability, is_left_out in zip(table.rows, probabilities.tolist(), left_out):
            label = model.positive_label if probability >= 0.5 else model.negative_label
            writer.writerow([*(row[i] for i in kept), *(("", "") if is_left_out else (repr(probability), label))])
