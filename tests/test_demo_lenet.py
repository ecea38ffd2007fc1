"""The program that reads digits, run as a user runs it."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from programs import DEMOS, bars, interrupted, is_png, output_of, run

LENET = DEMOS / "lenet.py"


output = partial(output_of, LENET)


def accuracy(said: str) -> float:
    found = re.search(r"^Test accuracy ([\d.]+) after [\d.]+ s of training\.$", said, re.MULTILINE)
    assert found is not None
    return float(found[1])


@pytest.fixture(autouse=True)
def _needs_matplotlib() -> None:
    pytest.importorskip("matplotlib")


def test_it_learns_the_digits_that_ship_and_draws_filters_and_mistakes(tmp_path: Path) -> None:
    said = output("--epochs", 6, cwd=tmp_path)
    assert said.startswith("1437 digits to train on, 360 to test with.\n")
    assert re.findall(r"^Epoch (\d+): loss [\d.]+$", said, re.MULTILINE) == list("123456")
    assert accuracy(said) > 0.85
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lenet.npz", "lenet.png"]
    assert is_png(tmp_path / "lenet.png")


def test_a_run_repeats_by_its_seed(tmp_path: Path) -> None:
    bars(tmp_path, "t10k", 200)
    runs = [output("--mnist", tmp_path, "--epochs", 1, "--seed", seed, cwd=tmp_path) for seed in (0, 0, 1)]
    first, again, other = [re.findall(r"loss [\d.]+|accuracy [\d.]+", said) for said in runs]
    assert first == again != other


def test_of_mnists_test_files_alone_the_first_four_fifths_are_trained_on(tmp_path: Path) -> None:
    bars(tmp_path, "t10k", 400)
    said = output("--mnist", ".", "--epochs", 6, "--out", "p.png", cwd=tmp_path)
    assert said.startswith("320 digits to train on, 80 to test with.\n")
    assert accuracy(said) > 0.9
    assert (tmp_path / "p.png").exists()


def test_of_all_of_mnists_files_each_part_has_its_use(tmp_path: Path) -> None:
    bars(tmp_path, "t10k", 50)
    bars(tmp_path, "train", 100)
    said = output("--mnist", tmp_path, "--epochs", 1, cwd=tmp_path)
    assert said.startswith("100 digits to train on, 50 to test with.\n")


def test_a_folder_without_mnist_or_with_damaged_files_is_named_in_one_line(tmp_path: Path) -> None:
    done = run(LENET, "--mnist", "nowhere", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("lenet: --mnist nowhere: has none of the files t10k-images-idx3-ubyte")
    assert done.stderr.count("\n") == 1
    bars(tmp_path, "t10k", 10)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(b"something")
    done = run(LENET, "--mnist", tmp_path, cwd=tmp_path)
    assert done.returncode == 2 and "t10k-labels-idx1-ubyte.gz: is no IDX file" in done.stderr


def test_of_two_training_files_one_alone_is_no_training_set(tmp_path: Path) -> None:
    bars(tmp_path, "t10k", 10)
    bars(tmp_path, "train", 10)
    (tmp_path / "train-labels-idx1-ubyte.gz").unlink()
    done = run(LENET, "--mnist", tmp_path, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "has none of the files train-labels-idx1-ubyte" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--epochs", 0), "argument --epochs: is to be at least 1, not 0"),
        (("--epochs", "-3"), "argument --epochs: is to be at least 1, not -3"),
        (("--seed", "-1"), "argument --seed: is to be at least 0, not -1"),
        (("--out", "nowhere/p.png"), "argument --out: the folder nowhere does not exist"),
        (("--out", "a.png"), "argument --out: a.png is a folder"),
        (("--out", "p.npz"), "argument --out: is to end in .png, not p.npz"),
        (("--out", "."), "argument --out: is to end in .png, not ."),
    ],
)
def test_a_wrong_option_is_refused_before_training(arguments: tuple[object, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    done = run(LENET, *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(f"lenet.py: error: {said}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_an_interrupted_run_keeps_its_last_checkpoint_and_goes_on_from_it(tmp_path: Path) -> None:
    status, stderr = interrupted(LENET, "--epochs", 20, cwd=tmp_path, after="Epoch 1")
    kept = "lenet: interrupted: lenet.npz has the last checkpoint, --resume goes on from it\n"
    assert (status, stderr) == (130, kept)
    assert [path.name for path in tmp_path.iterdir()] == ["lenet.npz"]
    said = output("--epochs", 1, "--resume", cwd=tmp_path)
    assert re.search(r"^Going on after epoch [12], from lenet.npz.$", said, re.MULTILINE) and "Epoch" not in said
    assert accuracy(said) > 0.5


def test_without_matplotlib_the_error_names_the_extra(tmp_path: Path) -> None:
    done = run(LENET, cwd=tmp_path, hide="matplotlib")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install kytorch[plot]" in done.stderr and done.stderr.count("\n") == 1
