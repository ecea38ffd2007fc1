"""The programs about derivatives, run as a user runs them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from programs import DEMOS, is_png, output_of, run

POISSON = DEMOS / "poisson.py"
RATE = DEMOS / "learn_a_learning_rate.py"


def test_the_learning_rate_learns_to_halve_the_loss(tmp_path: Path) -> None:
    output = output_of(RATE, cwd=tmp_path)
    losses = [float(x) for x in re.findall(r"loss after ten steps ([\d.]+)$", output, re.MULTILINE)]
    assert len(losses) == 30
    assert losses[0] > 0.65
    assert min(losses) < 0.4
    assert losses[:15] == sorted(losses[:15], reverse=True)


def test_the_network_solves_the_equation_to_a_percent(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for seed in (0, 1):
        error = re.search(
            r"Relative error of u in the 2-norm: (\S+)$", output_of(POISSON, "--seed", seed, cwd=tmp_path), re.M
        )
        assert error is not None
        assert float(error[1]) < 0.01
    assert [path.name for path in tmp_path.iterdir()] == ["poisson.png"]


@pytest.mark.parametrize("program", [RATE, POISSON], ids=lambda program: program.stem)
def test_a_run_repeats_by_its_seed(program: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    first, again, other = [output_of(program, "--epochs", 3, "--seed", seed, cwd=tmp_path) for seed in (0, 0, 1)]
    assert first == again != other


def test_the_picture_of_the_solution_is_a_png(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert "Drew" in output_of(POISSON, "--epochs", 3, "--out", "p.png", cwd=tmp_path)
    assert is_png(tmp_path / "p.png")


def test_without_matplotlib_the_error_names_the_extra(tmp_path: Path) -> None:
    done = run(POISSON, "--epochs", 3, cwd=tmp_path, hide="matplotlib")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install kytorch[plot]" in done.stderr and done.stderr.count("\n") == 1
