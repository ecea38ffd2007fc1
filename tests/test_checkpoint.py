"""Saving and loading: what is saved comes back."""

import math
import os
from types import MappingProxyType

import numpy as np
import pytest
from checkpoint_files import METADATA, Small, saved_in, state_of, trained

from kytorch import nn
from kytorch.checkpoint import Checkpoint, load, read_metadata, read_state_dict, save


@pytest.fixture
def saved(tmp_path):
    return saved_in(tmp_path)


def test_a_model_comes_back_exactly(saved):
    model = Small(7)
    checkpoint = load(model, saved)
    assert state_of(model) == state_of(trained()[0])
    assert checkpoint == Checkpoint(None, METADATA)
    assert read_metadata(str(saved)) == METADATA


def test_what_is_not_asked_for_stays_in_the_file(tmp_path):
    model, state = trained()
    generator = np.random.default_rng(0)
    save(model, tmp_path / "m", optimizer=state, generators=generator, metadata=METADATA)
    assert load(other := Small(7), tmp_path / "m") == Checkpoint(None, METADATA)
    assert state_of(other) == state_of(model)


@pytest.mark.parametrize("name", ["m.npz", "m.safetensors"])
def test_a_part_of_a_model_takes_what_it_has_of_a_checkpoint(tmp_path, name):
    if name.endswith("safetensors"):
        pytest.importorskip("safetensors")
    model, state = trained()
    save(model, tmp_path / name, optimizer=state)
    arrays = read_state_dict(tmp_path / name)
    assert {path: (array.dtype, array.tolist()) for path, array in arrays.items()} == state_of(model)
    assert not any(array.flags.writeable for array in arrays.values())
    other = nn.ModuleDict({"first": nn.Linear(2, 3), "head": nn.Linear(3, 1)})
    found = other.load_state_dict(arrays, strict=False)
    assert found.missing_keys == ["head.weight", "head.bias"] and "half" in found.unexpected_keys
    np.testing.assert_array_equal(other["first"].state_dict()["weight"], arrays["first.weight"])


@pytest.mark.parametrize("name", ["m.pt", "m.PTH"])
def test_a_name_that_promises_pickle_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=r"save: .*PyTorch's pickle; end the path in \.npz or \.safetensors"):
        save(Small(), tmp_path / name)
    assert not os.listdir(tmp_path)


def test_numpy_reads_the_file_without_pickle(saved):
    with np.load(saved, allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["model/first.weight"], trained()[0].first.weight.data)
        assert "optimizer/mean/first.weight" in arrays and "model/seen" in arrays


def test_the_same_state_makes_the_same_bytes(saved, tmp_path):
    model, state = trained()
    save(model, tmp_path / "again", optimizer=state, metadata=dict(METADATA))
    assert (tmp_path / "again").read_bytes() == saved.read_bytes()


def test_what_is_no_model_is_refused(saved):
    for call in (save, load):
        with pytest.raises(TypeError, match=f"{call.__name__}: model is to be a Module, not dict"):
            call(Small().state_dict(), saved)


def test_a_name_that_an_archive_cannot_hold_is_refused(saved):
    before = saved.read_bytes()
    model, state = trained()
    with pytest.raises(ValueError, match="cannot be the name of an entry"):
        save(model, saved, optimizer={"a\0b": state, "a\0c": state})
    assert saved.read_bytes() == before and os.listdir(saved.parent) == [saved.name]


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({1: "a"}, TypeError),
        ({"a": np.zeros(2)}, TypeError),
        ({"a": np.float32(1)}, TypeError),
        ({"a": {1, 2}}, TypeError),
        ({"a": b"bytes"}, TypeError),
        ([1], TypeError),
        ({"a": math.nan}, ValueError),
        ({"a": [math.inf]}, ValueError),
    ],
)
def test_metadata_that_json_cannot_hold_is_refused(tmp_path, metadata, error):
    with pytest.raises(error, match="metadata"):
        save(Small(), tmp_path / "model", metadata=metadata)
    assert not os.listdir(tmp_path)


def test_mappings_and_sequences_come_back_as_dicts_and_lists(tmp_path):
    save(Small(), tmp_path / "m", metadata=MappingProxyType({"a": (1, MappingProxyType({"b": range(2)}))}))
    assert read_metadata(tmp_path / "m") == {"a": [1, {"b": [0, 1]}]}


def test_metadata_nested_too_deeply_is_refused(tmp_path):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    circle = []
    circle.append(circle)
    for nested in (deep, circle):
        with pytest.raises(ValueError, match="nested"):
            save(Small(), tmp_path / "m", metadata={"a": nested})
    while deep:  # else freeing it would recurse
        deep = deep[0]
