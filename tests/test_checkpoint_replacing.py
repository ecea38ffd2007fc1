"""A checkpoint is replaced as a whole or not at all, and nothing is left beside it."""

import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from checkpoint_files import Small, saved_in, state_of

from kytorch import nn
from kytorch.checkpoint import Checkpoint, load, save
from kytorch.checkpoint.replacing import replacing

if os.name == "posix":
    import fcntl
    import resource


@pytest.fixture
def saved(tmp_path):
    return saved_in(tmp_path)


def test_the_path_is_taken_as_it_is_and_nothing_else_is_left(tmp_path):
    save(Small(), tmp_path / "model")
    save(Small(1), tmp_path / "model")
    assert os.listdir(tmp_path) == ["model"]
    assert load(model := Small(), tmp_path / "model") == Checkpoint(None, {})
    assert state_of(model) == state_of(Small(1))


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


def assert_kept(saved, content):
    """The old file is whole, and alone."""
    assert os.listdir(saved.parent) == [saved.name] and saved.read_bytes() == content


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "Ctrl-C"])
@pytest.mark.parametrize(
    ("owner", "name"),
    [(np.lib.format, "write_array"), (os, "chmod"), (os, "fsync"), (os, "replace")],
)
def test_an_error_at_any_moment_leaves_the_old_file_alone(saved, monkeypatch, owner, name, error):
    before = saved.read_bytes()

    def fail(*args, **kwargs):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fail)
        with pytest.raises(type(error)) as caught:
            save(Small(1), saved)
    assert not isinstance(error, OSError) or caught.value.filename == str(saved)
    assert_kept(saved, before)


@pytest.mark.skipif(os.name != "posix", reason="folders are synced on POSIX")
def test_the_file_is_synced_before_it_gets_its_name_and_the_folder_after(saved, monkeypatch):
    """So that a power cut leaves the old file or the new one."""
    done, sync, rename = [], os.fsync, os.replace

    def fsync(descriptor):
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        sync(descriptor)

    def replace(source, target):
        done.append("name")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    save(Small(1), saved)
    assert done == ["file", "name", "folder"]


# Folders that cannot be written to


@pytest.fixture
def small_disk(tmp_path):
    """A folder with a disk of its own, of 256 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]
    if shutil.which("mount") is None or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no disk may be mounted")
    yield folder
    subprocess.run(["umount", folder], check=True)


def big():
    return nn.Linear(300, 300)


def test_a_full_disk_is_named_and_leaves_the_old_file_alone(small_disk):
    path = small_disk / "m"
    save(Small(), path)
    before = path.read_bytes()
    with pytest.raises(OSError, match=r"No space left on device.*disk/m"):
        save(big(), path)
    assert_kept(path, before)
    save(model := Small(1), path)
    load(other := Small(), path)
    assert state_of(other) == state_of(model)


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_a_file_above_the_limit_of_its_size_leaves_the_old_file_alone(saved):
    """This stands in for a full disk wherever none may be mounted."""
    before = saved.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(OSError, match=r"File too large.*small\.npz"):
            save(big(), saved)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_kept(saved, before)


def test_what_a_killed_process_left_makes_place_on_a_full_disk(small_disk):
    (small_disk / ".kytorch-0123456789abcdef.tmp").write_bytes(bytes(250_000))
    save(Small(), small_disk / "m")
    assert os.listdir(small_disk) == ["m"]


def test_a_read_only_disk_is_named(small_disk):
    save(Small(), small_disk / "m")
    before = (small_disk / "m").read_bytes()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(OSError, match=r"Read-only file system.*disk/m"):
        save(Small(1), small_disk / "m")
    assert_kept(small_disk / "m", before)


@contextmanager
def ordinary_user():
    """As one for whom permissions count: for root they do not."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_read_only_folder_is_named_and_the_old_file_loads():
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
        path = Path(name) / "m"
        save(model := Small(1), path)
        before = path.read_bytes()
        path.parent.chmod(0o555)
        with ordinary_user():
            load(other := Small(), path)
            with pytest.raises(PermissionError, match=str(path)):
                save(Small(2), path)
        assert_kept(path, before)
        assert state_of(other) == state_of(model)
        path.parent.chmod(0o700)


def test_a_folder_that_is_not_there_or_in_the_way_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere/model"):
        save(Small(), tmp_path / "nowhere" / "model")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        save(Small(), tmp_path / "folder")
    assert os.listdir(tmp_path) == ["folder"]


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


# Several savers at once


def filled(value):
    model = nn.Linear(64, 64)
    for weight in model.weights():
        weight.update(np.full(weight.shape, value, np.float32))
    return model


def assert_whole(path):
    """The file is one that a saver wrote, of one value all through, which is in its metadata."""
    model = nn.Linear(64, 64)
    value = load(model, path).metadata["i"]
    assert all((weight.data == value).all() for weight in model.weights())


def test_threads_that_save_at_once_leave_whole_files_and_nothing_else(tmp_path):
    path = tmp_path / "m"
    save(filled(0), path, metadata={"i": 0})

    def saving(first):
        for i in range(first, first + 20):
            save(filled(i), path, metadata={"i": i})

    with ThreadPoolExecutor(4) as pool:
        savers = [pool.submit(saving, 100 * k) for k in range(4)]
        while not all(saver.done() for saver in savers):
            assert_whole(path)
        for saver in savers:
            saver.result()
    assert os.listdir(tmp_path) == ["m"]


