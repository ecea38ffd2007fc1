"""The lesson of two numbers, run as a user runs it, and the walk that it shows."""

from __future__ import annotations

import re
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from programs import DEMOS, is_png, output_of

import kytorch as kt

TUTORIAL = DEMOS / "scalar_tutorial.py"


@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_found_by_hand_is_found_by_the_graph(tmp_path: Path, seed: int) -> None:
    pytest.importorskip("matplotlib")
    said = output_of(TUTORIAL, "--seed", seed, "--out", "graph.png", cwd=tmp_path)
    a, b = [int(re.search(rf"^   {name} = tensor\((\d+)\., grad_fn=<LeafGradFn>\)$", said, re.M)[1]) for name in "ab"]
    assert f"   f = tensor({b + b * a}., grad_fn=<AddGradFn>)\n" in said
    tree = ["f: AddGradFn", "   b: LeafGradFn", "   p: MulGradFn", "      b: LeafGradFn", "      a: LeafGradFn"]
    assert "".join(f"   {line}\n" for line in tree) in said
    assert f"   df/da by hand: b = {b}; by the graph: {b}\n" in said
    assert f"   df/db by hand: 1 + a = {1 + a}; by the graph: {1 + a}\n" in said
    assert f"   (tensor({1 + a}.), the weight b)\n   (tensor({b}.), the weight a)\n" in said
    for name, start, slope in (("a", a, b), ("b", b, 1 + a)):
        by_hand, in_cell = re.search(
            rf"^   {name} by hand: .* = (\S+); in its cell: tensor\((\S+), ", said, re.M
        ).groups()
        assert float(by_hand) == float(in_cell) == pytest.approx(start - 0.1 * slope)
    f, again = re.search(r"f = (\d+)\. Computed again from the weights it is (\S+), less", said).groups()
    assert int(f) == b + b * a
    assert float(again) == pytest.approx((b - 0.1 * (1 + a)) * (1 + a - 0.1 * b))
    assert is_png(tmp_path / "graph.png")
    assert [path.name for path in tmp_path.iterdir()] == ["graph.png"]


def test_the_lessons_walk_finds_what_backward_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DEMOS))
    walk = import_module("scalar_tutorial").walk
    sys.modules.pop("scalar_tutorial")
    cell_a, cell_b = kt.TrainableWeight(np.array(0.7)), kt.TrainableWeight(np.array(-1.3))
    a, b = cell_a.tensor(), cell_b.tensor()
    c = a * b + 3.0 * a
    f = (c.sin() * c - b / a) * c
    found = Counter[kt.TrainableWeight]()
    for _, below, part in walk(f.grad_fn, np.array(1.0)):
        if isinstance(below, kt.LeafGradFn):
            found[below.weight] += part
    assert {cell: pytest.approx(gradient.item()) for gradient, cell in f.backward()} == found
