"""Checkpoints as .safetensors, and files of that format from elsewhere."""

import json
import os
import sys

import numpy as np
import pytest
from checkpoint_files import METADATA, Small, gradients, state_of, trained

from kytorch import TrainableWeight, nn, optim
from kytorch.checkpoint import Checkpoint, CheckpointError, load, read_metadata, save
from kytorch.data import DataLoader, TensorDataset

safetensors = pytest.importorskip("safetensors")
numpy_format = pytest.importorskip("safetensors.numpy")


@pytest.fixture
def saved(tmp_path):
    model, state = trained()
    save(model, tmp_path / "m.safetensors", optimizer=state, metadata=METADATA)
    return tmp_path / "m.safetensors"


def bfloat16(array):
    """The upper halves of float32."""
    return (np.asarray(array, np.float32).view(np.uint32) >> 16).astype(np.uint16)


def foreign(path, notes=None, **tensors):
    """A file of another program: each tensor as (the format's dtype, array), written by hand."""
    header, content = {} if notes is None else {"__metadata__": notes}, b""
    for name, (dtype, array) in tensors.items():
        offsets = [len(content), len(content) + array.nbytes]
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": offsets}
        content += array.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content)


# There and back


def test_a_model_and_its_optimizer_come_back_exactly(saved):
    model, state = trained()
    other = Small(7)
    checkpoint = load(other, saved, optimizer=optim.AdamState())
    assert state_of(other) == state_of(model)
    assert checkpoint.metadata == read_metadata(saved) == METADATA
    optim.adam(gradients(model, 9), state)
    optim.adam(gradients(other, 9), checkpoint.optimizer)
    assert state_of(other) == state_of(model)
    assert load(other, saved) == Checkpoint(None, METADATA)


def test_a_loader_and_generators_come_back(tmp_path):
    def everything(seed):
        rng = np.random.default_rng(seed)
        loader = DataLoader(TensorDataset(nn.Buffer(np.arange(10)).tensor()), shuffle=True, generator=rng)
        rest = iter(loader)
        next(rest)
        return loader, rest, {"a": np.random.Generator(np.random.MT19937(seed))}

    loader, rest, generators = everything(1)
    save(Small(), tmp_path / "m.safetensors", loader=loader, generators=generators)
    other, _, others = everything(2)
    load(Small(), tmp_path / "m.safetensors", loader=other, generators=others)
    assert [x.item() for (x,) in other] == [x.item() for (x,) in rest]
    assert others["a"].random() == generators["a"].random()


@pytest.mark.parametrize("name", ["m.safetensors", "M.SafeTensors"])
def test_the_end_of_the_path_tells_the_format(tmp_path, name):
    save(nn.Linear(2, 1), tmp_path / name)
    assert set(numpy_format.load_file(tmp_path / name)) == {"weight", "bias"}


def test_the_same_state_makes_the_same_bytes(saved, tmp_path):
    model, state = trained()
    save(model, tmp_path / "again.safetensors", optimizer=state, metadata=METADATA)
    assert (tmp_path / "again.safetensors").read_bytes() == saved.read_bytes()


def test_arrays_that_lie_in_memory_in_any_order_are_written_as_they_are(tmp_path):
    """What safetensors 0.8.0 itself does not: it writes the memory of a transposed array under the array's shape."""
    model = nn.Sequential(nn.Linear(2, 3), nn.Conv2d(2, 3, 2))
    layouts = {w.data.flags.c_contiguous for w in model.weights() if w.ndim > 1}
    assert layouts == {False}
    save(model, tmp_path / "m.safetensors")
    found = numpy_format.load_file(tmp_path / "m.safetensors")
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(found[name], array, strict=True)


def test_nothing_is_left_where_writing_fails(saved, monkeypatch):
    before = saved.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            save(Small(1), saved)
    assert os.listdir(saved.parent) == [saved.name] and saved.read_bytes() == before


@pytest.mark.parametrize("call", [lambda path: save(Small(), path), lambda path: load(Small(), path), read_metadata])
def test_the_missing_package_is_named_with_the_extra(tmp_path, monkeypatch, call):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.delitem(sys.modules, "safetensors.numpy", raising=False)
    with pytest.raises(ImportError, match=r"pip install 'kytorch\[safetensors\]'"):
        call(tmp_path / "m.safetensors")
    assert not os.listdir(tmp_path)


def test_a_weight_of_the_name_of_an_optimizers_entry_is_refused_beside_it(tmp_path):
    model = nn.Linear(2, 1)
    state = optim.adam(gradients(model), optim.AdamState())
    setattr(model, "optimizer/mean/weight", TrainableWeight([1.0]))
    save(model, tmp_path / "alone.safetensors")
    load(model, tmp_path / "alone.safetensors")
    with pytest.raises(ValueError, match="two entries have one name"):
        save(model, tmp_path / "m.safetensors", optimizer=state)
    assert os.listdir(tmp_path) == ["alone.safetensors"]


# Damage


class Everything:
    """What a checkpoint restores."""

    def __init__(self, seed):
        self.model, self.state = trained(seed)
        self.generator = np.random.default_rng(seed)

    def save(self, path):
        save(self.model, path, optimizer=self.state, generators=self.generator, metadata=METADATA)

    def load(self, path):
        return load(self.model, path, optimizer=optim.AdamState(), generators=self.generator)

    def now(self):
        return state_of(self.model), self.generator.bit_generator.state


