"""Saving and loading: whole files, or one error and an unchanged model."""

import io
import json
import math
import os
import random
import signal
import stat
import subprocess
import sys
import time
import zipfile
from types import MappingProxyType

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight, nn, optim
from kytorch.checkpoint import Checkpoint, CheckpointError, load, read_metadata, save

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
    """The file with its entries, bytes by name, passed through `edit`."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    edit(entries)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


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


@pytest.fixture
def saved(tmp_path):
    model, state = trained()
    save(model, tmp_path / "small.npz", optimizer=state, metadata=METADATA)
    return tmp_path / "small.npz"


# There and back


def test_a_model_comes_back_exactly(saved):
    model = Small(7)
    checkpoint = load(model, saved)
    assert state_of(model) == state_of(trained()[0])
    assert checkpoint == Checkpoint(None, METADATA)
    assert read_metadata(str(saved)) == METADATA


def test_an_optimizers_state_comes_back_for_the_new_models_weights(saved):
    model, state = trained()
    other = Small(7)
    loaded = load(other, saved, optimizer=optim.AdamState()).optimizer
    assert isinstance(loaded, optim.AdamState) and loaded.step == 2
    optim.adam(gradients(model, 9), state)
    optim.adam(gradients(other, 9), loaded)
    assert state_of(other) == state_of(model)


def test_any_optimizers_state_is_saved(tmp_path):
    model = Small()
    state = optim.gradient_descent(gradients(model), optim.MomentumState(), lr=0.1, momentum=0.9)
    save(model, tmp_path / "m", optimizer=state)
    loaded = load(other := Small(7), tmp_path / "m", optimizer=optim.MomentumState()).optimizer
    for (_, mine), (_, theirs) in zip(model.named_weights(), other.named_weights()):
        np.testing.assert_array_equal(state.velocity[mine], loaded.velocity[theirs])


def test_a_state_of_some_of_the_weights_is_saved(tmp_path):
    model = Small()
    save(model, tmp_path / "m", optimizer=optim.adam(gradients(model)[:1], optim.AdamState()))
    loaded = load(model, tmp_path / "m", optimizer=optim.AdamState()).optimizer
    assert list(loaded.mean) == list(loaded.square) == [next(model.weights())]


def test_the_path_is_taken_as_it_is_and_nothing_else_is_left(tmp_path):
    save(Small(), tmp_path / "model")
    save(Small(1), tmp_path / "model")
    assert os.listdir(tmp_path) == ["model"]
    assert load(model := Small(), tmp_path / "model") == Checkpoint(None, {})
    assert state_of(model) == state_of(Small(1))


def test_numpy_reads_the_file_without_pickle(saved):
    with np.load(saved, allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["model/first.weight"], trained()[0].first.weight.data)
        assert "optimizer/mean/first.weight" in arrays and "model/seen" in arrays


def test_the_same_state_makes_the_same_bytes(saved, tmp_path):
    model, state = trained()
    save(model, tmp_path / "again", optimizer=state, metadata=METADATA)
    assert (tmp_path / "again").read_bytes() == saved.read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_the_file_has_the_permissions_of_any_new_file(tmp_path, umask):
    old = os.umask(umask)
    try:
        save(Small(), tmp_path / "model")
    finally:
        os.umask(old)
    assert (tmp_path / "model").stat().st_mode & 0o777 == 0o666 & ~umask


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_a_link_is_followed(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder" / "model")
    save(Small(), tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and os.listdir(tmp_path / "folder") == ["model"]


# Wrong calls of save


def test_the_state_of_another_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"AdamState\.mean remembers weights that the model does not have"):
        save(Small(), tmp_path / "model", optimizer=trained()[1])
    assert not os.listdir(tmp_path)


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


def test_an_error_while_writing_leaves_the_old_file_alone(saved, monkeypatch):
    before = saved.read_bytes()

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np.lib.format, "write_array", full)
        with pytest.raises(OSError, match="No space left") as caught:
            save(Small(1), saved)
    assert caught.value.filename == str(saved)
    assert os.listdir(saved.parent) == [saved.name] and saved.read_bytes() == before


def test_a_folder_that_is_not_there_or_in_the_way_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere/model"):
        save(Small(), tmp_path / "nowhere" / "model")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        save(Small(), tmp_path / "folder")
    assert os.listdir(tmp_path) == ["folder"]


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


@pytest.mark.skipif(os.name != "posix", reason="FIFOs and permissions of POSIX")
def test_what_is_no_regular_file_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path):
        with pytest.raises(OSError, match="not a regular file"):
            save(Small(), path)
    with pytest.raises(OSError, match="not a regular file"):
        save(Small(), "/dev/null")
    assert os.listdir(tmp_path) == ["fifo"] and stat.S_ISFIFO((tmp_path / "fifo").stat().st_mode)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_a_replaced_file_keeps_its_permissions(tmp_path, mode):
    (tmp_path / "m").touch()
    (tmp_path / "m").chmod(mode)
    save(Small(), tmp_path / "m")
    assert (tmp_path / "m").stat().st_mode & 0o777 == mode


def test_the_class_of_a_state_is_no_state(saved, tmp_path):
    for call in (lambda o: load(Small(), saved, optimizer=o), lambda o: save(Small(), tmp_path / "m", optimizer=o)):
        with pytest.raises(TypeError, match=r"AdamState\(\), not the class AdamState"):
            call(optim.AdamState)


def test_each_weights_own_count_comes_back(tmp_path):
    model = Small()
    state = optim.adam(gradients(model)[:1], optim.adam(gradients(model), optim.AdamState()))
    save(model, tmp_path / "m", optimizer=state)
    loaded = load(other := Small(7), tmp_path / "m", optimizer=optim.AdamState()).optimizer
    assert [loaded.steps[w] for w in other.weights()] == [state.steps[w] for w in model.weights()]
    assert loaded.step == 2 and len(set(loaded.steps.values())) == 2


@pytest.mark.parametrize(
    "edit",
    [
        lambda optimizer: optimizer["numbers"].update(mean=3) or optimizer["arrays"].pop("mean"),
        lambda optimizer: optimizer["numbers"].update(mean=3),
        lambda optimizer: optimizer["counts"].update(step={}),
        lambda optimizer: optimizer["counts"].update(steps=optimizer["arrays"]["mean"]),
        lambda optimizer: optimizer["counts"].update(steps={}),
        lambda optimizer: optimizer["counts"]["steps"].update(half=0),
        lambda optimizer: optimizer["counts"]["steps"].update(stranger=1),
        lambda optimizer: optimizer["arrays"].update(mean=[]),
    ],
)
def test_an_optimizers_fields_of_other_kinds_are_refused(saved, edit):
    edit_head(saved, lambda head: edit(head["optimizer"]) and None)
    assert_refused(saved, optimizer=optim.AdamState())


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (
            lambda optimizer: optimizer["numbers"].update(mean=optimizer["arrays"].pop("mean") and 3),
            "AdamState.mean is",
        ),
        (lambda optimizer: optimizer["arrays"].update(mean=[]), "the same weights"),
    ],
)
def test_a_state_without_the_arrays_of_one_field_is_refused(saved, edit, problem):
    edit_head(saved, lambda head: edit(head["optimizer"]) and None)
    rewritten(saved, lambda e: [e.pop(name) for name in list(e) if name.startswith("optimizer/mean/")])
    assert_refused(saved, problem, optimizer=optim.AdamState())


# Files that are refused


def test_a_missing_file_is_a_missing_file(tmp_path):
    for read in (lambda path: load(Small(), path), read_metadata):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "nothing")


@pytest.mark.parametrize("content", [b"", b"PK", b"hello", b"\x80\x04N.", bytes(1000), npy(np.zeros(3))])
def test_a_foreign_file_is_refused(tmp_path, content):
    (tmp_path / "foreign").write_bytes(content)
    assert_refused(tmp_path / "foreign", "is not a checkpoint, or is damaged")
    with pytest.raises(CheckpointError):
        read_metadata(tmp_path / "foreign")


def test_an_archive_of_arrays_is_no_checkpoint(tmp_path):
    np.savez(tmp_path / "arrays.npz", **Small().state_dict())
    assert_refused(tmp_path / "arrays.npz", "has no entry kytorch, so it is not a checkpoint")


def test_a_truncated_file_is_refused(saved):
    whole = saved.read_bytes()
    for length in range(0, len(whole), 101):
        saved.write_bytes(whole[:length])
        assert_refused(saved)


def test_a_flipped_bit_is_refused_or_changes_nothing(saved):
    """A bit that no reader looks at, such as an entry's date, may pass, if every value is the one saved."""
    whole = saved.read_bytes()
    model, state = trained()
    original, mean = state_of(model), [array.tolist() for array in state.mean.values()]
    refused = 0
    for position in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        saved.write_bytes(damaged)
        other = Small(7)
        before = state_of(other)
        try:
            checkpoint = load(other, saved, optimizer=optim.AdamState())
        except CheckpointError:
            refused += 1
            assert state_of(other) == before
        else:
            assert state_of(other) == original and checkpoint.metadata == METADATA
            assert [array.tolist() for array in checkpoint.optimizer.mean.values()] == mean
    assert refused > len(whole) // 7 // 2


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

    rewritten(saved, edit)
    for optimizer in (None, optim.AdamState()):
        assert_refused(
            saved,
            "missing model/first.bias",
            "missing optimizer/mean/half",
            "unexpected model/stranger",
            "unexpected optimizer/mean/stranger",
            "model/first.weight has shape (2, 3), expected (3, 2)",
            "model/seen has dtype int32, expected int64",
            "optimizer/square/double has shape (1,), expected ()",
            optimizer=optimizer,
        )


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
        lambda head: head.update(version="1"),
        lambda head: head.update(metadata=[]),
        lambda head: head.pop("metadata"),
        lambda head: head.pop("optimizer"),
        lambda head: head.update(optimizer="AdamState"),
        lambda head: head["optimizer"].pop("class"),
        lambda head: head["optimizer"].update(numbers={"step": "2"}),
        lambda head: head["optimizer"].update(arrays={"mean": "half"}),
        lambda head: head["optimizer"].update(arrays={"mean": [3]}),
    ],
)
def test_a_head_of_another_form_is_refused(saved, edit):
    edit_head(saved, edit)
    assert_refused(saved, "does not describe a checkpoint")


