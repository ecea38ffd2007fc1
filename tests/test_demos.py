"""The two programs, run as a user runs them."""

import csv
import itertools
import os
import pty
import re
import resource
import select
import signal
import statistics
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from programs import (
    DEMOS,
    QUICK,
    TRAIN,
    WISCONSIN,
    edited,
    environment,
    refused,
    reported,
    rows_of,
    run,
    succeed,
    table,
    text,
)


@pytest.fixture(scope="module")
def demos() -> Iterator[Callable[[str], ModuleType]]:
    """Imports a module of the demos."""
    sys.path.insert(0, str(DEMOS))
    yield import_module
    sys.path.remove(str(DEMOS))


# The first lesson


def test_the_first_lesson_prints_every_hundredth_epoch_and_learns(tmp_path: Path) -> None:
    done = run(DEMOS / "two_layer_binary_classification.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [re.fullmatch(r"Epoch (\d+): Loss: (\d\.\d+(?:e-\d+)?)", line) for line in done.stdout.splitlines()]
    assert [int(line[1]) for line in lines] == list(range(0, 2000, 100))
    assert done.stdout.startswith("Epoch 0: Loss: 0.7493288")
    assert float(lines[-1][2]) < 0.0012


# Training on the data that ships


def test_five_seeds_reach_the_promised_accuracy_and_area_in_time(tmp_path: Path) -> None:
    outputs = [succeed("--seed", seed, cwd=tmp_path) for seed in range(5)]
    assert statistics.median(reported(output, "accuracy") for output in outputs) >= 0.96
    assert statistics.median(reported(output, "ROC AUC") for output in outputs) >= 0.99
    assert len({re.search(r"Epoch 1: .*", output)[0] for output in outputs}) == 5


def test_without_arguments_it_names_data_source_licence_and_labels_and_writes_nothing(tmp_path: Path) -> None:
    output = succeed(cwd=tmp_path)
    for said in ("Breast Cancer Wisconsin", "UCI", "CC BY 4.0", "569 rows", "positive is malignant (212 rows)"):
        assert said in output
    assert not list(tmp_path.iterdir())


def test_the_report_agrees_with_the_predictions_of_the_same_run(tmp_path: Path) -> None:
    output = succeed("--predict", WISCONSIN, "--predictions", "out.csv", "--save", "m.npz", cwd=tmp_path)
    header, *rows = rows_of(tmp_path / "out.csv")
    assert header[-3:] == ["diagnosis", "probability_of_malignant", "predicted_diagnosis"]
    assert [row[:-2] for row in rows] == rows_of(WISCONSIN)[1:]
    assert all((float(row[-2]) >= 0.5) == (row[-1] == "malignant") for row in rows)
    assert sum(row[-1] == row[-3] for row in rows) / len(rows) == pytest.approx(reported(output, "accuracy"), abs=0.03)


def test_a_run_repeats_bit_for_bit(folder: Path) -> None:
    for name in "ab":
        outputs = ["--save", f"{name}.npz", "--predictions", f"{name}.csv"]
        succeed("rows.csv", *outputs, "--predict", "rows.csv", cwd=folder)
    assert (folder / "a.csv").read_bytes() == (folder / "b.csv").read_bytes()
    with np.load(folder / "a.npz") as a, np.load(folder / "b.npz") as b:
        assert a.files == b.files and all(np.array_equal(a[name], b[name]) for name in a.files)


# A saved model


def test_a_saved_model_predicts_in_a_new_process_bit_for_bit_what_it_predicted_before(tmp_path: Path) -> None:
    succeed("--save", "m.npz", "--predict", WISCONSIN, "--predictions", "a.csv", cwd=tmp_path)
    succeed("--load", "m.npz", "--predict", WISCONSIN, "--predictions", "b.csv", cwd=tmp_path)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_columns_to_predict_are_matched_by_name_and_extra_ones_named(folder: Path) -> None:
    succeed("rows.csv", *QUICK, "--save", "m.npz", "--predict", "rows.csv", cwd=folder)
    rows = [[row[1], "x" if i else "note", row[0]] for i, row in enumerate(table())]
    (folder / "other.csv").write_text(text(rows))
    output = succeed("--load", "m.npz", "--predict", "other.csv", cwd=folder)
    assert "other.csv" in output and "note" in output
    probabilities = [[row[-2] for row in rows_of(folder / f"{name}_predictions.csv")] for name in ("rows", "other")]
    assert probabilities[0] == probabilities[1]


def test_predictions_of_predictions_replace_them(folder: Path) -> None:
    succeed("rows.csv", *QUICK, "--save", "m.npz", "--predict", "rows.csv", "--predictions", "once.csv", cwd=folder)
    succeed("--load", "m.npz", "--predict", "once.csv", "--predictions", "twice.csv", cwd=folder)
    assert (folder / "once.csv").read_bytes() == (folder / "twice.csv").read_bytes()


def test_a_cell_with_a_line_end_of_any_kind_is_one_cell_of_the_predictions(folder: Path) -> None:
    rows = table()
    for i, row in enumerate(rows):
        row.insert(0, {0: "a\rnote", 1: "x\ry", 2: "x\ny", 3: "x\r\ny", 4: 'x,"\ry'}.get(i, "note"))
    with (folder / "notes.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    succeed("notes.csv", *QUICK, "--ignore", "a\rnote", "--predict", "notes.csv", cwd=folder)
    assert [row[:-2] for row in rows_of(folder / "notes_predictions.csv")] == rows


# Blank cells


@pytest.fixture
def blanks(folder: Path) -> Path:
    rows = table()
    rows[5][0], rows[9][0], rows[9][1], rows[20][2] = "", " ", "", ""
    (folder / "blanks.csv").write_text(text(rows))
    return folder


def test_rows_with_blank_cells_are_dropped_and_counted(blanks: Path) -> None:
    output = succeed("blanks.csv", *QUICK, "--save", "m.npz", "--predict", "blanks.csv", cwd=blanks)
    assert "dropped 3 of 60 rows" in output
    rows = rows_of(blanks / "blanks_predictions.csv")
    for added in (-1, -2):
        assert [i for i, row in enumerate(rows) if not row[added]] == [5, 9]


def test_blank_cells_are_imputed_by_the_training_median_that_is_saved(blanks: Path) -> None:
    output = succeed(
        "blanks.csv", *QUICK, "--blank", "impute", "--save", "m.npz", "--predict", "blanks.csv", cwd=blanks
    )
    assert "dropped 1 of 60 rows" in output and "filled 3" in output
    with np.load(blanks / "m.npz") as entries:
        median = entries["model/fill_blanks.median"]
    rows = table()
    rows[5][0], rows[9] = repr(float(median[0])), [repr(float(median[0])), repr(float(median[1])), "no"]
    (blanks / "filled.csv").write_text(text(rows))
    succeed("--load", "m.npz", "--predict", "filled.csv", cwd=blanks)
    probabilities = [[row[-2] for row in rows_of(blanks / f"{name}_predictions.csv")] for name in ("blanks", "filled")]
    assert probabilities[0] == probabilities[1]


@pytest.fixture
def gaps(folder: Path) -> Path:
    rows = [",".join(row) for row in table()]
    rows[3:3], rows[8:8] = [""], [",,"]
    (folder / "gaps.csv").write_text("\n".join(["", *rows, "", ",,", ""]))
    return folder


def test_rows_without_text_between_others_are_rows_of_blank_cells(gaps: Path) -> None:
    for blank in ("drop", "impute"):  # a row without a label is dropped in any case
        assert "dropped 2 of 62 rows" in succeed("gaps.csv", *QUICK, "--blank", blank, cwd=gaps)
    refused(run(TRAIN, "gaps.csv", "--blank", "refuse", cwd=gaps), "gaps.csv: row 5, column 1 (size)", "6 blank cells")


def test_predictions_stay_beside_their_rows_where_rows_without_text_are_between(gaps: Path) -> None:
    succeed("rows.csv", *QUICK, "--save", "m.npz", "--predict", "rows.csv", cwd=gaps)
    expected = rows_of(gaps / "rows_predictions.csv")
    for blank in ("drop", "impute"):
        succeed("--load", "m.npz", "--predict", "gaps.csv", "--blank", blank, cwd=gaps)
        rows = rows_of(gaps / "gaps_predictions.csv")
        without_text = [rows.pop(8), rows.pop(3)]
        assert [row[:3] + row[4:] for row in rows] == [row[:3] + row[4:] for row in expected]
        # A product of more rows may differ in its last bit.
        found, before = (np.array([row[3] for row in x[1:]], float) for x in (rows, expected))
        np.testing.assert_allclose(found, before, rtol=1e-6)
        assert all(row[:3] == ["", "", ""] and bool(row[3] and row[4]) == (blank == "impute") for row in without_text)


# Kinds of CSV


@pytest.mark.parametrize(
    ("name", "content"),
    {
        "a byte order mark": text(table()).encode("utf-8-sig"),
        "utf-16": text(table()).encode("utf-16"),
        "carriage returns": text(table()).replace("\n", "\r\n").encode(),
        "quotes": text([[f'"{cell}"' for cell in row] for row in table()]).encode(),
        "semicolons": text(table(), ";").encode(),
        "tabs": text(table(), "\t").encode(),
        "trailing empty lines": (text(table()) + "\n\n,,\n").encode(),
        "blanks around cells": text(table(), " , ").encode(),
        "no newline at the end": text(table()).rstrip().encode(),
    }.items(),
)
def test_every_usual_way_to_write_a_table_reads_the_same(folder: Path, name: str, content: bytes) -> None:
    (folder / "other.csv").write_bytes(content)
    for data in ("rows", "other"):
        succeed(f"{data}.csv", *QUICK, "--predict", "rows.csv", "--predictions", f"{data}.out", cwd=folder)
    assert (folder / "rows.out").read_bytes() == (folder / "other.out").read_bytes()


@pytest.mark.parametrize(
    ("header", "delimiter"), [("size (a, b, c);weight (kg, dry);label", ";"), ("size;weight;dry|x,weight,label", ",")]
)
def test_the_delimiter_is_the_one_by_which_the_rows_agree_with_the_header(
    folder: Path, header: str, delimiter: str
) -> None:
    (folder / "other.csv").write_text(header + "\n" + text(table()[1:], delimiter))
    assert "60 rows, 2 columns to learn from" in succeed("other.csv", *QUICK, cwd=folder)


def test_an_explicit_delimiter_target_label_and_ignored_column_are_used(folder: Path) -> None:
    rows = [[row[2], row[0], f"p{i}" if i else "patient, name", row[1]] for i, row in enumerate(table())]
    (folder / "odd.txt").write_text(text(rows, "^"))
    options = ["--delimiter", "^", "--target", "label", "--positive", "no", "--ignore", "patient, name"]
    output = succeed("odd.txt", *options, *QUICK, "--predict", "odd.txt", cwd=folder)
    assert "positive is no (30 rows), negative yes (30 rows)" in output
    header = rows_of(folder / "odd_predictions.csv", "^")[0]
    assert header == [*rows[0], "probability_of_no", "predicted_label"]


@pytest.mark.parametrize(
    ("labels", "positive"), [(("0", "1"), "1"), (("1", "0"), "1"), (("9", "10"), "10"), (("Spam", "ham"), "Spam")]
)
def test_the_positive_label_is_by_default_the_greater_number_or_word(
    folder: Path, labels: tuple[str, str], positive: str
) -> None:
    rows = [[*row[:2], dict(zip(("no", "yes"), labels)).get(row[2], row[2])] for row in table()]
    (folder / "rows.csv").write_text(text(rows))
    assert f"positive is {positive} (30 rows)" in succeed("rows.csv", *QUICK, cwd=folder)


def test_a_number_is_one_label_however_it_is_written(folder: Path) -> None:
    rows = [
        [*row[:2], {"no": ["0", "0.0"], "yes": ["1", "1e0"]}.get(row[2], ["label"] * 2)[i % 3 == 0]]
        for i, row in enumerate(table())
    ]
    (folder / "rows.csv").write_text(text(rows))
    assert "(30 rows), negative 0" in succeed("rows.csv", *QUICK, cwd=folder)


# The picture and the progress


def test_the_picture_is_a_png(folder: Path) -> None:
    pytest.importorskip("matplotlib")
    succeed("rows.csv", *QUICK, "--picture", "p.png", cwd=folder)
    picture = (folder / "p.png").read_bytes()
    assert picture.startswith(b"\x89PNG") and picture.endswith(b"IEND\xaeB\x60\x82")
    assert sorted(path.name for path in folder.iterdir()) == ["p.png", "rows.csv"]


def test_labels_that_the_font_does_not_have_are_drawn_in_silence(folder: Path) -> None:
    pytest.importorskip("matplotlib")
    (folder / "rows.csv").write_text(text(table()).replace("yes", "はい"), encoding="utf-8")
    succeed("rows.csv", *QUICK, "--picture", "p.png", cwd=folder)
    assert (folder / "p.png").exists()


def test_without_matplotlib_the_error_names_the_extra(folder: Path) -> None:
    refused(run(TRAIN, "rows.csv", "--picture", "p.png", cwd=folder, hide="matplotlib"), "pip install kytorch[plot]")


def on_a_terminal(*arguments: object, cwd: Path, before: Path) -> str:
    """What the trainer writes to standard error when that is a terminal."""
    terminal, of_program = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    command = [sys.executable, TRAIN, *map(str, arguments)]
    env = environment(before)
    with subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=of_program) as done:
        os.close(of_program)
        written = b""
        while select.select([terminal], [], [], 60)[0]:
            try:
                chunk = os.read(terminal, 65536)
            except OSError:  # the program has closed its end
                break
            if not chunk:
                break
            written += chunk
    os.close(terminal)
    assert done.returncode == 0
    return written.decode()


def test_a_terminal_shows_a_bar_where_tqdm_is_installed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    pytest.importorskip("tqdm")
    hidden = tmp_path_factory.mktemp("hidden")
    assert "/3 " in on_a_terminal("rows.csv", *QUICK, cwd=folder, before=hidden)
    (hidden / "sitecustomize.py").write_text("import sys\nsys.modules['tqdm'] = None\n")
    assert on_a_terminal("rows.csv", *QUICK, cwd=folder, before=hidden) == ""


def test_without_tqdm_progress_is_plain_lines(folder: Path) -> None:
    output = succeed("rows.csv", "--epochs", 20, "--patience", 0, cwd=folder, hide="tqdm")
    assert re.findall(r"^Epoch (\d+): training loss [\d.]+, validation loss [\d.]+$", output, re.MULTILINE) == [
        "1",
        "10",
        "20",
    ]


def test_an_interrupt_ends_in_one_line_with_status_130_and_nothing_written(folder: Path) -> None:
    endless = ["rows.csv", "--epochs", "10000000", "--patience", "0", "--save", "m.npz"]
    with subprocess.Popen(
        [sys.executable, TRAIN, *endless],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        assert any(line.startswith("Epoch") for line in program.stdout)
        program.send_signal(signal.SIGINT)
        problem = program.communicate(timeout=60)[1]
    assert (program.returncode, problem) == (130, "train_binary_classifier: interrupted\n")
    assert [path.name for path in folder.iterdir()] == ["rows.csv"]


# What is written, and where it cannot be


@pytest.mark.parametrize(
    ("limit", "unwritten"), [(500, "m.npz"), (20_000, "p.csv")], ids=["the first output", "a later output"]
)
def test_a_full_disk_is_named_with_the_file_and_nothing_is_written(folder: Path, limit: int, unwritten: str) -> None:
    (folder / "p.csv").write_text("old")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    done = subprocess.run(
        [sys.executable, TRAIN, *QUICK, "--save", "m.npz", "--predict", WISCONSIN, "--predictions", "p.csv"],
        cwd=folder,
        env={**environment(), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    problem = f"train_binary_classifier: {unwritten}: cannot be written: File too large\n"
    assert (done.returncode, done.stderr) == (2, problem)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert "Saved" not in done.stdout and "Predicted" not in done.stdout


def test_an_output_may_have_as_long_a_name_as_there_can_be(folder: Path) -> None:
    longest = os.pathconf(folder, "PC_NAME_MAX")
    model, predictions = "m" * longest, "p" * longest
    succeed("rows.csv", *QUICK, "--save", model, "--predict", "rows.csv", "--predictions", predictions, cwd=folder)
    assert sorted(path.name for path in folder.iterdir()) == [model, predictions, "rows.csv"]


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-"])
def test_a_closed_output_stream_is_no_trouble(folder: Path, closed: str) -> None:
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, TRAIN, "rows.csv", *QUICK, "--save", "m.npz"]
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (folder / "m.npz").exists()


def test_one_of_a_thing_is_said_in_the_singular(folder: Path) -> None:
    (folder / "rows.csv").write_text(text([[row[0], row[2]] for row in table()]))
    output = succeed("rows.csv", "--epochs", 1, cwd=folder)
    assert "60 rows, 1 column to learn from" in output and "Trained 1 epoch in" in output


# What the report counts


def test_the_area_under_the_curve_counts_pairs_and_ties_half(demos: Callable[[str], ModuleType]) -> None:
    roc = demos("classifier.report").RocCurve
    random = np.random.default_rng(3)
    for n, levels in itertools.product((2, 5, 40), (1, 2, 5, 1000)):
        scores = random.integers(0, levels, n) / levels
        positive = np.arange(n) % 2 == 0
        pairs = [(a > b) + (a == b) / 2 for a in scores[positive] for b in scores[~positive]]
        curve = roc.of(scores, positive)
        assert curve.area == sum(pairs) / len(pairs)
        assert np.trapezoid(curve.true_positive_rate, curve.false_positive_rate) == pytest.approx(curve.area)


def test_rates_are_of_the_right_counts_and_undefined_without_any(demos: Callable[[str], ModuleType]) -> None:
    confusion = demos("classifier.report").Confusion
    called = np.array([True, True, True, False, False, False, False, False])
    positive = np.array([True, True, False, True, False, False, False, True])
    counts = confusion.of(called, positive)
    assert (counts.true_positive, counts.false_positive, counts.false_negative, counts.true_negative) == (2, 1, 2, 3)
    assert (counts.accuracy, counts.precision, counts.recall) == (5 / 8, 2 / 3, 1 / 2)
    assert np.isnan(confusion.of(np.zeros(8, bool), positive).precision)


def test_a_split_has_every_row_once_and_both_labels_in_proportion(demos: Callable[[str], ModuleType]) -> None:
    data, tables = demos("classifier.data"), demos("classifier.csv_table")
    rows, _ = data.examples(tables.read_table(WISCONSIN), None, None, [], "drop")
    parts = data.split(rows, 0.2, 0.15, np.random.default_rng(0))
    chosen = [parts.training, parts.validation, parts.held_out]
    assert sorted(np.concatenate(chosen)) == list(range(569))
    assert [len(part) for part in chosen] == [387, 69, 113]
    assert all(abs(rows.positive[part].mean() - 212 / 569) < 0.01 for part in chosen)
    again = data.split(rows, 0.2, 0.15, np.random.default_rng(0))
    other = data.split(rows, 0.2, 0.15, np.random.default_rng(1))
    assert np.array_equal(again.held_out, parts.held_out) and not np.array_equal(other.held_out, parts.held_out)


def test_a_model_with_a_column_of_the_name_of_a_prediction_is_refused(
    folder: Path, demos: Callable[[str], ModuleType]
) -> None:
    models, saved = demos("classifier.model"), demos("classifier.saved")
    description = saved.Description(["size", "predicted_label"], "label", "no", "yes", [4], "drop")
    saved.save(models.BinaryClassifier(2, [4]), description, folder / "m.npz")
    (folder / "rows.csv").write_text(edited(1, 2, "predicted_label"))
    refused(run(TRAIN, "--load", "m.npz", "--predict", "rows.csv", cwd=folder), "--load m.npz", "predicted_label")
    assert not (folder / "rows_predictions.csv").exists()
