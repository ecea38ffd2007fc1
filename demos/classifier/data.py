"""A table's rows as examples of two classes: numbers, labels, blanks and the split into parts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from classifier.bad_input import BadInputError
from classifier.csv_table import Table, brief, counted, named, read_table, to_number

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Indices: TypeAlias = npt.NDArray[np.intp]
Blank: TypeAlias = Literal["drop", "impute", "refuse"]


@dataclass(frozen=True)
class Examples:
    """Rows with the two labels told apart; `values` is (rows, columns) with NaN for a blank cell."""

    table: Table
    columns: list[str]
    target: str
    values: Floats
    positive: Bools
    negative_label: str
    positive_label: str


@dataclass(frozen=True)
class Split:
    """The numbers of the rows to train on, to stop by, and to report on, in ascending order."""

    training: Indices
    validation: Indices
    held_out: Indices


def examples(
    table: Table, target: str | None, positive: str | None, ignore: Sequence[str], blank: Blank
) -> tuple[Examples, list[str]]:
    """The table's examples, and what was done about blank cells, in words.

    The target is the last column if it is None; the positive label is the greater one, in number or alphabet.
    """
    ignored = {table.columns[table.index(column)] for column in ignore}
    target = table.columns[table.index(target)] if target is not None else table.columns[-1]
    if target in ignored:
        raise BadInputError(f"--ignore {target}: is the target column")
    columns = [column for column in table.columns if column != target and column not in ignored]
    if not columns:
        raise BadInputError(f"{table.path}: there is no column to learn from beside the target, {target}")
    values = _numbers(table, columns)
    label = table.index(target)
    without_label = np.array([not row[label] for row in table.rows])
    is_blank = np.isnan(values)
    if blank == "refuse":
        refuse_blanks(table, [*columns, target], np.column_stack([is_blank, without_label]))
    dropped = without_label if blank == "impute" else without_label | is_blank.any(axis=1)
    notes = []
    if dropped.any():
        fill = "" if blank == "impute" else " (--blank impute fills those of the measurements)"
        notes.append(f"Blank cells: dropped {dropped.sum()} of {counted(len(values), 'row')}{fill}.")
    if blank == "impute" and is_blank[~dropped].any():
        notes.append(f"Blank cells: filled {is_blank[~dropped].sum()} with their column's median.")
    if dropped.all():
        raise BadInputError(f"{table.path}: every row has a blank cell, so dropping those leaves none (see --blank)")
    kept = np.flatnonzero(~dropped)
    table = table.select(kept)
    negative_label, positive_label, is_positive = _two_labels(table, target, positive)
    return Examples(table, columns, target, values[kept], is_positive, negative_label, positive_label), notes


def _numbers(table: Table, columns: Sequence[str]) -> Floats:
    try:
        return table.numbers(columns)
    except BadInputError as error:
        raise BadInputError(f"{error} (--ignore leaves a column out)") from None


def refuse_blanks(table: Table, columns: Sequence[str], is_blank: Bools) -> None:
    """Raise BadInputError if any of `is_blank`, which is (rows, columns)."""
    if is_blank.any():
        row, column = np.argwhere(is_blank)[0]
        place = table.place(row, table.index(columns[column]))
        raise BadInputError(f"{place}: is blank ({counted(int(is_blank.sum()), 'blank cell')} in all; see --blank)")


def _two_labels(table: Table, target: str, wanted: str | None) -> tuple[str, str, Bools]:
    """The negative label, the positive label, and which rows have it. Numbers are one label however written."""
    column = table.index(target)
    texts = [row[column] for row in table.rows]
    numbers = [number for text in texts if (number := to_number(text)) is not None]
    as_numbers = len(numbers) == len(texts)
    keys: list[float | str] = [*numbers] if as_numbers else [*texts]
    spelled = dict(zip(reversed(keys), reversed(texts)))  # the first spelling of each
    if len(spelled) != 2:
        most = ", ".join(f"{brief(spelled[key])} ({n})" for key, n in Counter(keys).most_common(4))
        more = ", ..." if len(spelled) > 4 else ""
        count = "only one label" if len(spelled) == 1 else f"{len(spelled)} labels"
        raise BadInputError(
            f"{table.path}: column {column + 1} ({target}) has {count}: {most}{more}; two are needed "
            "(--target names the column of labels)"
        )
    negative, positive = sorted(spelled, key=lambda key: (key, "") if isinstance(key, float) else (0.0, key.casefold()))
    if wanted is not None:
        key = to_number(wanted) if as_numbers else wanted.strip()
        if key not in spelled:
            raise BadInputError(
                f"--positive {wanted}: is none of the labels, which are {spelled[negative]} and {spelled[positive]}"
            )
        if key == negative:
            negative, positive = positive, negative
    return spelled[negative], spelled[positive], np.array([key == positive for key in keys])


def split(rows: Examples, held_out: float, validation: float, generator: np.random.Generator) -> Split:
    """A random split in which each part has both labels in the same proportion.

    `held_out` is a share of all rows, `validation` a share of the others.
    """
    parts: list[list[Indices]] = [[], [], []]
    for label, members in ((rows.negative_label, ~rows.positive), (rows.positive_label, rows.positive)):
        shuffled = generator.permutation(np.flatnonzero(members))
        first = max(1, round(held_out * len(shuffled)))
        second = first + max(1, round(validation * (len(shuffled) - first)))
        if second >= len(shuffled):
            raise BadInputError(
                f"{rows.table.path}: {counted(len(shuffled), 'row')} with the label {label}: too few to train on, "
                f"to stop by and to hold out {held_out:g} of"
            )
        for part, chosen in zip(parts, (shuffled[second:], shuffled[first:second], shuffled[:first])):
            part.append(chosen)
    return Split(*(np.sort(np.concatenate(part)) for part in parts))


def check_varied(rows: Examples, chosen: Indices) -> None:
    """Raise BadInputError for a column that tells the `chosen` rows, those to train on, nothing."""
    for column, values in zip(rows.columns, rows.values[chosen].T):
        if fault := _fault(values[~np.isnan(values)]):
            raise BadInputError(
                f"{rows.table.path}: column {rows.table.index(column) + 1} ({column}) {fault} the rows to train on; "
                f"--ignore {column} leaves it out"
            )


def _fault(known: Floats) -> str | None:
    """Why a column that holds these numbers tells nothing, in words before "the rows"; None if it tells something."""
    if not known.size:
        return "is blank in all of"
    if known.min() == known.max():  # its deviation need not be 0, since its mean is rounded
        return f"is constant, {known[0]:g} in all of"
    return "varies too little, with a deviation below 1e-150, in" if np.std(known) < 1e-150 else None


class Unlabelled(NamedTuple):
    """Rows to predict, with the columns in the model's order and NaN for a blank cell; some may be left out."""

    table: Table
    values: Floats
    left_out: Bools
    notes: list[str]


def unlabelled(path: Path, columns: Sequence[str], target: str, blank: Blank, delimiter: str | None) -> Unlabelled:
    """The rows of a file to predict; its columns are matched by name, and others than `columns` are left alone."""
    table = read_table(path, delimiter)
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise BadInputError(
            f"{path}: the model was trained on columns that are missing here: {named(missing)}; "
            f"the columns are {named(table.columns)}"
        )
    values = table.numbers(columns)
    is_blank = np.isnan(values)
    if blank == "refuse":
        refuse_blanks(table, columns, is_blank)
    notes = []
    extra = [column for column in table.columns if column not in columns and column != target]
    if extra:
        notes.append(f"Columns of {path} that the model does not know are not used: {named(extra)}.")
    left_out = np.any(is_blank, axis=1) & np.full(len(values), blank == "drop")
    if left_out.any():
        without = counted(int(left_out.sum()), "row")
        notes.append(f"Blank cells: {without} without a prediction (--blank impute fills the cells).")
    elif is_blank.any():
        notes.append(f"Blank cells: filled {is_blank.sum()} with the median of the rows trained on.")
    return Unlabelled(table, values, left_out, notes)
