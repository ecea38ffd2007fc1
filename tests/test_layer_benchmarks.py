"""The table of layers runs as a user runs it, and compares only what computes the same."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import machine, measure
from benchmarks.layers import __main__ as command
from benchmarks.layers.cases import CASES
from benchmarks.layers.worker import state
from benchmarks.measure import DisagreementError

needs_torch = pytest.mark.skipif(machine.torch_version() is None, reason="PyTorch is not installed")
QUICK = ["--threads", "1", "--rounds", "1", "--seconds", "0.001"]


@needs_torch
def test_the_command_prints_and_writes_a_table(tmp_path: Path) -> None:
    files = {"--markdown": tmp_path / "table.md", "--json": tmp_path / "table.json"}
    arguments = [*QUICK, "--only", "Linear 3-2, batch 1", "CrossEntropyLoss, (64, 10)"]
    arguments += [str(part) for option in files.items() for part in option]
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.layers", *arguments],
        cwd=measure.ROOT, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    lines = [line.split("|") for line in process.stdout.splitlines() if line.startswith("|")][2:]
    names = ["Linear 3-2, batch 1"] * 2 + ["CrossEntropyLoss, (64, 10)"] * 2
    assert [line[1].strip() for line in lines] == names
    assert [line[2].strip() for line in lines] == ["forward", "forward and backward"] * 2
    assert files["--markdown"].read_text() == process.stdout[process.stdout.index("* machine") :]
    rows = json.loads(files["--json"].read_text())["rows"]
    assert all(row["medians"]["kytorch"] > 0 and row["medians"]["torch"] > 0 for row in rows)
    assert [row["target"] for row in rows] == ["", "2 x torch"] * 2


def test_without_pytorch_the_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "torch_version", lambda: None)
    assert command.main(QUICK) == 1
    assert "PyTorch is not installed" in capsys.readouterr().err


def test_what_computes_something_else_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(action: str, library: str, threads: int, seconds: float, file: Path, names: list[str]) -> None:
        with file.open("wb") as opened:
            np.savez(opened, **{"a|0": np.full(2, 1.0 if library == "torch" else 1.001), "b|0": np.ones(2)})

    monkeypatch.setattr(command, "run", run)
    with pytest.raises(DisagreementError, match=r"^a\|0: kytorch's differs by 0.001 at a size of 1$"):
        command.check(["a", "b"])


def test_a_layer_that_takes_more_than_twice_as_long_misses_its_target() -> None:
    def times(ours: float) -> dict[str, list[dict[str, list[float]]]]:
        return {"kytorch": [{"a": [9.0, ours]}], "torch": [{"a": [1.0, 1.0]}]}

    assert command.row(times(1.9), "a", 1, 1).verdict == "met"
    assert command.row(times(2.1), "a", 1, 1).verdict == "missed"
    assert command.row(times(2.1), "a", 0, 1).verdict == ""


def test_the_names_of_the_layers_differ() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_both_sides_begin_with_the_same_weights_and_their_own_statistics() -> None:
    begun = {"weight": np.zeros((2, 3), np.float32), "running_var": np.ones(2, np.float32), "n": np.array(0)}
    one, other = state(begun), state(dict(reversed(begun.items())))
    assert one.keys() == other.keys() == begun.keys()
    np.testing.assert_array_equal(one["weight"], other["weight"])
    assert np.ptp(one["weight"]) > 0.05
    assert one["running_var"].tolist() == [1, 1]
    assert one["n"] == 0
