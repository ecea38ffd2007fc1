"""Files that are damaged, foreign or of another model: one error, and nothing changes."""

import io
import json
import os
import pickle
import zipfile

import numpy as np
import pytest
from checkpoint_files import (
    METADATA,
    Small,
    assert_refused,
    edit_head,
    npy,
    rewritten,
    saved_in,
    state_of,
    trained,
)

from kytorch import Tensor, nn, optim
from kytorch.checkpoint import CheckpointError, load, read_metadata, save
from kytorch.data import DataLoader, TensorDataset


@pytest.fixture
def saved(tmp_path):
    return saved_in(tmp_path)


def test_a_missing_file_is_a_missing_file(tmp_path):
    for read in (lambda path: load(Small(), path), read_metadata):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "nothing")


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\x03\x04", b"PK\x03\x04" + bytes(22), b"hello", b"\x80", bytes(1000), npy(np.zeros(3))]
)
def test_a_foreign_file_is_refused(tmp_path, content):
    (tmp_path / "foreign").write_bytes(content)
    assert_refused(tmp_path / "foreign", "is not a checkpoint, or is damaged")
    with pytest.raises(CheckpointError):
        read_metadata(tmp_path / "foreign")


def torch_archive():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps({}, 2))
        archive.writestr("model/byteorder", b"little")
    return file.getvalue()


@pytest.mark.parametrize("content", [torch_archive(), pickle.dumps({"a": 1}), pickle.dumps(1, 2)])
@pytest.mark.parametrize("read", [lambda path: load(Small(), path), read_metadata])
def test_what_pytorch_saves_as_pt_is_refused_with_what_to_do(tmp_path, content, read):
    (tmp_path / "model.pt").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"a pickle, as PyTorch's \.pt files are.*safetensors\.torch\.save_file"):
        read(tmp_path / "model.pt")


def test_an_archive_of_arrays_is_no_checkpoint(tmp_path):
    np.savez(tmp_path / "arrays.npz", **Small().state_dict())
    assert_refused(tmp_path / "arrays.npz", "has no entry kytorch, so it is not a checkpoint")


class Everything:
    """All that a checkpoint restores, from a seed."""

    def __init__(self, seed):
        self.model, self.state = trained(seed)
        self.loader = DataLoader(
            TensorDataset(Tensor(np.arange(10.0))), shuffle=True, generator=np.random.default_rng(seed)
        )
        self.generators = {"mine": np.random.default_rng(seed), "old": np.random.Generator(np.random.MT19937(seed))}
        next(iter(self.loader))

    def save(self, path):
        save(
            self.model,
            path,
            optimizer=(self.state, {"average": self.state}),
            loader=self.loader,
            generators=self.generators,
            metadata=METADATA,
        )

    def load(self, path):
        optimizer = (optim.AdamState(), {"average": optim.AdamState()})
        return load(self.model, path, optimizer=optimizer, loader=self.loader, generators=self.generators)

    def now(self):
        generators = [str(x.bit_generator.state) for x in self.generators.values()]
        return state_of(self.model), self.loader.state_dict(), generators


@pytest.fixture
def everything(tmp_path):
    Everything(1).save(tmp_path / "whole.npz")
    other = Everything(2)
    return tmp_path / "whole.npz", other, other.now()


def test_what_is_damaged_below_loads_whole(everything):
    path, other, before = everything
    assert other.load(path).metadata == METADATA
    assert other.now() == Everything(1).now() != before


def test_a_truncated_file_is_refused_and_changes_nothing(everything):
    path, other, before = everything
    whole = path.read_bytes()
    for length in (*range(0, len(whole), 100), len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match=path.name):
            other.load(path)
        assert other.now() == before
    assert len(whole) > 10_000


@pytest.mark.parametrize("offset", [0, 37])
def test_a_flipped_bit_is_refused_and_changes_nothing(everything, offset):
    path, other, before = everything
    whole = path.read_bytes()
    for position in range(offset, len(whole), 100):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position // 100 % 8
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError, match=path.name):
            other.load(path)
        assert other.now() == before


def test_a_small_file_with_any_bit_flipped_or_cut_anywhere_is_refused(tmp_path):
    save(model := nn.Linear(1, 1), tmp_path / "m")
    whole, before = (tmp_path / "m").read_bytes(), state_of(model)
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        for content in (damaged, whole[:position]):
            (tmp_path / "m").write_bytes(content)
            with pytest.raises(CheckpointError):
                load(model, tmp_path / "m")
    assert state_of(model) == before


def test_the_metadata_of_a_damaged_file_are_right_or_refused(saved):
    whole = saved.read_bytes()
    refused = 0
    for position in range(0, len(whole), 20):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position // 20 % 8
        saved.write_bytes(damaged)
        try:
            assert read_metadata(saved) == METADATA
        except CheckpointError:
            refused += 1
    assert refused
    for length in range(0, len(whole) - 100, 100):
        saved.write_bytes(whole[:length])
        with pytest.raises(CheckpointError):
            read_metadata(saved)


def test_every_flipped_bit_of_the_values_is_refused(saved):
    whole = saved.read_bytes()
    values = trained()[0].first.weight.data.tobytes("A")
    start = whole.index(values)
    for position in range(start, start + len(values)):
        damaged = bytearray(whole)
        damaged[position] ^= 4
        saved.write_bytes(damaged)
        assert_refused(saved, "model/first.weight is damaged")


