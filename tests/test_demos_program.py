"""What the demos share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from programs import DEMOS, environment, run

import kytorch as kt
from kytorch import nn, optim


@pytest.fixture
def program() -> Iterator[ModuleType]:
    sys.path.insert(0, str(DEMOS))
    yield import_module("program")
    sys.path.remove(str(DEMOS))


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("pass", 0, ""),
        ("raise program.Problem('--text a.txt: is empty')", 2, "small: --text a.txt: is empty\n"),
        ("kt.load(nn.Linear(1, 1), 'no.npz')", 2, "small: no.npz: No such file or directory\n"),
        ("kt.load(nn.Linear(1, 1), __file__)", 2, "small: {file}: is not a checkpoint"),
        ("program.need('nothing_such', 'plot', 'drawing')", 2, "small: drawing needs nothing_such, which is not inst"),
        ("raise KeyboardInterrupt", 130, "small: interrupted\n"),
        ("open('no/file')", 2, "small: no/file: No such file or directory\n"),
    ],
)
def test_a_program_ends_with_a_status_and_at_most_one_line(tmp_path: Path, body: str, status: int, said: str) -> None:
    file = small_program(tmp_path, body)
    done = run(file, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith(said.format(file=file)) and done.stderr.count("\n") == (status != 0)


def small_program(folder: Path, body: str) -> Path:
    """A program in the folder that does `body`."""
    file = folder / "small.py"
    beginning = (
        f"import sys; sys.path.insert(0, {str(DEMOS)!r})\nimport kytorch as kt, program\nfrom kytorch import nn\n"
    )
    file.write_text(f"{beginning}def main():\n    {body}\nprogram.run(main)\n")
    return file


def test_whoever_reads_the_output_may_stop_reading(tmp_path: Path) -> None:
    command = [sys.executable, small_program(tmp_path, "print('learned')")]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, env=environment(), stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_character_that_the_terminal_has_not_is_escaped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = run(small_program(tmp_path, "print('x\\u00b2')"), cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "x\\xb2\n", "")


def test_progress_without_a_bar_is_a_line_at_first_and_then_one_for_so_many(
    program: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with program.progress_of(7, unit="step", every=3) as progress:
        for step in range(1, 8):
            progress(step, f"loss {step}")
    assert capsys.readouterr().out == "Step 1: loss 1\nStep 3: loss 3\nStep 6: loss 6\n"


def trained(model: nn.Module, state: optim.AdamState, generator: np.random.Generator, steps: int) -> optim.AdamState:
    for _ in range(steps):
        loss = (model(kt.randn(3, 2, generator=generator)) ** 2).mean()
        state = optim.adam(loss.backward(), state, lr=0.1)
    return state


def test_what_resumes_has_model_state_generator_and_history_of_the_last_epoch(
    program: ModuleType, tmp_path: Path
) -> None:
    model, generator = nn.Linear(2, 1), np.random.default_rng(5)
    first = program.Checkpoints(tmp_path / "c.npz", resume=False)
    state, history = first.resumed(model, optim.AdamState(), generator)
    assert (state.step, history) == (0, [])
    state = trained(model, state, generator, 3)
    first.save(model, state, generator, [[0.5, 1.0], [0.25, 1.0]])
    state = trained(model, state, generator, 2)
    expected = model.state_dict()

    other, generator = nn.Linear(2, 1), np.random.default_rng(6)
    state, history = program.Checkpoints(tmp_path / "c.npz", resume=True).resumed(other, optim.AdamState(), generator)
    assert (state.step, history) == (3, [[0.5, 1.0], [0.25, 1.0]])
    trained(other, state, generator, 2)
    assert all(np.array_equal(array, expected[name]) for name, array in other.state_dict().items())


def test_at_ctrl_c_it_is_said_whether_a_checkpoint_is_of_this_run(program: ModuleType, tmp_path: Path) -> None:
    path, model, generator = tmp_path / "c.npz", nn.Linear(2, 1), np.random.default_rng(5)
    checkpoints = program.Checkpoints(path, resume=False)
    with pytest.raises(KeyboardInterrupt, match=r"^before the first checkpoint, .*c\.npz$"), checkpoints:
        raise KeyboardInterrupt
    checkpoints.save(model, optim.AdamState(), generator, [])
    for each in (checkpoints, program.Checkpoints(path, resume=True)):
        each.resumed(model, optim.AdamState(), generator)
        with pytest.raises(KeyboardInterrupt, match=r"c\.npz has the last checkpoint, --resume goes on from it$"), each:
            raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt, match=r"^before"), program.Checkpoints(path, resume=False):
        raise KeyboardInterrupt  # the file is an earlier run's
    with pytest.raises(ZeroDivisionError), checkpoints:
        raise ZeroDivisionError  # no other error is touched
