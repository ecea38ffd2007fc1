"""Bad input ends in one line that names the trouble, with exit status 2 and nothing written."""

import os
from pathlib import Path

import numpy as np
import pytest
from programs import QUICK, TRAIN, WISCONSIN, edited, refused, run, succeed, table, text

from kytorch import checkpoint, nn


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
    "too many cells": (edited(7, 2, "1,2"), ["row 7 has 4 cells", "header 3", "','", "--delimiter"]),
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
    "a column that all but does not vary": (
        text([[row[0], f"{i}e-200" if i else row[1], row[2]] for i, row in enumerate(table())]),
        ["column 2 (weight) varies too little"],
    ),
    "a column of the name of a prediction": (edited(1, 2, "predicted_label"), ["predicted_label;", "--ignore"]),
    "a column of the name of a probability": (edited(1, 1, "probability_of_yes"), ["probability_of_yes;", "--ignore"]),
    "a target of the name of a probability": (edited(1, 3, "probability_of_yes"), ["probability_of_yes; rename"]),
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
    "a rate at which the last step breaks down": ("rows.csv --lr 1e10 --epochs 1 --save m.npz", ["--lr 1e+10:"]),
    "a decay at which training breaks down": (
        "rows.csv --weight-decay 1e30",
        ["--lr 0.003 --weight-decay 1e+30:", "epoch 1", "rate or decay"],
    ),
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