def test_a_later_version_is_named(saved):
    edit_head(saved, lambda head: head.update(version=2))
    assert_refused(saved, "is of version 2; this program reads version 1")


@pytest.mark.parametrize("text", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"9" * 10_000])
def test_a_head_that_is_no_json_is_refused(saved, text):
    rewritten(saved, lambda entries: entries.update({"kytorch.npy": npy(np.frombuffer(text, np.uint8))}))
    assert_refused(saved, "is not JSON")
    with pytest.raises(CheckpointError, match="is not JSON"):
        read_metadata(saved)


def test_the_state_of_another_optimizer_is_refused(saved, tmp_path):
    assert_refused(saved, "holds the state AdamState, expected MomentumState", optimizer=optim.MomentumState())
    save(Small(), tmp_path / "plain")
    assert_refused(tmp_path / "plain", "holds no optimizer's state, expected AdamState", optimizer=optim.AdamState())


def test_an_optimizers_missing_and_unexpected_fields_are_listed(saved):
    edit_head(saved, lambda head: head["optimizer"].update(numbers={"speed": 1}))
    assert_refused(saved, "missing AdamState.step", "unexpected AdamState.speed", optimizer=optim.AdamState())


@pytest.mark.parametrize("step", [-1, 1.5])
def test_an_optimizers_impossible_number_is_refused(saved, step):
    edit_head(saved, lambda head: head["optimizer"].update(numbers={"step": step}))
    assert_refused(saved, "step", optimizer=optim.AdamState())


# Killed


SAVING = """
import sys
import numpy as np
from kytorch import nn
from kytorch.checkpoint import save

model = nn.Linear(256, 256)
i = 0
while True:
    i += 1
    for weight in model.weights():
        weight.update(np.full(weight.shape, i, np.float32))
    save(model, sys.argv[1], metadata={"i": i})
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL of POSIX")
def test_a_process_killed_while_it_saves_leaves_a_whole_file(tmp_path):
    path = tmp_path / "model.npz"
    delay = random.Random(0)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for _ in range(5):
        process = subprocess.Popen([sys.executable, "-c", SAVING, str(path)], env=environment)
        try:
            deadline = time.monotonic() + 60
            while not path.exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            time.sleep(delay.uniform(0, 0.05))
            assert process.poll() is None
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        model = nn.Linear(256, 256)
        checkpoint = load(model, path)
        for weight in model.weights():
            assert (weight.data == checkpoint.metadata["i"]).all()
        path.unlink()
