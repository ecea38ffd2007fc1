"""The two programs, run as a user runs them, and the few functions of theirs that one could get wrong unseen."""

import csv
import itertools
import os
import pty
import re
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

from kytorch import checkpoint, nn

ROOT = Path(__file__).resolve().parent.parent
DEMOS = ROOT / "demos"
WISCONSIN = DEMOS / "data" / "breast_cancer_wisconsin.csv"
TRAIN = DEMOS / "train_binary_classifier.py"
QUICK = ["--epochs", "3"]


def environment(*first: Path) -> dict[str, str]:
    """A user's environment in which kytorch is found, and what is in the folders `first` before all else."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [*first, ROOT])), "PYTHONWARNINGS": "error"}


def run(program: Path, *arguments: object, cwd: Path, hide: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program in `cwd`, with the package `hide`, if any, as good as not installed."""
    first = []
    if hide:
        folder = cwd.parent / f"{cwd.name}-without-{hide}"
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(f"import sys\nsys.modules[{hide!r}] = None\n")
        first = [folder]
    command = [sys.executable, program, *map(str, arguments)]
    env = environment(*first)
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False)


def succeed(*arguments: object, cwd: Path, hide: str | None = None) -> str:
    """The standard output of a run of the trainer that ends well and in silence on standard error."""
    done = run(TRAIN, *arguments, cwd=cwd, hide=hide)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def reported(output: str, name: str) -> float:
    return float(re.search(rf"{name} +([\d.]+)$", output, re.MULTILINE)[1])


