"""Training that is killed goes on as if it never had been."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from optimizers import MATRICES, ROWS
from programs import environment

import kytorch as kt
from kytorch import nn, optim

TRAINING = Path(__file__).parent / "resumable_training.py"
KILLS = 20
MOST = 9  # steps of a run that is to be killed
MOMENTS = 128  # within about two saves


def begun(path, end, *options):
    """The training, which has loaded its checkpoint."""
    command = [sys.executable, TRAINING, path, end, *map(str, options)]
    compiled = {"PYTHONPYCACHEPREFIX": str(path.parent / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}  # a fast import
    env = {**environment(), **compiled, "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "begun\n"
    return process


def steps(process):
    """The numbers of the steps that the process makes until it ends."""
    with process.stdout as output:
        return [int(line) for line in output.read().split()]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL of POSIX")
def test_a_training_killed_twenty_times_ends_as_the_one_that_never_was(tmp_path):
    expected, end, path = tmp_path / "expected", tmp_path / "end", tmp_path / "checkpoint"
    whole = begun(tmp_path / "whole", expected)
    made = steps(whole)
    assert whole.wait() == 0 and made == [*range(1, len(made) + 1)] and len(made) > KILLS * MOST

    rng, again, left = random.Random(0), 0, 0
    done = 0
    for kill in range(KILLS):
        made = []
        if kill % 2:
            process = begun(path, end, MOST, rng.randint(1, MOMENTS))
        else:
            process = begun(path, end, MOST)
            made = [int(process.stdout.readline()) for _ in range(rng.randrange(MOST))]
            time.sleep(rng.uniform(0, 0.003))
            process.kill()
        made += steps(process)
        assert process.wait() == -signal.SIGKILL
        left += any(re.fullmatch(r"\.kytorch-.*\.tmp", name) for name in os.listdir(tmp_path))
        if made:
            assert made[0] <= done + 1, "a step was left out"
            again += made[0] <= done
            done = made[-1]
    last = begun(path, end)
    made = steps(last)
    assert last.wait() == 0 and made[0] <= done + 1

    assert again > KILLS / 4 and left > KILLS / 4, "kills were not within epochs and saves"
    assert end.read_bytes() == expected.read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["checkpoint", "compiled", "end", "expected", "whole"]


def matrices(seed):
    """Layers with weights that lie in memory row by row and column by column."""
    rng = np.random.default_rng(seed)
    return nn.Sequential(nn.Linear(3, 8, bias=False, generator=rng), nn.Embedding(4, 8, generator=rng))


def layers(seed):
    """As above, and weights that lie in memory in neither way."""
    rng = np.random.default_rng(seed)
    return nn.Sequential(nn.Conv2d(3, 8, 5, generator=rng), nn.BatchNorm2d(8), *matrices(seed))


def gradients(model, step):
    rng = np.random.default_rng(step)
    return [(kt.Tensor(rng.standard_normal(w.shape).astype(w.dtype)), w) for w in model.weights()]


def bytes_of(model):
    return {name: array.tobytes() for name, array in model.state_dict().items()}


@pytest.mark.parametrize("with_options", [False, True], ids=["plain", "options"])
@pytest.mark.parametrize("end", ["npz", "safetensors"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_optimizer_goes_on_bit_for_bit(tmp_path, row, end, with_options):
    if end == "safetensors":
        pytest.importorskip("safetensors")
    make = matrices if row.shapes is MATRICES else layers
    options = row.options if with_options else {}
    model, state = make(0), row.state()
    for step in range(3):
        state = row.step(gradients(model, step), state, **options)
    path = tmp_path / f"m.{end}"
    kt.save(model, path, optimizer=state)
    other = make(1)
    found = kt.load(other, path, optimizer=row.state()).optimizer
    for step in range(3, 6):
        state = row.step(gradients(model, step), state, **options)
        found = row.step(gradients(other, step), found, **options)
    assert bytes_of(other) == bytes_of(model) != bytes_of(make(0))


@pytest.mark.parametrize("end", ["npz", "safetensors"])
@pytest.mark.parametrize("line_search_fn", [None, "strong_wolfe"])
def test_lbfgs_goes_on_bit_for_bit(tmp_path, end, line_search_fn):
    if end == "safetensors":
        pytest.importorskip("safetensors")
    x = kt.Tensor(np.random.default_rng(0).standard_normal((6, 3, 6, 6)).astype(np.float32))

    def stepped(model, state):
        def closure():
            return (layers[0](x).tanh().sum((2, 3)) @ layers[1].weight.tensor()).square().mean()

        layers = model
        return optim.lbfgs(closure, state, max_iter=3, history_size=4, line_search_fn=line_search_fn)

    def made(seed):
        rng = np.random.default_rng(seed)
        return nn.Sequential(nn.Conv2d(3, 8, 5, generator=rng), nn.Linear(8, 8, bias=False, generator=rng))

    model, state = made(0), optim.LBFGSState()
    for _ in range(2):
        state = stepped(model, state)
    kt.save(model, tmp_path / f"m.{end}", optimizer=state)
    other = made(1)
    found = kt.load(other, tmp_path / f"m.{end}", optimizer=optim.LBFGSState()).optimizer
    for _ in range(2):
        state, found = stepped(model, state), stepped(other, found)
    assert bytes_of(other) == bytes_of(model) != bytes_of(made(0))


def test_averages_and_a_plateau_go_on_bit_for_bit(tmp_path):
    model, plateau, average = layers(0), optim.PlateauState(lr=0.3), optim.AverageState()

    def stepped(model, plateau, average, step):
        optim.gradient_descent(gradients(model, step), lr=plateau.lr)
        return optim.plateau(step % 3, plateau, patience=1), optim.average_weights(model, average, decay=0.8)

    for step in range(4):
        plateau, average = stepped(model, plateau, average, step)
    kt.save(model, tmp_path / "m", optimizer={"rate": plateau, "average": average})
    other = layers(1)
    states = kt.load(other, tmp_path / "m", optimizer={"rate": optim.PlateauState(), "average": optim.AverageState()})
    rate, mean = states.optimizer["rate"], states.optimizer["average"]
    for step in range(4, 9):
        plateau, average = stepped(model, plateau, average, step)
        rate, mean = stepped(other, rate, mean, step)
    assert bytes_of(other) == bytes_of(model) and rate.numbers() == plateau.numbers()
    assert [mean.average[w].tobytes() for w in other.weights()] == [
        average.average[w].tobytes() for w in model.weights()
    ]
