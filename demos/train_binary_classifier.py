"""Train a network that tells two classes apart on a CSV file, report on rows held out, predict other rows.

Without a file it learns to tell malignant from benign breast masses (data/README.md names source and licence).
"""

import io
import math
import os
import sys
from pathlib import Path

import numpy as np

import kytorch
from classifier.bad_input import BadInputError
from classifier.csv_table import counted, read_table
from classifier.data import Examples, Split, Unlabelled, check_varied, examples, split, unlabelled
from classifier.model import BinaryClassifier, DivergedError, History, train
from classifier.options import DEFAULT_DATA, Options, parse
from classifier.output_files import Output, check_outputs, write_all
from classifier.picture import check_can_draw, draw
from classifier.predictions import check_names, write_predictions
from classifier.report import Confusion, RocCurve
from classifier.saved import Description, load, save
from program import progress_of

INTERRUPTED = 130
BROKEN_PIPE = 141


def main(arguments: list[str]) -> int:
    """Do what the arguments ask for; the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name may not be in the terminal's alphabet
    try:
        options = parse(arguments)
        check_outputs(options.outputs(), options.inputs())
        if options.load:
            predict_with_saved(options, options.load)
        else:
            train_and_report(options)
        if sys.stdout is not None:  # None if the program was started with it closed
            sys.stdout.flush()
        return 0
    except BadInputError as error:
        problem, status = str(error), 2
    except BrokenPipeError:  # whoever read the output has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:
        problem, status = f"{error.filename or 'output'}: {error.strerror or error}", 2
    except MemoryError:
        problem, status = "there is not enough memory for this; use fewer rows or smaller --hidden sizes", 2
    except KeyboardInterrupt:
        problem, status = "interrupted", INTERRUPTED
    print(f"train_binary_classifier: {' '.join(problem.split())}", file=sys.stderr)
    return status


def train_and_report(options: Options) -> None:
    """Read, train, report on the held-out rows, and write what was asked for."""
    if options.picture:
        check_can_draw(options.picture)
    generator = kytorch.manual_seed(options.seed)
    rows = read_examples(options)
    parts = split(rows, options.test_fraction, options.validation_fraction, generator)
    check_parts(rows, parts, options)
    blank = options.blank or "drop"
    labels = (rows.negative_label, rows.positive_label)
    description = Description(rows.columns, rows.target, *labels, list(options.hidden), blank)
    check_names(str(options.data), description)
    to_predict = read_rows_to_predict(options, description)

    model = BinaryClassifier(len(rows.columns), options.hidden)
    model.fit_preparation(rows.values[parts.training])
    history = train_with_progress(model, rows, parts, options, generator)
    positive = rows.positive[parts.held_out]
    probabilities = model.probabilities(rows.values[parts.held_out])
    confusion, roc = Confusion.of(probabilities >= 0.5, positive), RocCurve.of(probabilities, positive)
    print_report(confusion, roc, rows)

    outputs = []
    if options.save is not None:
        outputs.append(Output(options.save, lambda file: save(model, description, file), "Saved the model"))
    if to_predict is not None and options.predictions is not None:
        outputs.append(predictions(model, description, to_predict, options.predictions))
    if options.picture is not None:
        picture = "Drew loss, ROC and confusion"
        outputs.append(Output(options.picture, lambda file: draw(file, history, roc, confusion, labels), picture))
    write_all(outputs)


def predict_with_saved(options: Options, path: Path) -> None:
    """Predict rows with a model of an earlier run."""
    model, description = load(path)
    check_names(f"--load {path}", description)
    to_predict = read_rows_to_predict(options, description)
    if to_predict is not None and options.predictions is not None:
        write_all([predictions(model, description, to_predict, options.predictions)])


def read_examples(options: Options) -> Examples:
    """The rows with their labels; says what they are."""
    table = read_table(options.data, options.delimiter)
    rows, notes = examples(table, options.target, options.positive, options.ignore, options.blank or "drop")
    if options.data == DEFAULT_DATA:
        print(
            "Breast Cancer Wisconsin (Diagnostic): is a breast mass malignant or benign, by what its cells measure?\n"
            "Wolberg, Street and Mangasarian, UCI Machine Learning Repository, CC BY 4.0. Your own file: --help"
        )
    columns = counted(len(rows.columns), "column")
    print(f"Data: {options.data}, {counted(len(table.rows), 'row')}, {columns} to learn from.")
    for note in notes:
        print(note)
    n = int(rows.positive.sum())
    print(
        f"Target: column {rows.target}; positive is {rows.positive_label} ({counted(n, 'row')}), "
        f"negative {rows.negative_label} ({counted(len(rows.positive) - n, 'row')})."
    )
    return rows


def check_parts(rows: Examples, parts: Split, options: Options) -> None:
    """Raise BadInputError unless the rows to train on fill a batch and every column varies in them; says how many."""
    n = len(parts.training)
    if n < options.batch_size:
        raise BadInputError(
            f"{rows.table.path}: {counted(n, 'row')} to train on, fewer than a batch of {options.batch_size}; "
            f"--batch-size is to be at most {n}"
        )
    check_varied(rows, parts.training)
    print(f"Rows: {n} to train on, {len(parts.validation)} to stop by, {len(parts.held_out)} held out for the report.")


def read_rows_to_predict(options: Options, description: Description) -> Unlabelled | None:
    """The rows of --predict, if any; says what of them is not used."""
    if not options.predict:
        return None
    blank = options.blank or description.blank
    rows = unlabelled(options.predict, description.columns, description.target, blank, options.delimiter)
    for note in rows.notes:
        print(note)
    return rows


def train_with_progress(
    model: BinaryClassifier, rows: Examples, parts: Split, options: Options, generator: np.random.Generator
) -> History:
    """Train, showing progress; says how it ended."""
    sizes = " -> ".join(map(str, [len(rows.columns), *options.hidden, 1]))
    print(f"Network: {sizes}, ReLU between; AdamW, lr {options.lr:g}, batches of {options.batch_size}.", flush=True)
    with progress_of(options.epochs, every=10) as progress:
        try:
            history = train(
                model,
                (rows.values[parts.training], rows.positive[parts.training]),
                (rows.values[parts.validation], rows.positive[parts.validation]),
                epochs=options.epochs,
                batch_size=options.batch_size,
                lr=options.lr,
                weight_decay=options.weight_decay,
                patience=options.patience,
                generator=generator,
                progress=lambda epoch, training, validation: progress(
                    epoch, f"training loss {training:.4f}, validation loss {validation:.4f}"
                ),
            )
        except DivergedError as error:
            decay = f" --weight-decay {options.weight_decay:g}" if options.weight_decay >= 1 else ""
            way_out = "a smaller rate or decay" if decay else "a smaller rate"
            raise BadInputError(f"--lr {options.lr:g}{decay}: {error}; use {way_out}") from None
    print(
        f"Trained {counted(len(history.training_loss), 'epoch')} in {history.seconds:.2f} s; "
        f"kept the weights of epoch {history.best_epoch}, the best on the rows to stop by."
    )
    return history


def print_report(confusion: Confusion, roc: RocCurve, rows: Examples) -> None:
    """Say how well the held-out rows were told apart."""
    print(
        f"On the held-out rows, calling {rows.positive_label} what is at least as probable as not:\n"
        f"  accuracy  {confusion.accuracy:.4f}\n"
        f"  precision {shown(confusion.precision)}\n"
        f"  recall    {shown(confusion.recall)}\n"
        f"  ROC AUC   {roc.area:.4f}\n"
        f"  {rows.positive_label}: {confusion.true_positive} right, {confusion.false_negative} wrong; "
        f"{rows.negative_label}: {confusion.true_negative} right, {confusion.false_positive} wrong"
    )


def shown(rate: float) -> str:
    """A rate, or that there is none."""
    return "undefined: no row was called positive" if math.isnan(rate) else f"{rate:.4f}"


def predictions(model: BinaryClassifier, description: Description, rows: Unlabelled, path: Path) -> Output:
    """The file of the rows with their predictions."""
    probabilities = model.probabilities(rows.values)
    return Output(
        path,
        lambda file: write_predictions(file, rows.table, probabilities, rows.left_out, description),
        f"Predicted {counted(int(np.sum(~rows.left_out)), 'row')}",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