def rows_of(path: Path, delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def table(n: int = 60) -> list[list[str]]:
    """A header and `n` rows of two columns that tell apart the labels no and yes, both equally frequent."""
    random = np.random.default_rng(7)
    rows = [["size", "weight", "label"]]
    for i in range(n):
        size, weight = random.normal(i % 2, 0.5), random.normal(-(i % 2), 0.5)
        rows.append([f"{size:.3f}", f"{weight:.3f}", ["no", "yes"][i % 2]])
    return rows


def text(rows: list[list[str]], delimiter: str = ",") -> str:
    return "".join(delimiter.join(row) + "\n" for row in rows)


def edited(row: int, column: int, cell: str) -> str:
    """The small table with one cell replaced; row 1 is the header, column 1 the first."""
    rows = table()
    rows[row - 1][column - 1] = cell
    return text(rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rows.csv").write_text(text(table()))
    return tmp_path


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


# Bad input


def refused(done: subprocess.CompletedProcess[str], *said: str) -> None:
    """It ended with status 2 and one line on standard error that says all of `said`."""
    assert done.returncode == 2
    assert done.stderr.startswith("train_binary_classifier: ")
    assert done.stderr.count("\n") == 1 and done.stderr.endswith("\n")
    for words in said:
        assert words in done.stderr
    assert "Epoch" not in done.stdout


def all_the_same(cell: str) -> str:
    """The small table with `cell` in every row of column 2."""
    header, *rows = table()
    return text([header, *([row[0], cell, row[2]] for row in rows)])


BAD_TABLES: dict[str, tuple[str | bytes, list[str]]] = {
    "an empty file": ("", ["empty"]),
    "only blank lines": ("\n \n", ["empty"]),
    "a header only": ("size,weight,label\n", ["header", "no rows"]),
    "a binary file": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ["binary"]),
    "a workbook": (b"PK\x03\x04rest", ["workbook"]),
    "another encoding": (text(table()).replace("size", "größe").encode("latin-1"), ["line 1", "UTF-8"]),
    "prose": ("It was a dark night.\nThe rain fell.\n", ["no column to learn from"]),
    "an open quote": (edited(4, 1, '"1.0'), ["row 4"]),
    "columns of one name": (edited(1, 2, "size"), ["columns 1 and 2", "'size'"]),
    "a column without a name": (edited(1, 2, " "), ["row 1, column 2", "no name"]),
    "no header": (text(table()[1:]), ["row 1", "name the columns"]),
    "too many cells": (edited(7, 2, "1,2"), ["row 7 has 4 cells", "header 3"]),
    "too few cells": (text(table()) + "1.5\n", ["row 62 has 1 cell,", "header 3"]),
    "a word for a number": (edited(5, 2, "heavy"), ["row 5, column 2 (weight)", "'heavy'", "--ignore"]),
    "a word after an empty line": ("\n" + edited(5, 2, "heavy"), ["row 6, column 2 (weight)"]),
    "a decimal comma": (edited(5, 2, '"1,5"'), ["row 5, column 2 (weight)", "'1,5'", "point"]),
    "an underscore": (edited(5, 2, "1_000"), ["row 5, column 2 (weight)"]),
    "infinity": (edited(3, 1, "inf"), ["row 3, column 1 (size)", "'inf'"]),
    "not a number": (edited(3, 1, "NaN"), ["row 3, column 1 (size)", "'NaN'"]),
    "a number beyond all bounds": (edited(3, 1, "1e400"), ["row 3, column 1 (size)", "'1e400'"]),
    "one label": (text(table()).replace("yes", "no"), ["column 3 (label)", "only one label", "'no' (60)"]),
    "three labels": (edited(9, 3, "maybe"), ["column 3 (label)", "3 labels", "'maybe' (1)"]),
    "a blank in every row": (all_the_same(""), ["every row"]),
    "a constant column": (all_the_same("3.5"), ["column 2 (weight)", "constant", "3.5"]),
    "a constant that rounds": (all_the_same("0.1"), ["column 2 (weight)", "constant"]),
    "fewer rows than a batch": (text(table(30)), ["batch of 32", "--batch-size"]),
    "too few of a label": (text(table()).replace("yes", "no", 28), ["2 rows with the label yes", "too few"]),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_bad_table_is_refused_in_one_line_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    content, said = BAD_TABLES[name]
    (tmp_path / "bad.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    done = run(TRAIN, "bad.csv", "--save", "m.npz", "--predict", WISCONSIN, "--predictions", "p.csv", cwd=tmp_path)
    refused(done, "bad.csv: ", *said)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


BAD_OPTIONS: dict[str, tuple[str, list[str]]] = {
    "no such file": ("nothing.csv", ["nothing.csv: there is no such file"]),
    "a folder": (".", ["is a folder"]),
    "a device": ("/dev/zero", ["is a device"]),
    "a file below a file": ("rows.csv/x.csv", ["rows.csv/x.csv", "cannot be read"]),
    "a missing target": ("rows.csv --target lable", ["'lable'", "did you mean label?", "size, weight, label"]),
    "a missing ignored column": ("rows.csv --ignore wait", ["'wait'", "did you mean weight?"]),
    "the target ignored": ("rows.csv --ignore label", ["label", "target"]),
    "all columns ignored": ("rows.csv --ignore size --ignore weight", ["no column to learn from"]),
    "an unknown label": ("rows.csv --positive Yes", ["--positive Yes", "no and yes"]),
    "blanks refused": ("blank.csv --blank refuse", ["blank.csv: row 3, column 2 (weight)", "1 blank cell "]),
    "negative epochs": ("rows.csv --epochs -3", ["--epochs", "'-3'"]),
    "half an epoch": ("rows.csv --epochs 1.5", ["--epochs", "'1.5'"]),
    "no batch": ("rows.csv --batch-size 0", ["--batch-size", "'0'"]),
    "a rate of 0": ("rows.csv --lr 0", ["--lr", "'0'"]),
    "an infinite rate": ("rows.csv --lr inf", ["--lr", "'inf'"]),
    "a rate at which training breaks down": ("rows.csv --lr 1e30", ["--lr 1e+30", "epoch"]),
    "a rate of nan": ("rows.csv --lr nan", ["--lr", "'nan'"]),
    "all rows held out": ("rows.csv --test-fraction 1", ["--test-fraction", "'1'"]),
    "most rows held out": ("rows.csv --test-fraction 0.99", ["too few", "0.99"]),
    "hidden words": ("rows.csv --hidden many", ["--hidden", "'many'"]),
    "a hidden size of 0": ("rows.csv --hidden 8,0", ["--hidden", "'8,0'"]),
    "a negative seed": ("rows.csv --seed -1", ["--seed", "'-1'"]),
    "a long delimiter": ("rows.csv --delimiter ab", ["--delimiter", "'ab'"]),
    "an unknown option": ("rows.csv --frobnicate", ["--frobnicate"]),
    "an unknown way with blanks": ("rows.csv --blank guess", ["--blank", "guess"]),
    "a missing folder to save in": ("rows.csv --save no/m.npz", ["--save no/m.npz", "no folder no"]),
    "a folder to save as": ("rows.csv --save sub", ["--save sub", "is a folder"]),
    "a device to save as": ("rows.csv --save /dev/null", ["--save /dev/null", "not a file"]),
    "the data to save as": ("rows.csv --save ./rows.csv", ["--save rows.csv", "DATA"]),
    "two outputs in one": ("rows.csv --save a.png --picture a.png", ["--picture a.png", "--save"]),
    "a picture that is no PNG": ("rows.csv --picture a.jpg", ["a.jpg", ".png"]),
    "predictions of nothing": ("rows.csv --predictions p.csv", ["--predict"]),
    "missing rows to predict": ("rows.csv --predict nothing.csv", ["nothing.csv: there is no such file"]),
    "missing columns to predict": ("rows.csv --predict short.csv", ["short.csv", "missing", ": weight;", "size, wait"]),
    "bad cells to predict": ("rows.csv --predict wrong.csv", ["wrong.csv: row 2, column 2 (weight)", "'x'"]),
    "blank cells to predict": ("rows.csv --blank refuse --predict blank.csv", ["blank.csv: row 3, column 2 (weight)"]),
    "a model without rows": ("--load rows.csv", ["--load", "--predict"]),
    "a model and training": ("--load m.npz --predict rows.csv --epochs 3", ["--epochs", "training"]),
    "a model and data": ("rows.csv --load m.npz --predict rows.csv", ["DATA", "training"]),
    "no such model": ("--load m.npz --predict rows.csv", ["m.npz", "no such file"]),
    "a folder for a model": ("--load sub --predict rows.csv", ["sub", "cannot be read"]),
    "a table for a model": ("--load rows.csv --predict wrong.csv", ["rows.csv", "not a checkpoint"]),
}


@pytest.mark.parametrize("name", BAD_OPTIONS)
def test_a_bad_option_is_refused_in_one_line_and_nothing_is_written(folder: Path, name: str) -> None:
    arguments, said = BAD_OPTIONS[name]
    (folder / "sub").mkdir()
    (folder / "blank.csv").write_text(edited(3, 2, ""))
    (folder / "short.csv").write_text("size,wait\n1,2\n")
    (folder / "wrong.csv").write_text("size,weight\n1,x\n")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    refused(run(TRAIN, *arguments.split(), cwd=folder), *said)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_what_is_forbidden_is_refused_in_one_line(folder: Path) -> None:
    (folder / "rows.csv").chmod(0)
    refused(run(TRAIN, "rows.csv", cwd=folder), "rows.csv", "cannot be read")
    (folder / "sub").mkdir(mode=0o500)
    refused(run(TRAIN, "--save", "sub/m.npz", cwd=folder), "--save sub/m.npz", "cannot be written")


def test_a_damaged_model_and_one_of_another_program_are_refused_in_one_line(folder: Path) -> None:
    succeed("rows.csv", *QUICK, "--save", "m.npz", cwd=folder)
    whole = (folder / "m.npz").read_bytes()
    (folder / "cut.npz").write_bytes(whole[: len(whole) // 2])
    at = whole.index(b"model/layers.0.weight") + 200
    (folder / "flipped.npz").write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    np.savez(folder / "foreign.npz", weight=np.ones(3))
    checkpoint.save(nn.Linear(2, 1), folder / "another.npz", metadata={"a": 1})
    for model in ("cut", "flipped", "foreign", "another"):
        done = run(TRAIN, "--load", f"{model}.npz", "--predict", "rows.csv", cwd=folder)
        refused(done, f"{model}.npz")
    assert not (folder / "rows_predictions.csv").exists()


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
