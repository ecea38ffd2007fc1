"""The table of operations runs as a user runs it, compares only what computes the same, and has every operation."""

import json
import math
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from operations import ROWS

import kytorch
from benchmarks import machine, measure
from benchmarks.operations.__main__ import check, difference
from benchmarks.operations.cases import Case
from benchmarks.operations.reasons import REASONS
from benchmarks.operations.report import (
    Rounds,
    Seconds,
    as_json,
    geometric_mean,
    markdown,
    medians,
    overhead,
    ratio,
    summary,
    unsteady,
)
from benchmarks.operations.table import CASES

needs_torch = pytest.mark.skipif(machine.torch_version() is None, reason="PyTorch is not installed")


def test_the_command_prints_and_writes_a_table(tmp_path: Path) -> None:
    files = {"--markdown": tmp_path / "table.md", "--json": tmp_path / "table.json"}
    command = [sys.executable, "-m", "benchmarks.operations", "--quick", "--rounds", "1", "--sizes", "3"]
    command += ["--only", "add", "sum dim 1", "isnan"]
    command += [str(part) for option in files.items() for part in option]
    process = subprocess.run(command, cwd=measure.ROOT, capture_output=True, check=False, text=True)
    assert process.returncode == 0, process.stderr
    lines = [line for line in process.stdout.splitlines() if line.startswith("|")]
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["add", "isnan", "sum dim 1"]
    assert files["--markdown"].read_text() == process.stdout[process.stdout.index("* machine") :]
    rows = json.loads(files["--json"].read_text())["rows"]
    libraries = ["kytorch", "numpy"] + ["torch"] * (machine.torch_version() is not None)
    assert sorted((row["operation"], row["library"]) for row in rows) == sorted(
        (name, library) for name in ("add", "sum dim 1", "isnan") for library in libraries
    )
    assert all(row["plain"] > 0 for row in rows)
    assert all(row["rounds"]["plain"] == [row["plain"]] for row in rows)


# Other names of what is timed, edits (timed as `at set`) and indices (timed as `x[...]`).
ALIASES = {
    "argwhere", "at_add", "at_max", "at_min", "at_mul", "at_set", "clip", "concat", "concatenate", "det",
    "expand_as", "getitem", "inverse", "matrix_exp", "matrix_power", "pinverse", "rand_like", "randn_like",
    "reshape_as", "reversed_dims", "view_as",
}  # fmt: skip


def test_every_operation_is_timed() -> None:
    timed = {case.name.split(" ")[0] for case in CASES}
    assert {row.name for row in ROWS} - ALIASES <= timed


def test_the_names_of_the_cases_differ() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@needs_torch
def test_what_computes_the_same_passes_and_what_does_not_is_named() -> None:
    check(3, ["add", "sort", "linalg.solve"])
    right = np.array([1.0, 2.0], np.float32)
    assert not difference(right, right * (1 + 1e-6))
    assert "differs by 1" in difference(right + 1, right)
    assert "of shape (1,)" in difference(right[:1], right)
    assert "None" in difference(None, right)
    assert "another" in difference(np.array([1, 2]), np.array([1, 3]))
    assert "differs" in difference(right * np.nan, right)
    assert "differs" in difference(right * (1 + 5e-4), right)
    assert not difference(right * (1 + 5e-4), right, tolerance=1e-3)


ROUNDS: Rounds = {
    ("add", 3, "kytorch"): [Seconds(1.0e-6, 2.0e-6), Seconds(1.4e-6, 2.2e-6)],
    ("add", 3, "numpy"): [Seconds(1.0e-6)] * 2,
    ("add", 3, "torch"): [Seconds(2.0e-6, 2.0e-6)] * 2,
}


def test_a_ratio_whose_rounds_differ_by_more_than_a_quarter_is_marked_and_explained() -> None:
    assert set(unsteady(ROUNDS)) == {(("add", 3, "kytorch"), "plain")}
    text = markdown({}, ROUNDS, [3])
    *_, line = [line for line in text.splitlines() if line.startswith("|")]
    assert [cell.strip() for cell in line.split("|")][3:8] == ["1.20", "1.20*", "0.60*", "2.10", "1.05"]
    assert "* unsteady: of a ratio with a *" in text
    steady = {key: seconds[:1] for key, seconds in ROUNDS.items()}
    assert not unsteady(steady)
    assert not [line for line in markdown({}, steady, [3]).splitlines() if line.startswith("|") and "*" in line]


def test_the_json_has_the_values_of_every_round() -> None:
    assert medians(ROUNDS)["add", 3, "kytorch"].plain == pytest.approx(1.2e-6)
    ours = json.loads(as_json({}, ROUNDS))["rows"][0]
    assert ours["rounds"] == {"plain": [1.0e-6, 1.4e-6], "recorded": [2.0e-6, 2.2e-6], "both": [None, None]}


class Spied:
    """kytorch, which notes what is asked of it."""

    def __init__(self, whole: Any, asked: set[str]) -> None:
        self._whole, self._asked = whole, asked

    def __getattr__(self, name: str) -> Any:
        self._asked.add(name)
        part = getattr(self._whole, name)
        return Spied(part, self._asked) if isinstance(part, types.ModuleType) else part


@pytest.mark.parametrize("case", [case for case in CASES if case.name[:2] != "x["], ids=lambda case: case.name)
def test_what_is_timed_is_what_its_name_says(case: Case) -> None:
    asked = {*case.call.__code__.co_names}  # a method is asked of the Tensor
    case.call(Spied(kytorch, asked), *[kytorch.Tensor(x) for x in case.inputs(9)])
    assert set(case.name.split(" ")[0].split(".")) <= asked


@pytest.mark.parametrize("case", [case for case in CASES if case.numpy and not case.random], ids=lambda case: case.name)
def test_numpys_side_computes_the_same(case: Case) -> None:
    inputs = case.inputs(9)
    ours = case.call(kytorch, *[kytorch.Tensor(x) for x in inputs])
    theirs = case.numpy(*inputs) if case.numpy else None
    first = theirs[0] if isinstance(theirs, tuple) else theirs
    np.testing.assert_allclose(np.asarray(ours), np.asarray(first), rtol=1e-4, atol=1e-5)


def test_ratios_and_costs_are_of_the_same_operation_and_size() -> None:
    times = {
        ("add", 3, "kytorch"): Seconds(3e-6, 4e-6, 8e-6),
        ("add", 3, "torch"): Seconds(1.5e-6, 8e-6, 1e-6),
        ("add", 3, "numpy"): Seconds(1e-6),
    }
    assert ratio(times, "add", 3, "plain") == 2.0
    assert ratio(times, "add", 3, "recorded") == 0.5
    assert ratio(times, "add", 10_000, "plain") is None
    assert overhead(times, "add") == pytest.approx(2e-6)
    assert geometric_mean([0.5, 2.0, 8.0]) == pytest.approx(2.0)
    assert math.isnan(geometric_mean([]))
    text = "\n".join(summary(times, [3]))
    assert "the last two 2.00 (target 0.7: missed)" in text
    assert "add at 3, forward and backward: 8.0; no reason written" in text
    assert "above 1.2 are add (2.0)" in text


def test_a_written_reason_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REASONS, "add", "it is slow")
    times = {("add", 3, "kytorch"): Seconds(9.0), ("add", 3, "torch"): Seconds(1.0)}
    assert "* add at 3, forward on constants: 9.0; it is slow" in summary(times, [3])


def test_a_reason_is_written_of_operations_only() -> None:
    assert REASONS.keys() <= {case.name for case in CASES}
