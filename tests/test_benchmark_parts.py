"""The other parts of the benchmarks: other libraries, growth, and what the machine can do. Nothing here is timed."""

import ast
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks import machine, measure
from benchmarks.growth import __main__ as growth
from benchmarks.growth.curves import CURVES, MODELS, NODES, slopes
from benchmarks.measure import Row, Settings
from benchmarks.peers import __main__ as peers
from benchmarks.roofline.__main__ import floor, machine_table, step_table
from benchmarks.roofline.work import WORK, Product, Work, trained
from benchmarks.workload import Workload
from benchmarks.workloads import WORKLOADS, w2

PEERS = Path(peers.__file__).parent


def test_without_the_other_libraries_each_is_said_to_be_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "version_of", lambda package: None)
    assert peers.main(["--quick"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{name} is not installed, so its column is left out." for name in ("autograd", "MyGrad", "JAX, jit")
    ]


def test_every_timed_workload_is_compared_with_the_other_libraries() -> None:
    compared = {work.name for work, _ in peers.WORK.values()}
    timed = {work.name for workload in WORKLOADS for work in workload.checked}
    assert timed - compared == {"W3-plain", "W6-fused"}  # other ways of running PyTorch


@pytest.mark.parametrize("peer", peers.PEERS)
def test_each_library_has_the_function_for_what_it_can_do(peer: str) -> None:
    """Read, not imported: the libraries are optional."""
    module = ast.parse((PEERS / f"{peer}.py").read_text())
    functions = {part.name for part in module.body if isinstance(part, ast.FunctionDef)}
    assert {name for name, (_, who) in peers.WORK.items() if peer in who} == {
        name for name in functions if name.startswith("of_")
    }


@pytest.mark.parametrize("peer", peers.PEERS)
def test_each_library_that_is_installed_computes_the_same(peer: str) -> None:
    if machine.version_of(peer) is None:
        pytest.skip(f"{peer} is not installed")
    work, who = peers.WORK["of_w1"]
    peers.beside(work, "of_w1", who).check(Settings(("kytorch", peer), (1,), 1, 0.01, quick=True))


@pytest.mark.parametrize(("mygrad", "verdict"), [(2.0, "met"), (0.9, "missed")])
def test_kytorch_is_to_be_ahead_of_the_eager_libraries_and_not_of_a_compiler(mygrad: float, verdict: str) -> None:
    times = {"kytorch": [1.0], "autograd": [3.0], "mygrad": [mygrad], "jax": [0.1]}
    row = peers.compared(Row("W", "case", 1, "us", times))
    assert (row.target, row.verdict) == ("ahead of autograd, MyGrad", verdict)
    assert peers.compared(Row("W", "case", 1, "us", {"kytorch": [1.0], "jax": [0.1]})).target == ""


def test_a_slope_is_the_power_with_which_the_time_grows() -> None:
    assert slopes([1, 2, 4], [3.0, 12.0, 48.0]) == pytest.approx((2, 2))
    whole, last = slopes([1, 10, 100], [1.0, 1.0, 10.0])
    assert last == pytest.approx(1)
    assert whole == pytest.approx(0.5)


def test_growth_is_measured_of_every_curve_and_judged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(work: Workload, action: str, case: object, library: str, threads: int, amount: float) -> float:
        size: int = getattr(case, "size")  # noqa: B009  # what it is does not matter to the type
        return {"time": 1e-6 * size, "ratio": 2.3 if work.name == "W3" else 1.0, "extra": 100.0}[action]

    checked: list[str] = []
    monkeypatch.setattr(Workload, "run", run)
    monkeypatch.setattr(Workload, "check", lambda work, settings: checked.append(work.name))
    monkeypatch.setattr(growth, "find_spec", lambda name: None)
    assert growth.main(["--quick", "--rounds", "1"]) == 0
    printed = capsys.readouterr().out
    assert checked == [curve.work.name for curve in (*CURVES, NODES)]
    slopes_of = [line for line in printed.splitlines() if "1.00, at the end 1.00" in line]
    assert [line.split()[1].rstrip(",") for line in slopes_of] == ["width", "depth", "batch", "length"]
    assert "A node of 10,000 nodes costs 1.00 times one of 1,000 nodes: flat" in printed
    ratios = [line for line in printed.splitlines() if "backward / forward" in line]
    assert len(ratios) == sum([len(work.cases) for work in MODELS])
    assert ["missed" in line for line in ratios] == ["| W3" in line for line in ratios]
    assert "matplotlib is not installed, so the curves are not drawn." in printed


def test_the_cost_of_a_node_that_grows_is_not_flat() -> None:
    rows = [Row("nodes", f"{n} nodes", 1, "us/op", {"kytorch": [us]}) for n, us in ((10, 1.0), (100, 1.6))]
    assert growth.flatness(rows) == "A node of 100 nodes costs 1.60 times one of 10 nodes: not flat (at most 1.5)."


LIMITS: Mapping[str, Mapping[str, float]] = {
    "products": {"1000 1000 1000": 0.01, "2 2 2": 1e-6},
    "GB/s": {f"add, arrays of {size}": rate for size, rate in (("256 KB", 100.0), ("4 MB", 50.0), ("256 MB", 10.0))},
    "G elements/s": {"exp": 2.0},
}
STEP = Work(w2.WORKLOAD, 64, (Product(3, 1000, 1000, 1000),), exponentials=4.0, megabytes=100.0)


def test_the_least_time_of_a_step_is_that_of_its_parts_at_the_measured_rates() -> None:
    assert floor(STEP, LIMITS) == pytest.approx((30.0, 2.0, 2.0))
    assert floor(STEP._replace(megabytes=400.0), LIMITS).traffic == pytest.approx(40.0)
    assert floor(STEP, LIMITS).total == pytest.approx(34.0)


def test_the_tables_show_rates_and_steps_beside_their_parts() -> None:
    lines = machine_table({1: LIMITS, 2: LIMITS})
    assert [cell.strip() for cell in lines[2].split("|")[1:4]] == ["(1000, 1000) x (1000, 1000), GFLOP/s", "200", "200"]
    assert not [line for line in lines if "(2, 2)" in line]
    row = Row("W2", "batch 64", 1, "ms", {"kytorch": [68.0], "torch": [34.0]})
    head, _, line = [[cell.strip() for cell in text.split("|")] for text in step_table([STEP], [row], LIMITS)]
    cells = dict(zip(head, line))
    assert (cells["GFLOP"], cells["parts together"], cells["/ parts"], cells["/ PyTorch"]) == (
        "6",
        "34",
        "2.00",
        "2.00",
    )


def test_a_linear_layer_has_three_products_and_the_first_two() -> None:
    assert [product.gflop for product in trained(64, 32, 16)] == pytest.approx([2e-9 * 64 * 32 * 16] * 3)
    assert len(trained(64, 32, 16, first=True)) == 2


def test_every_step_beside_its_parts_is_a_case_of_its_workload() -> None:
    for work in WORK:
        assert work.size in [case.size for case in work.workload.cases]


def test_the_machine_is_measured_at_every_shape(tmp_path: Path) -> None:
    file = tmp_path / "limits.json"
    measure.run_python(["-m", "benchmarks.roofline.worker", "limits", str(file), "1"], 1)
    found = json.loads(file.read_text())
    shapes = {f"{product.m} {product.k} {product.n}" for work in WORK for product in work.products}
    assert shapes <= set(found["products"])
    assert all(value > 0 for kind in found.values() for value in kind.values())
