"""profile: how it is used, and what it shows: tables and traces."""

import asyncio
import json
import re
import sys
import threading
from collections.abc import Iterator
from contextvars import Context, copy_context
from pathlib import Path

import numpy as np
import pytest
from profiles import Net, backward, calls, forward, halved, live

import kytorch as kt
from kytorch import A, InputGradFn, Tensor, TrainableWeight, func, nn, optim
from kytorch.profiling import Record
from kytorch.tensor.watching import watcher


@pytest.fixture(autouse=True)
def nothing_stays_on() -> Iterator[None]:
    before = sys.getprofile()
    yield
    assert sys.getprofile() is before
    assert watcher.get() is None


# Other watchers and profilers


def test_detect_anomaly_works_within_and_around() -> None:
    x = TrainableWeight([0.0, 1.0]).tensor()
    with pytest.raises(FloatingPointError, match="LogGradFn made -inf"), kt.profile() as p, kt.detect_anomaly():
        x.exp().log()
        x.log()
    assert forward(p)[:2] == ["exp", "log"]
    with pytest.raises(FloatingPointError, match="LogGradFn made -inf"), kt.detect_anomaly(), kt.profile() as p:
        x.exp().log()
        x.log()
    assert forward(p)[:2] == ["exp", "log"]
    with kt.detect_anomaly(), kt.profile(), pytest.raises(FloatingPointError, match="SqrtGradFn made the gradient"):
        x.sqrt().sum().backward()
    with np.errstate(all="ignore"), kt.profile() as p:
        with kt.detect_anomaly(), pytest.raises(FloatingPointError, match="SqrtGradFn made the gradient"):
            x.sqrt().sum().backward()
        x.sqrt()  # no longer checked
    assert calls(p)["sqrt"] == 2


def test_profiles_within_one_another_see_all_that_is_in_them() -> None:
    x = live(3)
    with kt.profile() as outer:
        x.exp()
        with kt.profile() as inner:
            x.tanh().sum().backward()
        x.sin()
    assert forward(inner) == ["tanh", "sum"] and backward(inner) == ["sum", "tanh"]
    assert forward(outer) == ["exp", "tanh", "sum", "sin"] and backward(outer) == ["sum", "tanh"]


def test_profiles_of_two_tasks_may_end_in_any_order() -> None:
    x = live(3)

    async def work(name: str, pauses: int) -> kt.profile:
        with kt.profile() as p:
            for _ in range(pauses):
                getattr(x, name)()
                await asyncio.sleep(0)
        return p

    async def both() -> list[kt.profile]:
        return await asyncio.gather(work("exp", 2), work("sin", 4))

    first, second = asyncio.run(both())
    assert (forward(first), forward(second)) == (["exp"] * 2, ["sin"] * 4)


def test_another_profile_function_sees_the_same_events_and_comes_back() -> None:
    seen: list[str] = []

    def other(frame: object, event: str, arg: object) -> None:
        seen.append(event)

    before = sys.getprofile()
    sys.setprofile(other)
    try:
        with kt.profile() as p:
            live(3).exp()
        assert sys.getprofile() is other
    finally:
        sys.setprofile(before)
    assert forward(p) == ["exp"]
    assert {"call", "return", "c_call"} <= set(seen)


@pytest.mark.parametrize("copied", [False, True], ids=["its own context", "a copied context"])
def test_another_thread_is_not_seen(copied: bool) -> None:
    x = live(3)
    with kt.profile() as p:
        run = copy_context().run if copied else Context().run
        thread = threading.Thread(target=run, args=(lambda: x.exp().sum().backward(),))
        thread.start()
        thread.join()
        x.tanh()
    assert forward(p) == ["tanh"]


# Errors, generators, use


def test_after_errors_it_goes_on() -> None:
    x = live(3)
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(5, 2))

    class Wrong(InputGradFn):
        """A rule that raises."""

        def vjp(self, g: A, x: A) -> A:
            raise KeyError("wrong")

    with kt.profile() as p:
        with pytest.raises(ValueError, match="linear"):
            model(kt.ones(2, 3))
        with pytest.raises(ValueError):
            x + kt.ones(4)
        with pytest.raises(KeyError):
            Wrong().record(x.data.copy(), x).sum().backward()
        x.exp()
    last = p.records[-1]
    assert (last.name, last.kind, last.layer) == ("exp", "forward", "")
    with pytest.raises(ZeroDivisionError), p:
        x.sin()
        1 / 0  # noqa: B018  # raises
    assert p.records[-1].name == "sin"


def test_generators_that_are_left_and_come_back() -> None:
    def batches() -> Iterator[Tensor]:
        for _ in range(3):
            yield live(3).exp()

    with kt.profile() as p:
        for x in batches():
            x.sum().backward()
        one = batches()
        next(one)
    del one
    assert calls(p) == {"exp": 4, "sum": 3}
    assert backward(p) == ["sum", "exp"] * 3


