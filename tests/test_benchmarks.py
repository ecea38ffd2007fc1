"""The benchmarks run as a user runs them, and compare only what computes the same. Nothing here is timed."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import command, machine, measure
from benchmarks.__main__ import main
from benchmarks.measure import DisagreementError, Goal, Row, Settings, difference
from benchmarks.prepared import Array, Prepare
from benchmarks.report import summary, table
from benchmarks.workload import Case, Together, Workload
from benchmarks.workloads import WORKLOADS, w1, w6, w10

LIBRARIES = ("kytorch", "numpy", "torch") if machine.torch_version() else ("kytorch", "numpy")
Doctor = Callable[[str], Prepare]


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doctor]:
    """Makes a variant of W1 out of source text, importable here and in the worker processes."""

    def variant(source: str) -> Prepare:
        (tmp_path / "doctored.py").write_text(f"from benchmarks.workloads import w1\n{source}")
        prepare: Prepare = importlib.import_module("doctored").prepare
        return prepare

    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    yield variant
    sys.modules.pop("doctored", None)


def doctored_w1(prepare: Prepare) -> Workload:
    """W1 with another variant for kytorch."""
    return replace(w1.WORKLOAD, variants={**w1.WORKLOAD.variants, "kytorch": prepare})


def test_the_command_prints_and_writes_a_complete_table(tmp_path: Path) -> None:
    files = {"--markdown": tmp_path / "table.md", "--json": tmp_path / "table.json"}
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", "W1", "--threads", "1", "--rounds", "1"]
    command += [str(part) for option in files.items() for part in option]
    process = subprocess.run(command, cwd=measure.ROOT, capture_output=True, check=False, text=True)
    assert process.returncode == 0, process.stderr
    assert files["--markdown"].read_text() == process.stdout[process.stdout.index("* machine") :]
    header, _, line = [line for line in process.stdout.splitlines() if line.startswith("|")]
    cells = dict(zip(split(header), split(line)))
    assert cells["case"] == "batch 1"
    assert cells["target"] == "0.5 x torch"
    shown = {"kytorch": "kytorch", "numpy": "NumPy by hand", "torch": "PyTorch"}
    for library in LIBRARIES:
        assert float(cells[shown[library]].replace(",", "")) > 0
        if library != "kytorch":
            assert float(cells[f"/ {shown[library]}"]) > 0
    report = json.loads(files["--json"].read_text())
    facts = {"machine", "processor", "numpy", "torch", "threads", "removed from the environment"}
    assert facts <= set(report["environment"])
    (row,) = report["rows"]
    assert set(row["rounds"]) == set(LIBRARIES)
    assert row["ratios"]["numpy"] == row["medians"]["kytorch"] / row["medians"]["numpy"]


def split(line: str) -> list[str]:
    """The cells of a line of the table."""
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_without_torch_its_column_is_left_out_with_a_plain_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "torch_version", lambda: None)
    assert main(["--quick", "--only", "W9", "--threads", "1", "--rounds", "1"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("PyTorch is not installed, so its column is left out.\n")
    header, _, line = [split(line) for line in printed.splitlines() if line.startswith("|")]
    assert header == ["", "case", "threads", "unit", "kytorch", "NumPy by hand", "/ NumPy by hand", "target", ""]
    assert len(line) == len(header)
    assert line[-2] == "0.5 x torch"
    assert line[-1] in ("", "unsteady")


def test_every_workload_of_the_table_is_listed_once() -> None:
    assert [workload.name for workload in WORKLOADS] == [
        "W1",
        "W2",
        "W3",
        "W4",
        "W5",
        "W6",
        "W7-gelu",
        "W7-softmax",
        "W8",
        "W9",
        "W10",
    ]


def test_a_side_that_learns_at_another_rate_is_an_error_before_anything_is_timed(
    doctor: Doctor, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare = doctor("def prepare(batch):\n    w1.LR *= 1.01\n    return w1.with_kytorch(batch)\n")
    assert main(["--quick", "--threads", "1"], [doctored_w1(prepare)]) == 1
    printed = capsys.readouterr()
    assert "W1, batch 1: kytorch does not compute what numpy does" in printed.err
    assert "measured" not in printed.err
    assert "|" not in printed.out


def test_a_side_that_fails_is_an_error_that_shows_why(doctor: Doctor, capsys: pytest.CaptureFixture[str]) -> None:
    prepare = doctor("def prepare(batch):\n    raise RuntimeError('no such luck')\n")
    assert main(["--quick", "--threads", "1"], [doctored_w1(prepare)]) == 1
    assert "no such luck" in capsys.readouterr().err


def test_the_check_passes_where_the_sides_compute_the_same() -> None:
    w1.WORKLOAD.check(Settings(LIBRARIES, (1,)))


def test_the_check_names_the_weight_that_does_not_learn(doctor: Doctor) -> None:
    prepare = doctor(
        "def prepare(batch):\n"
        "    work = w1.with_kytorch(batch)\n"
        "    first = w1.weights()['0.weight']\n"
        "    return work._replace(answers=lambda: {**work.answers(), '0.weight': first})\n"
    )
    with pytest.raises(DisagreementError, match=r"kytorch does not compute what numpy does: 0\.weight differs"):
        doctored_w1(prepare).check(Settings(("kytorch", "numpy"), (1,)))


def test_an_update_that_is_missing_is_found_however_small() -> None:
    steps = np.arange(5, dtype=np.float32)[:, None]
    weight = 1 + 1e-4 * steps
    assert not difference({"w": weight}, {"w": weight})
    assert "w differs" in difference({"w": np.ones_like(weight)}, {"w": weight})


@pytest.mark.parametrize(
    "found",
    [
        {"w": np.full((5, 1), np.nan, np.float32)},
        {"w": np.ones((5, 2), np.float32)},
        {"w": np.ones((5, 1))},
        {},
    ],
)
def test_nan_another_shape_dtype_or_name_is_a_difference(found: dict[str, Array]) -> None:
    assert difference(found, {"w": np.ones((5, 1), np.float32)})


def test_workers_get_threads_on_purpose_and_none_of_what_slows_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "MKL_CBWR", "OMP_PROC_BIND", "MALLOC_ARENA_MAX"):
        monkeypatch.setenv(name, "7")
    given = measure.environment(2)
    left = {name: value for name, value in given.items() if name.startswith(measure.REMOVED)}
    assert left == dict.fromkeys(measure.THREADS, "2")
    assert given["PATH"] == os.environ["PATH"]


def test_work_that_several_rows_share_is_checked_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names: list[str] = []
    monkeypatch.setattr(Workload, "check", lambda work, settings: names.append(work.name))
    monkeypatch.setattr(Workload, "rows", lambda work, settings: [])
    for workload in (w6.W6, w10.W10):
        monkeypatch.setattr(workload, "rows", lambda work, settings: [])
    assert main(["--quick"]) == 0
    assert sorted(names) == sorted({work.name for workload in WORKLOADS for work in workload.checked})
    assert "W6" in names and "W10" not in names
    names.clear()
    assert main(["--quick", "--only", "W10"]) == 0
    assert names == ["W2", "W3", "W4"]


def test_each_training_loop_has_its_own_steps_and_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Workload, "run", lambda work, action, case, library, threads, amount: float(amount))
    monkeypatch.setattr(w10, "run_python", lambda arguments, threads: 1.0)
    rows = {row.case: row for row in w10.WORKLOAD.rows(Settings(LIBRARIES, (1,), 1))}
    for case, steps, target in (("W2 batch 4", 100, "1 x torch"), ("W4 batch 16", 20, "1.3 x torch")):
        row = rows[f"peak memory, {case}"]
        assert row.median("kytorch") == steps / 2**20
        assert row.target == target
    assert [case for case in rows if "growth" in case] == [
        f"growth in 1,000 steps, W2 batch {batch}" for batch in (4, 64, 1024)
    ]


def test_a_quick_run_takes_small_cases() -> None:
    quick = [
        case.size for workload in WORKLOADS for work in workload.checked for case in work.chosen(Settings(quick=True))
    ]
    whole = [case.size for workload in WORKLOADS for work in workload.checked for case in work.chosen(Settings())]
    assert max(quick) == 10_000 and max(whole) == 100_000
    assert len(quick) == len(whole)


def test_memory_that_each_step_loses_is_growth() -> None:
    """In a process of its own: another may have memory that is free, and that is lost first."""
    loses = "lambda: lost.append(bytes([1]) * 100_000)"
    code = f"from benchmarks.worker import growth_of_memory; lost = []; print(growth_of_memory({loses}, 300))"
    assert measure.run_python(["-c", code], 1) > 20_000_000


def test_the_sides_take_turns_and_each_begins_a_round() -> None:
    asked: list[str] = []

    def number(library: str) -> float:
        asked.append(library)
        return len(asked)

    found = measure.alternating(number, Settings(("kytorch", "numpy", "torch"), (1,), 3))
    assert asked[::3] == ["kytorch", "numpy", "torch"]
    assert [len(values) for values in found.values()] == [3, 3, 3]


@pytest.mark.parametrize(
    ("ours", "verdict"), [([0.9, 1.0, 1.0], "met"), ([1.1, 1.2, 1.2], "missed"), ([0.5, 0.9, 1.0], "unsteady")]
)
def test_a_target_is_judged_where_the_rounds_agree(ours: list[float], verdict: str) -> None:
    row = Row("W", "case", 1, "us", {"kytorch": ours, "numpy": [1.0] * 3, "torch": [2.0] * 3})
    assert Case(1, "case", ratio=0.5).judged(row).verdict == verdict


def test_a_ratio_is_of_the_medians_and_a_missing_torch_leaves_no_column() -> None:
    row = Row("W", "case", 1, "us", {"kytorch": [3.0, 1.0, 200.0], "numpy": [1.0, 2.0, 9.0]})
    assert row.ratio("numpy") == 1.5
    assert row.ratio("torch") is None
    assert "PyTorch" not in table([row], ("kytorch", "numpy"))[0]


GOAL = Goal(0.6, 0.4, counted=True)


def beside_torch(ours: float, workload: str = "W", goal: Goal = GOAL, threads: int = 1, numpy: float = 1.0) -> Row:
    """A row in which PyTorch takes 1 us."""
    return Row(workload, "case", threads, "us", {"kytorch": [ours], "numpy": [numpy], "torch": [1.0]}, goal=goal)


@pytest.mark.parametrize(("ratio", "come"), [(0.39, "aim"), (0.4, "aim"), (0.41, "reached"), (0.61, "missed")])
def test_a_row_says_how_far_it_has_come(ratio: float, come: str) -> None:
    assert beside_torch(ratio).come() == come
    assert beside_torch(ratio, goal=Goal(0.6)).come() == ("missed" if ratio > 0.6 else "reached")


def test_the_table_has_the_goals_where_pytorch_is() -> None:
    head, _, line = [split(text) for text in table([beside_torch(0.5)], ("kytorch", "numpy", "torch"))]
    assert head[-2:] == ["reach / aim", ""]
    assert line[-2:] == ["0.6 / 0.4", "reached"]
    assert "reach / aim" not in table([beside_torch(0.5)], ("kytorch", "numpy"))[0]


def test_the_geometric_mean_is_over_the_counted_rows_of_each_number_of_threads() -> None:
    rows = [beside_torch(0.1), beside_torch(0.4), beside_torch(9.0, goal=Goal(3)), beside_torch(0.7, threads=2)]
    lines = summary(rows)
    assert lines[0].startswith("* 1 thread: 0.20 of PyTorch's time, the geometric mean of 2 rows")
    assert lines[0].endswith("(reach / aim 0.65 / 0.48: aim)")
    assert lines[1].startswith("* 2 threads: 0.70 of PyTorch's time, the geometric mean of 1 rows")
    assert lines[1].endswith("missed)")


def test_what_is_missed_is_listed() -> None:
    lines = summary([beside_torch(0.1, "W1"), beside_torch(0.7, "W2"), beside_torch(3.1, "W6", goal=Goal(3))])
    assert "* not reached beside PyTorch: W2 case on 1 (0.70 of 0.6 / 0.4), W6 case on 1 (3.10 of 3)" in lines
    assert summary([replace(beside_torch(0.1), goal=None)]) == []


def test_a_step_of_a_millisecond_is_held_beside_numpy() -> None:
    rows = [beside_torch(1200.0, "W3", numpy=1001.0), beside_torch(1200.0, "W4", numpy=1100.0), beside_torch(9.0, "W1")]
    assert "* more than 1.15 of NumPy by hand, of 2 steps that take it a millisecond or more: W3 case on 1 (1.20)" in (
        summary(rows)
    )


def test_the_mean_counts_each_row_of_the_goals_once() -> None:
    cases = [
        (work.name, case.label)
        for workload in WORKLOADS
        if workload is not w10.WORKLOAD  # whose rows are of memory
        for work in workload.checked
        for case in work.cases
        if case.goal and case.goal.counted
    ]
    assert len(cases) == len(set(cases)) == 12
    assert {name for name, _ in cases} == {
        "W1", "W2", "W3", "W4", "W5", "W6", "W7-gelu", "W7-softmax", "W8", "W9"
    }  # fmt: skip


def test_the_check_names_a_gradient_that_is_wrong_even_if_the_weights_are_right(doctor: Doctor) -> None:
    prepare = doctor(
        "def prepare(batch):\n"
        "    work = w1.with_kytorch(batch)\n"
        "    def answers():\n"
        "        found = work.answers()\n"
        "        return found | {'gradient of 2.bias': found['gradient of 2.bias'] * w1.np.float32(1.001)}\n"
        "    return work._replace(answers=answers)\n"
    )
    with pytest.raises(
        DisagreementError, match=r"kytorch does not compute what numpy does: gradient of 2\.bias differs"
    ):
        doctored_w1(prepare).check(Settings(("kytorch", "numpy"), (1,)))


def test_without_numpy_the_first_library_is_the_reference(doctor: Doctor) -> None:
    prepare = doctor("def prepare(batch):\n    w1.LR *= 1.01\n    return w1.with_numpy(batch)\n")
    work = replace(w1.WORKLOAD, variants={**w1.WORKLOAD.variants, "other": prepare})
    with pytest.raises(DisagreementError, match="other does not compute what kytorch does"):
        work.check(Settings(("kytorch", "other"), (1,)))


def test_only_a_whole_run_writes_to_the_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "RESULTS", tmp_path)
    monkeypatch.setattr(Workload, "check", lambda work, settings: None)
    for workload in (Workload, Together, w6.W6, w10.W10):
        monkeypatch.setattr(workload, "rows", lambda work, settings: [beside_torch(0.5)])
    assert main(["--quick"]) == main(["--only", "W1"]) == 0
    assert not list(tmp_path.iterdir())
    assert main([]) == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["table.json", "table.md"]
    assert len(json.loads((tmp_path / "table.json").read_text())["rows"]) == len(WORKLOADS)


def test_backward_beside_forward_is_a_ratio_of_times() -> None:
    ratio = measure.run_python(
        ["-m", "benchmarks.worker", "ratio", "kytorch", "benchmarks.workloads.w1:with_kytorch", "1", "1", "0.01"], 1
    )
    assert 0.05 < ratio < 20
