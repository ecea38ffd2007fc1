"""Checkpoints to damage: a small model with everything in its state, its file, and edits of that file."""

import io
import json
import zipfile
import zlib

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight, nn, optim
from kytorch.checkpoint import CheckpointError, load, save

METADATA = {"epoch": 3, "loss": 0.25, "names": ["a", "é"], "nested": {"none": None, "yes": True}}


class Small(nn.Module):
    """Weights of three dtypes and of shape (), a buffer, and a weight in two places."""

    def __init__(self, seed=0):
        rng = np.random.default_rng(seed)
        self.first = nn.Linear(2, 3, generator=rng)
        self.half = TrainableWeight(rng.standard_normal(2).astype(np.float16))
        self.double = TrainableWeight(np.asarray(rng.standard_normal()))
        self.empty = TrainableWeight(np.zeros((0, 2), np.float32))
        self.seen = nn.Buffer(np.array([seed, 2], np.int64))
        self.again = self.first

    def forward(self, x: Tensor) -> Tensor:
        return self.first(x)


def gradients(model, seed=0):
    rng = np.random.default_rng(seed)
    return [(Tensor(np.asarray(rng.standard_normal(w.shape), w.dtype)), w) for w in model.weights()]


def trained(seed=0):
    model = Small(seed)
    state = optim.AdamState()
    for i in range(2):
        state = optim.adam(gradients(model, i), state)
    return model, state


def state_of(model):
    return {path: (array.dtype, array.tolist()) for path, array in model.state_dict().items()}


def rewritten(path, edit, compression=zipfile.ZIP_STORED):
    """The file with its entries, bytes by name, passed through `edit`, and sealed again."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    edit(entries)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
        archive.comment = bytes(8)
    seal(path)


def seal(path):
    """Write the sum that the file is to end with."""
    content = path.read_bytes()[:-8]
    path.write_bytes(content + b"%08x" % zlib.crc32(content))


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def edit_head(path, edit):
    def edited(entries):
        head = json.loads(np.load(io.BytesIO(entries["kytorch.npy"])).tobytes())
        head = edit(head) or head
        entries["kytorch.npy"] = npy(np.frombuffer(json.dumps(head).encode(), np.uint8))

    rewritten(path, edited)


def assert_refused(path, *problems, optimizer=None):
    model = Small(7)
    before = state_of(model)
    with pytest.raises(CheckpointError) as caught:
        load(model, path, optimizer=optimizer)
    assert isinstance(caught.value, ValueError)
    for problem in (str(path), *problems):
        assert problem in str(caught.value)
    assert state_of(model) == before


def saved_in(folder):
    """The file of a trained model with its optimizer's state and METADATA."""
    model, state = trained()
    save(model, folder / "small.npz", optimizer=state, metadata=METADATA)
    return folder / "small.npz"