def test_every_missing_unexpected_and_wrongly_shaped_entry_is_listed(saved):
    def edit(entries):
        del entries["model/first.bias.npy"], entries["optimizer/mean/half.npy"]
        entries["model/stranger.npy"] = npy(np.zeros(1))
        entries["optimizer/mean/stranger.npy"] = npy(np.zeros(1))
        entries["model/first.weight.npy"] = npy(np.zeros((2, 3), np.float32))
        entries["model/seen.npy"] = npy(np.zeros(2, np.int32))
        entries["optimizer/square/double.npy"] = npy(np.zeros(1))
        entries["optimizer/square/half.npy"] = npy(np.zeros(2, np.float16))

    rewritten(saved, edit)
    listed = [
        "missing model/first.bias",
        "missing optimizer/mean/half",
        "unexpected model/stranger",
        "unexpected optimizer/mean/stranger",
        "model/first.weight has shape (2, 3), expected (3, 2)",
        "model/seen has dtype int32, expected int64",
    ]
    assert_refused(saved, *listed)
    listed += [
        "optimizer/square/double has shape (1,), expected ()",
        "optimizer/square/half has dtype float16, expected float32",
    ]
    assert_refused(saved, *listed, optimizer=optim.AdamState())


def test_every_damaged_entry_is_listed(saved):
    def edit(entries):
        entries["model/half.npy"] = entries["model/half.npy"][:-1]
        entries["model/double.npy"] = b"nothing"
        entries["model/seen.npy"] = npy(np.array(["a"]))
        entries["model/empty.npy"] = npy(np.zeros(2, complex))

    rewritten(saved, edit)
    assert_refused(saved, *[f"model/{name} is damaged" for name in ("half", "double", "seen", "empty")])


def test_another_models_file_is_refused(saved):
    model = nn.Linear(2, 3)
    with pytest.raises(CheckpointError, match="missing model/weight; missing model/bias; unexpected model/"):
        load(model, saved)


def test_two_weights_that_differ_and_are_one_in_the_model_are_refused(tmp_path):
    """Which of them is meant nobody knows."""
    apart = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    tied = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    tied[1].weight = tied[0].weight
    save(apart, tmp_path / "m")
    before = state_of(tied)
    with pytest.raises(
        CheckpointError, match=r"m: model/0\.weight and model/1\.weight differ, and are one in the model"
    ):
        load(tied, tmp_path / "m")
    assert state_of(tied) == before
    for same in (apart[0].weight.data, np.full((2, 2), np.nan, np.float32)):
        apart[0].weight.update(same)
        apart[1].weight.update(same)
        save(apart, tmp_path / "m")
        load(tied, tmp_path / "m")
        np.testing.assert_array_equal(tied[0].weight.data, same)


def test_a_pickle_is_never_loaded(saved):
    class Bomb:
        def __reduce__(self):
            return os.abort, ()

    file = io.BytesIO()
    np.save(file, np.array([Bomb()], object), allow_pickle=True)
    rewritten(saved, lambda entries: entries.update({"model/half.npy": file.getvalue()}))
    assert_refused(saved, "model/half is damaged", "object")


@pytest.mark.parametrize(
    "shape", ["(1000000000000,)", "(-2,)", "(-2, -1)", "(2, 1000000000000000000000)", "((), )", "(1.0,)", "'a'"]
)
def test_a_header_is_not_believed(saved, shape):
    header = f"{{'descr': '<f2', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(4)
    rewritten(saved, lambda entries: entries.update({"model/half.npy": content}))
    assert_refused(saved, "model/half is damaged")


def test_a_length_that_is_claimed_in_the_directory_is_not_believed(saved):
    whole = saved.read_bytes()
    at = whole.rindex(b"PK\x01\x02")
    saved.write_bytes(whole[: at + 20] + b"\xf0\xff\xff\x7f" * 2 + whole[at + 28 :])
    assert_refused(saved, "longer than the file")


def test_a_compressed_entry_is_refused(saved):
    rewritten(saved, lambda entries: None, zipfile.ZIP_DEFLATED)
    assert_refused(saved, "is damaged: it is compressed")


def test_two_entries_of_one_name_are_refused(saved):
    with zipfile.ZipFile(saved, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("model/half.npy", npy(np.zeros(2, np.float16)))
    assert_refused(saved, "has two entries model/half")


@pytest.mark.parametrize(
    "edit",
    [
        lambda head: [head],
        lambda head: 3,
        lambda head: head.update(format="another"),
        lambda head: head.update(version="2"),
        lambda head: head.pop("version"),
        lambda head: head.pop("loader"),
        lambda head: head.update(generators=[]),
        lambda head: head.update(metadata=[]),
        lambda head: head.pop("metadata"),
        lambda head: head.pop("optimizer"),
        lambda head: head.update(optimizer="AdamState"),
        lambda head: head.update(optimizer=json.loads("[" * 800 + "]" * 800)),
        lambda head: head["optimizer"].pop("class"),
        lambda head: head["optimizer"].update(numbers={"step": "2"}),
        lambda head: head["optimizer"].update(arrays={"mean": "half"}),
        lambda head: head["optimizer"].update(arrays={"mean": [3]}),
    ],
)
def test_a_head_of_another_form_is_refused(saved, edit):
    edit_head(saved, edit)
    assert_refused(saved, "does not describe a checkpoint")


@pytest.mark.parametrize("version", [1, 3])
def test_another_version_is_named(saved, version):
    edit_head(saved, lambda head: {**head, "version": version})
    assert_refused(saved, f"is of version {version}; this program reads version 2")


@pytest.mark.parametrize("text", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"9" * 10_000])
def test_a_head_that_is_no_json_is_refused(saved, text):
    rewritten(saved, lambda entries: entries.update({"kytorch.npy": npy(np.frombuffer(text, np.uint8))}))
    assert_refused(saved, "is not JSON")
    with pytest.raises(CheckpointError, match="is not JSON"):
        read_metadata(saved)
