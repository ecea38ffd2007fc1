"""The program that generates digits, run as a user runs it, and the model that it trains."""

from __future__ import annotations

import re
import struct
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from programs import DEMOS, bars, interrupted, is_png, run

import kytorch as kt
from kytorch import Tensor

GENERATE = DEMOS / "generate_digits.py"


@pytest.fixture(autouse=True)
def _needs_matplotlib() -> None:
    pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def autoencoder() -> Iterator[ModuleType]:
    sys.path.insert(0, str(DEMOS))
    yield import_module("autoencoder.model")
    sys.path.remove(str(DEMOS))


def output(*arguments: object, cwd: Path) -> str:
    done = run(GENERATE, *arguments, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def bound(said: str) -> float:
    found = re.search(r"^log p of a digit held out is at least (-[\d.]+) nats on average\.$", said, re.MULTILINE)
    assert found is not None
    return float(found[1])


def test_it_raises_the_bound_and_draws_what_it_generates(tmp_path: Path) -> None:
    said = output("--epochs", 16, cwd=tmp_path)
    assert said.startswith("1437 digits to train on, 360 to test with.\nEpoch 1: bound -")
    assert -215 < bound(said) < -180  # codes that tell nothing give -250
    assert is_png(tmp_path / "generated_digits.png")


def test_codes_of_other_sizes_are_drawn_without_a_plane(tmp_path: Path) -> None:
    output("--epochs", 1, "--latent", 3, cwd=tmp_path)
    header = (tmp_path / "generated_digits.png").read_bytes()[16:24]
    assert struct.unpack(">II", header) == (1100, 550)


def test_an_interrupted_run_goes_on_bit_for_bit_as_if_it_had_not_been(tmp_path: Path) -> None:
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    whole = output("--epochs", 6, cwd=tmp_path / "whole")
    status, said = interrupted(GENERATE, "--epochs", 6, cwd=tmp_path / "parts", after="Epoch 1")
    kept = "generate_digits: interrupted: generated_digits_2.npz has the last checkpoint, --resume goes on from it\n"
    assert (status, said) == (130, kept)
    rest = output("--epochs", 6, "--resume", cwd=tmp_path / "parts")
    assert "\nGoing on after epoch " in rest and bound(rest) == bound(whole)
    files = [tmp_path / name / "generated_digits_2.npz" for name in ("whole", "parts")]
    with np.load(files[0]) as a, np.load(files[1]) as b:
        assert a.files == b.files and all(np.array_equal(a[name], b[name]) for name in a.files)
    pictures = [file.with_name("generated_digits.png").read_bytes() for file in files]
    assert pictures[0] == pictures[1]


def test_a_checkpoint_of_other_digits_is_not_gone_on_from(tmp_path: Path) -> None:
    output("--epochs", 1, cwd=tmp_path)
    bars(tmp_path, "t10k", 100)
    done = run(GENERATE, "--epochs", 1, "--mnist", ".", "--resume", cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert done.stderr.startswith("generate_digits: generated_digits_2.npz: ") and "items 1437" in done.stderr


def test_a_folder_without_mnist_is_named_in_one_line(tmp_path: Path) -> None:
    done = run(GENERATE, "--mnist", "nowhere", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("generate_digits: --mnist nowhere: has none of the files t10k-images-idx3-ubyte")


def test_the_bound_is_that_of_its_definition_and_below_the_likelihood(autoencoder: ModuleType) -> None:
    # With a code of one number both are integrals that sums over a fine grid give.
    kt.manual_seed(0)
    model = autoencoder.Autoencoder(6, 1)
    model.encoder[4].bias.update(np.array([0.7, -2.0], np.float32))
    model.decoder[0].weight.update(np.full((200, 1), 3.0, np.float32))
    x = (kt.rand(4, 6) > 0.5).to(kt.float32)
    z = np.linspace(-8, 8, 2001)[:, None]
    with kt.no_grad():
        mean, log_variance = [part.numpy()[:, 0].astype(np.float64) for part in model.encode(x)]
        ink = model.decode(Tensor(z, dtype=np.float32)).numpy()[:, None].astype(np.float64)
        generator = np.random.default_rng(0)
        bounds = [model(x, generator).item() for _ in range(1000)]
    log_likelihood = np.log(np.where(x.numpy() > 0.5, ink, 1 - ink)).sum(2)
    log_prior = -(z**2 + np.log(2 * np.pi)) / 2
    log_q = -((z - mean) ** 2 / np.exp(log_variance) + log_variance + np.log(2 * np.pi)) / 2
    bound = (np.exp(log_q) * (log_likelihood + log_prior - log_q)).sum(0).mean() * 0.008
    log_p = np.log(np.exp(log_likelihood + log_prior).sum(0) * 0.008).mean()
    assert np.mean(bounds) == pytest.approx(bound, abs=5 * np.std(bounds) / 1000**0.5)
    assert bound < log_p and np.std(bounds) < 1.0


def test_the_divergence_is_zero_where_codes_are_standard_normal_and_else_costs(autoencoder: ModuleType) -> None:
    model = autoencoder.Autoencoder(3, 2)
    last = model.encoder[4]
    last.weight.update(np.zeros((4, 200), np.float32))
    model.decoder[4].weight.update(np.zeros((3, 400), np.float32))
    model.decoder[4].bias.update(np.zeros(3, np.float32))
    x = kt.zeros(5, 3)
    for bias, cost in (([0, 0, 0, 0], 0.0), ([2, 0, 0, 0], 2.0), ([0, 0, 0, 1], 0.5 * (np.e - 2))):
        last.bias.update(np.array(bias, np.float32))
        expected = 3 * np.log(0.5) - cost  # each pixel is ink or not with one half
        assert model(x, np.random.default_rng(0)).item() == pytest.approx(expected, rel=1e-5)
