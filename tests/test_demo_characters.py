"""The program that learns to write, run as a user runs it, and the models that it trains."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from programs import DEMOS, interrupted, is_png, run

import kytorch as kt
from kytorch import Tensor

CHARACTERS = DEMOS / "characters.py"
ALPHABET = "abcdefghijklmnopqrstuvwxyz\n"


@pytest.fixture(autouse=True)
def _needs_matplotlib() -> None:
    pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def models() -> Iterator[ModuleType]:
    sys.path.insert(0, str(DEMOS))
    yield import_module("language.models")
    sys.path.remove(str(DEMOS))


@pytest.fixture(scope="module")
def training(models: ModuleType) -> ModuleType:  # which has the demos' folder on the path
    return import_module("language.training")


def output(*arguments: object, cwd: Path) -> str:
    done = run(CHARACTERS, *arguments, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def losses(said: str) -> list[float]:
    return [float(x) for x in re.findall(r"held out ([\d.]+)$", said, re.MULTILINE)]


@pytest.mark.parametrize("model", ["gpt", "lstm"])
def test_of_an_alphabet_said_again_and_again_it_learns_to_go_on(tmp_path: Path, model: str) -> None:
    (tmp_path / "text.txt").write_text(ALPHABET * 400)
    options = ["--text", "text.txt", "--model", model, "--epochs", 5]
    said = output(*options, "--length", 200, "--prompt", "abc", "--temperature", 0.1, cwd=tmp_path)
    assert said.startswith("9,720 characters to learn, of 27 kinds; the last 1,080 are held out.\n")
    assert len(losses(said)) == 5 and losses(said)[-1] < 0.6
    written = said[-204:-1]
    assert said[-205] == "\n" and written.startswith("abc")
    assert sum(b == ALPHABET[ALPHABET.index(a) - 26] for a, b in pairwise(written)) >= 196
    assert is_png(tmp_path / "characters.png")


def test_an_interrupted_run_goes_on_bit_for_bit_as_if_it_had_not_been(tmp_path: Path) -> None:
    excerpt = (DEMOS / "data" / "shakespeare.txt").read_text()[:5000]
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "text.txt").write_text(excerpt)
    options = ["--text", "text.txt", "--model", "lstm", "--epochs", 6, "--length", 50]
    whole = output(*options, cwd=tmp_path / "whole")
    status, said = interrupted(CHARACTERS, *options, cwd=tmp_path / "parts", after="Epoch 2")
    kept = "characters: interrupted: characters_lstm.npz has the last checkpoint, --resume goes on from it\n"
    assert (status, said) == (130, kept)
    rest = output(*options, "--resume", cwd=tmp_path / "parts")
    assert "\nGoing on after epoch " in rest and "\nEpoch 2:" not in rest
    assert whole.partition("\nEpoch 6:")[2] == rest.partition("\nEpoch 6:")[2] != ""
    with np.load(tmp_path / "whole/characters_lstm.npz") as a, np.load(tmp_path / "parts/characters_lstm.npz") as b:
        assert a.files == b.files and all(np.array_equal(a[name], b[name]) for name in a.files)
    (tmp_path / "parts/text.txt").write_text(excerpt[:-1])
    other = run(CHARACTERS, *options, "--resume", cwd=tmp_path / "parts")
    assert other.returncode == 2 and other.stderr.startswith("characters: characters_lstm.npz: ")
    assert other.stderr.count("\n") == 1


def test_each_model_has_a_checkpoint_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(ALPHABET * 100)
    for model in ("gpt", "lstm"):
        output("--text", "text.txt", "--model", model, "--epochs", 1, "--length", 1, "--out", "a.png", cwd=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"text.txt", "a.png", "a_gpt.npz", "a_lstm.npz"}


@pytest.mark.parametrize("saves", [1, 3, 4, 6])
def test_within_an_epoch_too_it_goes_on_bit_for_bit(
    training: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, saves: int
) -> None:
    monkeypatch.setattr(training, "SAVED", 1)  # so that of five saves in an epoch of four steps one ends it
    program, models = import_module("program"), import_module("language.models")

    class Few(program.Checkpoints):  # type: ignore[misc]  # of a module that is imported by its name
        left = saves

        def save(self, *arguments: object) -> None:
            super().save(*arguments)
            self.left -= 1
            if not self.left:
                raise SystemExit

    def trained(checkpoints: object, seed: int) -> tuple[list[list[float]], dict[str, np.ndarray]]:
        generator = kt.manual_seed(seed)
        model = models.LSTM(7, width=8, layers=1)
        text = kt.tensor(np.random.default_rng(9).integers(7, size=10_000))
        held_out = kt.data.windows(text[:1000], models.CONTEXT)
        history = training.train(model, text, held_out, 2, 0.01, generator, checkpoints)
        return history, model.state_dict()

    history, weights = trained(program.Checkpoints(tmp_path / "whole.npz", resume=False), 0)
    with pytest.raises(SystemExit):
        trained(Few(tmp_path / "parts.npz", resume=False), 0)
    resumed, others = trained(program.Checkpoints(tmp_path / "parts.npz", resume=True), 1)
    assert len(history) == 2 and resumed == history
    assert all(abs(loss - np.log(7)) < 0.2 for row in history for loss in row)  # the text is noise
    assert all(np.array_equal(array, others[name]) for name, array in weights.items())


def test_each_epoch_cuts_the_text_elsewhere_and_takes_each_part_once(training: ModuleType) -> None:
    cuts = training.Cuts(128 * 50, np.random.default_rng(0))
    epochs = [list(cuts) for _ in range(20)]
    for starts in epochs:
        assert starts != sorted(starts) and len(starts) == len(cuts) == 48
        assert sorted(starts) == list(range(min(starts), min(starts) + 48 * 128, 128))
        assert 0 <= min(starts) < 128
    assert len({min(starts) for starts in epochs}) > 10


def test_the_text_that_ships_is_learned_without_arguments(tmp_path: Path) -> None:
    status, said = interrupted(CHARACTERS, cwd=tmp_path, after="179,994 characters to learn, of 62 kinds; the last")
    assert status == 130 and said.startswith("characters: interrupted")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--text", "nowhere.txt"), "characters: --text nowhere.txt: No such file or directory\n"),
        (("--text", "short.txt"), "characters: --text short.txt: has 2000 characters, and learning takes 2418\n"),
        (("--prompt", "é"), "characters: --prompt: encode: not among the 62 characters of the vocabulary: 'é'\n"),
        (("--temperature", 0), "error: argument --temperature: is to be from 0.01 to 100, not 0\n"),
        (("--temperature", "1e-300"), "argument --temperature: is to be from 0.01 to 100, not 1e-300\n"),
        (("--temperature", "nan"), "argument --temperature: is to be from 0.01 to 100, not nan\n"),
    ],
)
def test_what_it_cannot_do_it_says_before_training(arguments: tuple[object, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("ab" * 1000)
    done = run(CHARACTERS, *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(said)


@pytest.mark.parametrize("name", ["GPT", "LSTM"])
def test_read_bit_by_bit_a_text_gives_the_logits_of_a_forward_pass(models: ModuleType, name: str) -> None:
    kt.manual_seed(0)
    model = getattr(models, name)(7, width=16, layers=2).eval()
    tokens = kt.randint(0, 7, (2, 30))
    read, parts = model.read, []
    with kt.no_grad():
        for start, end in ((0, 5), (5, 6), (6, 18), (18, 30)):
            logits, read = read(tokens[:, start:end])
            parts.append(logits)
        assert kt.allclose(kt.cat(parts, 1), model(tokens), atol=1e-5)


@pytest.mark.parametrize("name", ["GPT", "LSTM"])
def test_no_logits_depend_on_what_comes_later(models: ModuleType, name: str) -> None:
    kt.manual_seed(0)
    model = getattr(models, name)(7, width=16, layers=2).eval()
    tokens = kt.randint(0, 7, (1, 20))
    changed = tokens.at[:, 12:].set((tokens[:, 12:] + 1) % 7)
    with kt.no_grad():
        one, other = model(tokens), model(changed)
    assert kt.allclose(one[:, :12], other[:, :12], atol=1e-6)
    assert not kt.allclose(one[:, 12:], other[:, 12:], atol=1e-3)


def test_beyond_its_context_a_gpt_reads_on_from_the_latter_half(models: ModuleType) -> None:
    kt.manual_seed(0)
    model = models.GPT(7, width=16, layers=2).eval()
    tokens = kt.randint(0, 7, (1, models.CONTEXT + 10))
    with kt.no_grad():
        read = model.read(tokens[:, : models.CONTEXT])[1]
        logits, read = read(tokens[:, models.CONTEXT : -9])
        half = tokens[:, models.CONTEXT // 2 + 1 : -9]
        assert half.shape[1] == models.CONTEXT // 2
        assert kt.allclose(logits, model(half), atol=1e-5)
        logits, read = read(tokens[:, -9:])
        assert kt.allclose(logits, model(tokens[:, models.CONTEXT // 2 + 1 :])[:, -9:], atol=1e-5)


def test_the_colder_the_writing_the_likelier_what_is_written(models: ModuleType) -> None:
    write = import_module("language.writing").write
    logits = Tensor(np.log([[[0.5, 0.3, 0.2]]]))

    def read(tokens: Tensor) -> tuple[Tensor, models.Read]:
        return logits, read

    def shares(temperature: float) -> np.ndarray:
        written = write(read, Tensor([0]), 4000, temperature, np.random.default_rng(0))
        return np.bincount(written, minlength=3) / 4000

    assert np.allclose(shares(1.0), [0.5, 0.3, 0.2], atol=0.03)
    assert np.allclose(shares(0.5), np.array([0.25, 0.09, 0.04]) / 0.38, atol=0.03)
    assert shares(0.01)[0] == 1.0
