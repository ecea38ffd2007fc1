"""The program that learns x^2, run as a user runs it."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from programs import DEMOS, interrupted, is_png, output_of

import kytorch as kt
from kytorch import nn

SQUARE = DEMOS / "learn_square.py"
output = partial(output_of, SQUARE)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run's folder and output."""
    pytest.importorskip("matplotlib")
    folder = tmp_path_factory.mktemp("whole")
    return folder, output("--epochs", 2, cwd=folder)


def losses(said: str) -> list[float]:
    return [float(x) for x in re.findall(r"^Epoch \d+: loss ([\d.]+)$", said, re.MULTILINE)]


def errors(said: str) -> list[float]:
    pattern = r"^x² (?:point by point|batches of 50): loss [\d.]+, mean absolute error ([\d.]+), after [\d.]+ s$"
    return [float(x) for x in re.findall(pattern, said, re.MULTILINE)]


def test_it_learns_point_by_point_and_in_batches_and_draws_losses_and_curves(whole: tuple[Path, str]) -> None:
    folder, said = whole
    first, second, first_of_batches, second_of_batches = losses(said)
    assert first < 200 and second < 60
    assert first_of_batches < 1000 and second_of_batches < 200
    assert len(errors(said)) == 2 and max(errors(said)) < 10
    names = ["learn_square.gif", "learn_square.png", "learn_square_1.npz", "learn_square_50.npz"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert is_png(folder / "learn_square.png")
    image = pytest.importorskip("PIL.Image")
    with image.open(folder / "learn_square.gif") as animation:
        assert (animation.format, animation.n_frames) == ("GIF", 2)


def test_the_curves_are_those_of_the_networks_in_the_checkpoints(whole: tuple[Path, str]) -> None:
    folder, said = whole
    hidden = [nn.Linear(1, 32), nn.LeakyReLU(), nn.Linear(32, 32), nn.LeakyReLU(), nn.Linear(32, 32), nn.LeakyReLU()]
    model, x = nn.Sequential(*hidden, nn.Linear(32, 1)), kt.linspace(-10.0, 10.0, 201)[:, None]
    for batch_size, error in zip((1, 50), errors(said)):
        metadata = kt.load(model, folder / f"learn_square_{batch_size}.npz").metadata
        _, [_, _, *curve] = metadata["history"]
        np.testing.assert_allclose(model(x).numpy()[:, 0], curve, rtol=1e-5, atol=1e-4)
        assert (model(x) - x * x).abs().mean().item() == pytest.approx(error, abs=1e-3)


def test_a_run_that_is_resumed_ends_as_one_that_was_not_interrupted(whole: tuple[Path, str], tmp_path: Path) -> None:
    folder, said = whole
    parts = losses(output("--epochs", 1, cwd=tmp_path))
    resumed = output("--epochs", 2, "--resume", cwd=tmp_path)
    assert "Going on after epoch 1, from learn_square_50.npz.\n" in resumed
    assert [parts[0], losses(resumed)[0], parts[1], losses(resumed)[1]] == losses(said)
    for name in ("learn_square_1.npz", "learn_square_50.npz"):
        with np.load(folder / name) as a, np.load(tmp_path / name) as b:
            arrays = [entry for entry in a.files if entry.startswith(("model/", "optimizer/"))]
            assert len(arrays) >= 8 and a.files == b.files
            assert all(np.array_equal(a[entry], b[entry]) for entry in arrays)


def test_the_seed_decides(whole: tuple[Path, str], tmp_path: Path) -> None:
    other = losses(output("--epochs", 1, "--seed", 1, cwd=tmp_path))
    assert not set(other) & set(losses(whole[1]))


def test_an_interrupted_run_keeps_its_last_checkpoint(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    status, stderr = interrupted(SQUARE, "--epochs", 200, cwd=tmp_path, after="Epoch 1")
    kept = "learn_square: interrupted: learn_square_1.npz has the last checkpoint, --resume goes on from it\n"
    assert (status, stderr) == (130, kept)
    assert [path.name for path in tmp_path.iterdir()] == ["learn_square_1.npz"]


def test_one_that_is_resumed_may_have_learned_longer_than_the_other(whole: tuple[Path, str], tmp_path: Path) -> None:
    (tmp_path / "p_1.npz").write_bytes((whole[0] / "learn_square_1.npz").read_bytes())
    said = output("--epochs", 1, "--resume", "--out", "p.png", cwd=tmp_path)
    assert "Going on after epoch 2, from p_1.npz.\nx² point by point: " in said
    image = pytest.importorskip("PIL.Image")
    with image.open(tmp_path / "p.gif") as animation:
        assert animation.n_frames == 2
