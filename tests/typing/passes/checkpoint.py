"""Checkpoints: what is loaded has the type of what is asked for."""

from collections.abc import Mapping
from typing import NamedTuple, assert_type

import numpy as np

import kytorch as kt
from kytorch import Checkpoint, CheckpointError, nn, optim
from kytorch.checkpoint import Json
from kytorch.data import DataLoader, TensorDataset


class States(NamedTuple):
    adam: optim.AdamState
    average: optim.AverageState


class Position:
    """What is no DataLoader and has a position."""

    def state_dict(self) -> dict[str, int]:
        return {"at": 3}

    def load_state_dict(self, state: Mapping[str, Json]) -> None:
        print(state["at"])


model = nn.Linear(2, 1)
adam, plateau, average = optim.AdamState(), optim.PlateauState(lr=0.1), optim.AverageState()
loader = DataLoader(TensorDataset(kt.zeros(8)), 4)
generator = kt.manual_seed(0)

kt.save(model, "model.npz")
kt.save(model, "model.npz", optimizer=adam, loader=loader, generators=generator, metadata={"epoch": 3, "names": ["a"]})
kt.save(model, "model.safetensors", optimizer=(adam, plateau), loader=Position(), generators={"mine": generator})
kt.save(model, "model.npz", optimizer={"adam": adam, "both": (plateau, average)})
kt.save(model, "model.npz", optimizer=States(adam, average))

assert_type(kt.load(model, "model.npz"), Checkpoint[None])
assert_type(kt.load(model, "model.npz", loader=loader, generators={"mine": generator}), Checkpoint[None])
assert_type(kt.load(model, "model.npz", optimizer=optim.AdamState()), Checkpoint[optim.AdamState])
assert_type(kt.load(model, "model.npz", optimizer=optim.AdamState(), loader=Position()).optimizer.step, int)
adam, plateau = kt.load(model, "model.npz", optimizer=(adam, plateau)).optimizer
assert_type(kt.load(model, "model.npz", optimizer={"a": adam, "b": adam}).optimizer["a"], optim.AdamState)
nested = kt.load(model, "model.npz", optimizer=(adam, {"slow": average}), generators=np.random.default_rng())
assert_type(nested.optimizer, tuple[optim.AdamState, dict[str, optim.AverageState]])
assert_type(kt.load(model, "model.npz", optimizer=States(adam, average)).optimizer.average, optim.AverageState)


def begin(path: str, state: optim.AdamState | None) -> dict[str, Json]:
    try:
        kt.save(model, path, optimizer=state)
        metadata: dict[str, Json] = kt.read_metadata(path)
    except CheckpointError as error:
        print(error)
    return metadata
