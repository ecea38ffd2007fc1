"""The program that reads digits with perceptrons, run as a user runs it."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from programs import DEMOS, bars, interrupted, is_png, output_of, run

PERCEPTRONS = DEMOS / "mnist_perceptrons.py"
output = partial(output_of, PERCEPTRONS)


@pytest.fixture(autouse=True)
def _needs_matplotlib() -> None:
    pytest.importorskip("matplotlib")


def accuracies(said: str) -> dict[str, float]:
    found = re.findall(r"^Test accuracy of (\w+) ([\d.]+) after [\d.]+ s of training\.$", said, re.MULTILINE)
    return {name: float(accuracy) for name, accuracy in found}


def test_both_networks_learn_the_digits_that_ship(tmp_path: Path) -> None:
    said = output("--epochs", 5, cwd=tmp_path)
    assert said.startswith("1437 digits to train on, 360 to test with.\nsigmoid, in batches of 4:\nEpoch 1: loss ")
    found = accuracies(said)
    assert found["sigmoid"] > 0.7 and found["relu"] > 0.83
    names = ["mnist_perceptrons.png", "mnist_perceptrons_relu.npz", "mnist_perceptrons_sigmoid.npz"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert is_png(tmp_path / "mnist_perceptrons.png")


def test_of_mnists_test_files_alone_the_first_four_fifths_are_trained_on(tmp_path: Path) -> None:
    bars(tmp_path, "t10k", 400)
    said = output("--mnist", ".", "--epochs", 8, cwd=tmp_path)
    assert said.startswith("320 digits to train on, 80 to test with.\n")
    assert accuracies(said)["relu"] > 0.9 and accuracies(said)["sigmoid"] > 0.5


def test_a_folder_without_mnist_is_named_in_one_line(tmp_path: Path) -> None:
    done = run(PERCEPTRONS, "--mnist", "nowhere", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("mnist_perceptrons: --mnist nowhere: has none of the files t10k-images-idx3-ubyte")


def test_an_interrupted_run_goes_on_from_its_last_checkpoint_as_if_it_had_not_been(tmp_path: Path) -> None:
    bars(tmp_path, "t10k", 100)
    options = ["--mnist", ".", "--epochs", 40]
    whole = output(*options, "--out", "whole.png", cwd=tmp_path)
    status, stderr = interrupted(PERCEPTRONS, *options, "--out", "p.png", cwd=tmp_path, after="Epoch 1")
    kept = "mnist_perceptrons: interrupted: p_sigmoid.npz has the last checkpoint, --resume goes on from it\n"
    assert (status, stderr) == (130, kept)
    said = output(*options, "--out", "p.png", "--resume", cwd=tmp_path)
    assert re.search(r"^Going on after epoch \d+, from p_sigmoid.npz\.$", said, re.MULTILINE)
    assert "There is no checkpoint p_relu.npz: the training begins.\n" in said
    assert accuracies(said) == accuracies(whole)
    for network in ("sigmoid", "relu"):
        with np.load(tmp_path / f"whole_{network}.npz") as a, np.load(tmp_path / f"p_{network}.npz") as b:
            arrays = [entry for entry in a.files if entry.startswith(("model/", "optimizer/"))]
            assert len(arrays) >= 18 and a.files == b.files
            assert all(np.array_equal(a[entry], b[entry]) for entry in arrays)