SAVING = """
import os, sys
import numpy as np
from kytorch import nn
from kytorch.checkpoint import save

path, first, times, kill = sys.argv[1], *map(int, sys.argv[2:])
model = nn.Linear(64, 64)
sync = os.fsync

def fsync(descriptor):
    if i == first + kill:
        os.kill(os.getpid(), 9)
    sync(descriptor)

os.fsync = fsync
for i in range(first, first + times):
    for weight in model.weights():
        weight.update(np.full(weight.shape, i, np.float32))
    save(model, path, metadata={"i": i})
"""


def saving(path, first, times=1_000_000, kill=-1):
    """A process that saves without end, or `times`, or until it is killed within the save number `kill`."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", SAVING, str(path), str(first), str(times), str(kill)]
    return subprocess.Popen(command, env=environment)


def left_in(folder):
    return [name for name in os.listdir(folder) if re.fullmatch(r"\.kytorch-[0-9a-f]{16}\.tmp", name)]


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
def test_processes_that_save_at_once_leave_whole_files_and_nothing_else(tmp_path):
    path = tmp_path / "m"
    save(filled(0), path, metadata={"i": 0})
    savers = [saving(path, 100 * k, 40) for k in range(2)]
    while any(saver.poll() is None for saver in savers):
        assert_whole(path)
    assert [saver.returncode for saver in savers] == [0, 0]
    assert os.listdir(tmp_path) == ["m"]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL of POSIX")
def test_a_process_killed_while_it_saves_leaves_the_old_file_whole(tmp_path):
    path = tmp_path / "m"
    process = saving(path, 5, kill=3)
    assert process.wait() == -signal.SIGKILL
    load(nn.Linear(64, 64), path)
    assert load(model := nn.Linear(64, 64), path).metadata == {"i": 7}
    assert (model.weight.data == 7).all()
    assert len(left_in(tmp_path)) == 1
    save(Small(), tmp_path / "another")
    assert sorted(os.listdir(tmp_path)) == ["another", "m"]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL of POSIX")
def test_processes_killed_at_random_moments_leave_whole_files(tmp_path):
    delay, path = random.Random(0), tmp_path / "m"
    for _ in range(3):
        process = saving(path, 0)
        try:
            deadline = time.monotonic() + 60
            while not path.exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            time.sleep(delay.uniform(0, 0.05))
            assert process.poll() is None
        finally:
            process.kill()
            process.wait()
        assert_whole(path)
        assert len(left_in(tmp_path)) <= 1
        path.unlink()


def test_the_file_of_a_living_saver_is_not_taken_for_one_left_behind(tmp_path):
    with replacing(tmp_path / "a") as file:
        file.write(b"whole")
        save(Small(), tmp_path / "b")
        assert len(left_in(tmp_path)) == 1
    assert (tmp_path / "a").read_bytes() == b"whole"
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
def test_only_what_save_left_behind_is_removed(tmp_path):
    others = [".kytorch-1.tmp", ".0123456789abcdef.tmp", "kytorch-0123456789abcdef.tmp", "notes"]
    for name in others:
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / ".kytorch-0000000000000000.tmp").symlink_to(tmp_path / "notes")
    (tmp_path / ".kytorch-0000000000000001.tmp").mkdir()
    os.mkfifo(tmp_path / ".kytorch-0000000000000002.tmp")
    save(Small(), tmp_path / "m")
    assert {*others, "m", ".kytorch-0000000000000000.tmp", ".kytorch-0000000000000001.tmp"} <= {*os.listdir(tmp_path)}
    assert (tmp_path / "notes").read_bytes() == b"mine"


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
def test_where_files_cannot_be_locked_nothing_is_removed(tmp_path, monkeypatch):
    def flock(*args):
        raise OSError(37, "No locks available")

    (tmp_path / ".kytorch-0123456789abcdef.tmp").touch()
    with monkeypatch.context() as patch:
        patch.setattr("fcntl.flock", flock)
        save(Small(), tmp_path / "m")
    assert sorted(os.listdir(tmp_path)) == [".kytorch-0123456789abcdef.tmp", "m"]
    save(Small(), tmp_path / "m")
    assert os.listdir(tmp_path) == ["m"]


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
def test_a_new_file_that_is_taken_for_one_left_behind_is_made_again(tmp_path, monkeypatch):
    """Between its making and its locking another process may lock it, or have removed it."""
    lock, met = fcntl.flock, []

    def flock(file, how):
        if how & fcntl.LOCK_EX and len(met) < 2:
            met.append(file)
            os.unlink(file.name)
            if len(met) == 1:
                raise BlockingIOError
        lock(file, how)

    monkeypatch.setattr("fcntl.flock", flock)
    save(model := Small(1), tmp_path / "m")
    load(other := Small(), tmp_path / "m")
    assert len(met) == 2 and state_of(other) == state_of(model)
    assert os.listdir(tmp_path) == ["m"] and met[0].closed