def test_used_again_it_goes_on_and_inside_it_shows_what_is_there() -> None:
    x = live(3)
    p = kt.profile()
    assert p.rows() == [] and p.records == [] and p.seconds == 0.0
    with p:
        x.exp()
        assert calls(p) == {"exp": 1}
        assert "exp" in str(p)
        before = p.seconds
        x.tanh()
        with pytest.raises(RuntimeError, match="on already"), p:
            pass
        x.tanh()
    seconds = p.seconds
    assert 0 < before < seconds == p.seconds
    with p:
        x.exp()
    assert calls(p) == {"exp": 2, "tanh": 2}
    assert p.seconds > seconds


def test_an_end_in_another_thread_is_refused() -> None:
    p = kt.profile()
    p.__enter__()
    found: list[str] = []

    def end() -> None:
        try:
            p.__exit__()
        except RuntimeError as error:
            found.append(str(error))

    thread = threading.Thread(target=end)
    thread.start()
    thread.join()
    p.__exit__()
    assert found == ["profile: it began in another thread, and ends there"]


def test_a_profiler_that_cannot_go_on_beside_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "getprofile", lambda: 3)
    with pytest.raises(RuntimeError, match="another profiler is on in this thread, int"), kt.profile():
        pass
    monkeypatch.undo()


# Tables


def test_the_table_is_sorted_limited_and_ends_with_the_wall_time() -> None:
    x = live(1000)
    with kt.profile() as p:
        for _ in range(3):
            x.exp()
        x.tanh().sum().backward()
    lines = p.table(sort_by="calls", row_limit=1).splitlines()
    titles = ["operation", "calls", "forward ms", "backward ms", "total ms", "share", "made", "kept"]
    assert re.split("  +", lines[0]) == titles
    assert lines[2].split()[:2] == ["exp", "3"]
    assert lines[2].endswith("12.0 KB  12.0 KB")
    assert lines[4].startswith("2 more")
    assert lines[-1].startswith("in all, wall time") and lines[-1].endswith("100.0%")
    assert [row.name for row in p.rows(sort_by="name")] == ["exp", "sum", "tanh"]
    for sort_by in ("total", "forward", "backward", "calls", "made", "kept"):
        values = [getattr(row, sort_by) for row in p.rows(sort_by=sort_by)]
        assert values == sorted(values, reverse=True)
    assert str(p) == p.table()


def test_an_empty_profile_has_a_table() -> None:
    assert "in all, wall time" in str(kt.profile())
    with kt.profile() as p:
        pass
    assert p.rows() == [] and "100.0%" in p.table(by="layer")


def test_unknown_names_are_refused_with_those_there_are() -> None:
    p = kt.profile()
    with pytest.raises(ValueError, match="sort_by is to be one of total, forward, backward, calls, made, kept, name"):
        p.table(sort_by="cuda_time")
    with pytest.raises(ValueError, match="by is to be one of operation, layer, not 'module'"):
        p.rows(by="module")
    for limit in (-1, 1.5):
        with pytest.raises(ValueError, match="limit"):
            p.table(row_limit=limit)


# The trace


def test_the_trace_is_chromes_and_its_events_nest(tmp_path: Path) -> None:
    net, w = Net(), TrainableWeight([1.0])
    with kt.profile() as p:
        loss = net(kt.ones(2, 4)) + func.checkpoint(lambda x: x.exp().sum())(halved(w.tensor()))
        optim.gradient_descent(loss.backward(create_graph=True), lr=0.1)
    p.export_chrome_trace(tmp_path / "trace.json")
    trace = json.loads((tmp_path / "trace.json").read_text(encoding="utf-8"))
    assert trace["displayTimeUnit"] == "ms"
    metadata, *events = trace["traceEvents"]
    assert metadata["ph"] == "M"
    assert len(events) == len(p.records)
    assert {event["cat"] for event in events} == {"forward", "backward", "walk", "optimizer", "module"}
    assert len({(event["pid"], event["tid"]) for event in events}) == 1
    assert [event["ts"] for event in events] == sorted(event["ts"] for event in events)
    open_ends: list[float] = []
    for event in events:
        assert event["ph"] == "X" and event["ts"] >= 0 and event["dur"] >= 0
        while open_ends and open_ends[-1] <= event["ts"] + 1e-3:
            open_ends.pop()
        if open_ends:
            assert event["ts"] + event["dur"] <= open_ends[-1] + 1e-3, event
        open_ends.append(event["ts"] + event["dur"])
    [linear, *_] = [event for event in events if event["name"] == "linear" and event["cat"] == "forward"]
    assert linear["args"].items() >= {"layer": "Net.blocks.0", "shape": [2, 4], "dtype": "float32"}.items()
    assert linear["args"]["bytes made"] == 32
    inside = [event["name"] for event in events if _is_in(event, events, "Net.blocks.1")]
    assert inside == ["Net.blocks.1.0", "linear", "Net.blocks.1.1", "tanh"]


def _is_in(event: dict[str, float], events: list[dict[str, float]], name: str) -> bool:
    [outer] = [one for one in events if one["name"] == name]
    end = outer["ts"] + outer["dur"]
    return outer is not event and outer["ts"] <= event["ts"] and event["ts"] + event["dur"] <= end + 1e-3


def test_records_are_values() -> None:
    with kt.profile() as p:
        live(2).exp()
    [record] = p.records
    assert isinstance(record, Record) and record == p.records[0]
    with pytest.raises(AttributeError):
        record.name = "mul"