@pytest.mark.parametrize("damage", ["flipped", "cut"])
def test_a_damaged_file_is_refused_and_changes_nothing(tmp_path, damage):
    path = tmp_path / "m.safetensors"
    Everything(1).save(path)
    whole, other = path.read_bytes(), Everything(2)
    before = other.now()
    for i, position in enumerate(range(0, len(whole), 7 if damage == "flipped" else 50)):
        content = bytearray(whole)
        if damage == "flipped":
            content[position] ^= 1 << i % 8
        else:
            del content[position:]
        path.write_bytes(content)
        for read in (other.load, read_metadata):
            with pytest.raises(CheckpointError, match=path.name):
                read(path)
        assert other.now() == before
    path.write_bytes(whole)
    other.load(path)
    assert other.now() == Everything(1).now()


@pytest.mark.parametrize("content", [b"", b"hello", bytes(8), b"\xff" * 100, (2).to_bytes(8, "little") + b"[]"])
def test_what_is_no_safetensors_file_is_refused(tmp_path, content):
    (tmp_path / "m.safetensors").write_bytes(content)
    for read in (lambda path: load(Small(), path), read_metadata):
        with pytest.raises(CheckpointError, match=r"m\.safetensors: is not a checkpoint, or is damaged: "):
            read(tmp_path / "m.safetensors")


def test_a_damaged_file_is_not_taken_for_a_pickle(tmp_path):
    """A header of 640 bytes makes the file begin as a pickle does."""
    (tmp_path / "m.safetensors").write_bytes((640).to_bytes(8, "little") + b"{" + b" " * 639)
    with pytest.raises(CheckpointError, match=r"is damaged: (?!.*pickle)"):
        load(Small(), tmp_path / "m.safetensors")


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(Small(), tmp_path / "m.safetensors")


def test_another_model_is_refused(saved):
    with pytest.raises(CheckpointError, match="missing model/weight; missing model/bias; unexpected model/again"):
        load(nn.Linear(2, 3), saved)


# Files of other programs


NOTES = {"format": "pt", "made": "from a kytorch checkpoint"}


def test_notes_of_another_program_are_the_metadata(tmp_path):
    foreign(
        tmp_path / "m.safetensors",
        NOTES,
        weight=("F32", np.ones((1, 2), np.float32)),
        bias=("F32", np.ones(1, np.float32)),
    )
    checkpoint = load(model := nn.Linear(2, 1), tmp_path / "m.safetensors")
    assert checkpoint.metadata == read_metadata(tmp_path / "m.safetensors") == NOTES
    assert model.weight.data.tolist() == [[1.0, 1.0]]


def test_another_program_saves_no_optimizers_state(tmp_path):
    foreign(
        tmp_path / "m.safetensors", weight=("F32", np.ones((1, 2), np.float32)), bias=("F32", np.ones(1, np.float32))
    )
    with pytest.raises(CheckpointError, match="holds no optimizer's state, expected AdamState"):
        load(nn.Linear(2, 1), tmp_path / "m.safetensors", optimizer=optim.AdamState())


@pytest.mark.parametrize(
    ("dtype", "array"),
    [
        ("BF16", bfloat16([[1.5, -3e38]])),
        ("F16", np.array([[1.5, -3e4]], np.float16)),
        ("F32", np.array([[1.5, -3e38]], np.float32)),
    ],
)
@pytest.mark.parametrize("own", [np.float32, np.float64])
def test_floats_of_a_lower_precision_take_the_models(tmp_path, dtype, array, own):
    foreign(tmp_path / "m.safetensors", weight=(dtype, array))
    load(model := nn.Linear(2, 1, bias=False, dtype=own), tmp_path / "m.safetensors")
    assert model.weight.dtype == own
    exact = array if dtype != "BF16" else (array.astype(np.uint32) << 16).view(np.float32)
    assert model.weight.data.tolist() == exact.astype(np.float64).tolist()


@pytest.mark.parametrize(
    ("dtype", "array", "said"),
    [
        ("F64", np.ones((1, 2)), "model/weight has dtype float64, expected float32"),
        ("I8", np.ones((1, 2), np.int8), "model/weight has dtype int8, expected float32"),
        ("I64", np.ones((1, 2), np.int64), "model/weight has dtype int64, expected float32"),
        ("F8_E4M3", np.ones((1, 2), np.uint8), "weight is of F8_E4M3, which NumPy does not have; save it as F32"),
        ("F32", np.ones((2, 1), np.float32), r"model/weight has shape \(2, 1\), expected \(1, 2\)"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, dtype, array, said):
    foreign(tmp_path / "m.safetensors", weight=(dtype, array))
    with pytest.raises(CheckpointError, match=said):
        load(nn.Linear(2, 1, bias=False), tmp_path / "m.safetensors")


def test_bfloat16_is_not_narrowed_to_float16(tmp_path):
    foreign(tmp_path / "m.safetensors", weight=("BF16", bfloat16([[1, 2]])))
    with pytest.raises(CheckpointError, match="model/weight has dtype float32, expected float16"):
        load(nn.Linear(2, 1, bias=False, dtype=np.float16), tmp_path / "m.safetensors")


def test_a_lower_precision_is_refused_in_a_file_of_kytorchs(tmp_path):
    save(nn.Linear(2, 1, dtype=np.float16), tmp_path / "m.safetensors")
    with pytest.raises(CheckpointError, match="model/weight has dtype float16, expected float32"):
        load(nn.Linear(2, 1), tmp_path / "m.safetensors")


def test_a_weight_in_two_places_may_be_saved_in_one(tmp_path):
    """As safetensors.torch.save_model does."""
    for kept in ("first", "again"):
        model = Small(1)
        other = "again" if kept == "first" else "first"
        arrays = {name: x for name, x in model.state_dict().items() if not name.startswith(other)}
        numpy_format.save_file(
            {name: np.asarray(array, order="C") for name, array in arrays.items()}, tmp_path / "m.safetensors"
        )
        load(found := Small(7), tmp_path / "m.safetensors")
        assert state_of(found) == state_of(model)
