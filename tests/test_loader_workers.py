"""The loader's background threads: the same batches in the same order, errors in their turn, no thread left behind."""

import gc
import os
import subprocess
import sys
import textwrap
import threading
import time
import traceback
from pathlib import Path

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, TrainableWeight, no_grad
from kytorch.data import DataLoader, TensorDataset


class Slow:
    """Items that take the longer the earlier they stand in their batch of four, as files may."""

    def __len__(self):
        return 22

    def __getitem__(self, index):
        time.sleep(0.002 * (3 - index % 4))
        return index, threading.current_thread().name


def threads():
    """The loaders' threads that run now."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("DataLoader")]


@pytest.fixture(autouse=True)
def no_thread_is_left():
    assert not threads()
    yield
    assert not threads()


@pytest.mark.parametrize("num_workers", [1, 2, 5])
@pytest.mark.parametrize("prefetch_factor", [1, 3])
def test_the_batches_come_in_order_from_as_many_threads(num_workers, prefetch_factor):
    loader = DataLoader(Slow(), 2, num_workers=num_workers, prefetch_factor=prefetch_factor)
    batches = list(loader)
    assert [i for indices, _ in batches for i in indices.tolist()] == list(range(22))
    names = {name for _, names in batches for name in names}
    assert 1 <= len(names) <= num_workers and threading.current_thread().name not in names


def noisy(batch, generator):
    return tuple([x + float(generator.random()) for x in batch])


def test_a_seed_gives_the_same_batches_with_any_number_of_workers():
    dataset = TensorDataset(np.arange(50.0), np.arange(50.0))
    runs = []
    for num_workers in (0, 1, 3):
        generator = np.random.default_rng(1)
        loader = DataLoader(dataset, 4, True, num_workers=num_workers, generator=generator, transform=noisy)
        runs.append([[x.tolist() for x in batch] for _ in range(2) for batch in loader])
    assert runs[0] == runs[1] == runs[2]


class Counting:
    """Counts the items that were read."""

    def __init__(self, n, seconds=0.0):
        self.n = n
        self.seconds = seconds
        self.read = 0
        self.lock = threading.Lock()
        self.free = threading.Semaphore(0)

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        time.sleep(self.seconds)
        with self.lock:
            self.read += 1
        self.free.release()
        return index


@pytest.mark.parametrize(("num_workers", "prefetch_factor"), [(1, 1), (1, 4), (2, 3)])
def test_each_worker_reads_prefetch_factor_batches_ahead_and_no_more(num_workers, prefetch_factor):
    dataset = Counting(40)
    ahead = num_workers * prefetch_factor
    batches = iter(DataLoader(dataset, num_workers=num_workers, prefetch_factor=prefetch_factor))
    for given in range(1, 4):
        next(batches)
        while dataset.read < given + ahead:  # the reader need not ask for them to be read
            assert dataset.free.acquire(timeout=10)
        time.sleep(0.005)
        assert dataset.read == given + ahead
    batches.close()


def test_nothing_is_read_before_the_first_batch_is_asked_for():
    dataset = Counting(4)
    iter(DataLoader(dataset, num_workers=1))
    assert dataset.read == 0 and not threads()


# Errors


class Broken:
    """Item 7 cannot be read."""

    def __len__(self):
        return 12

    def __getitem__(self, index):
        if index == 7:
            raise KeyError("no such file")
        return index


@pytest.mark.parametrize("num_workers", [0, 1, 3])
def test_an_error_comes_in_its_turn_with_its_place(num_workers):
    batches = iter(DataLoader(Broken(), 2, num_workers=num_workers))
    assert [next(batches).tolist() for _ in range(3)] == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(KeyError, match="no such file") as caught:
        next(batches)
    assert caught.value.__notes__ == ["DataLoader: in batch 3 of the epoch"]
    assert traceback.extract_tb(caught.value.__traceback__)[-1].line == 'raise KeyError("no such file")'
    assert next(batches, None) is None


@pytest.mark.parametrize("num_workers", [0, 1, 3])
def test_an_error_of_a_sampler_comes_in_its_turn(num_workers):
    def indices():
        yield from range(4)
        raise OSError("no more indices")

    batches = iter(DataLoader(range(9), 2, sampler=indices(), num_workers=num_workers))
    assert [next(batches).tolist() for _ in range(2)] == [[0, 1], [2, 3]]
    with pytest.raises(OSError, match="no more indices") as caught:
        next(batches)
    assert caught.traceback[-1].name == "indices"
    assert next(batches, None) is None


@pytest.mark.parametrize("num_workers", [0, 2])
@pytest.mark.parametrize("name", ["collate_fn", "transform"])
def test_an_error_in_a_function_of_the_users_has_its_place(num_workers, name):
    def fails(*arguments):
        raise ZeroDivisionError(name)

    loader = DataLoader(TensorDataset(np.arange(4.0)), 2, num_workers=num_workers, **{name: fails})
    with pytest.raises(ZeroDivisionError, match=name) as caught:
        list(loader)
    assert caught.value.__notes__ == ["DataLoader: in batch 0 of the epoch"]


@pytest.mark.parametrize("num_workers", [0, 1])
def test_an_item_that_raises_stop_iteration_does_not_end_the_epoch_in_silence(num_workers):
    class Ending(Broken):
        def __getitem__(self, index):
            return next(iter([]))

    with pytest.raises(RuntimeError, match="StopIteration"):
        list(DataLoader(Ending(), num_workers=num_workers))


def test_an_error_outside_leaves_no_thread():
    with pytest.raises(ZeroDivisionError):
        for _ in DataLoader(Slow(), 2, num_workers=2):
            raise ZeroDivisionError


# The end of an iteration


def test_leaving_the_loop_ends_the_threads():
    for _ in DataLoader(Slow(), 2, num_workers=3):
        assert threads()
        break
    assert not threads()


def test_dropping_the_iterator_ends_the_threads():
    batches = iter(DataLoader(Slow(), 2, num_workers=3))
    next(batches)
    assert threads()
    del batches
    assert not threads()


def test_an_iterator_in_a_circle_ends_its_threads_when_it_is_collected():
    batches = iter(DataLoader(Slow(), 2, num_workers=2))
    next(batches)
    circle = [batches]
    circle.append(circle)
    del batches, circle
    gc.collect()
    assert not threads()


def test_what_is_not_begun_is_not_read_when_the_iteration_ends():
    dataset = Counting(100, seconds=0.02)
    batches = iter(DataLoader(dataset, num_workers=1, prefetch_factor=99))
    next(batches)
    batches.close()
    assert dataset.read < 50


def test_an_iterator_may_be_dropped_in_one_of_its_own_threads():
    holder, go, dropped_in = [], threading.Event(), []

    class Dropping(Slow):
        def __getitem__(self, index):
            if index == 2:
                assert go.wait(timeout=10)
                holder.clear()
                dropped_in.append(threading.current_thread())
            return index

    holder.append(iter(DataLoader(Dropping(), num_workers=1, prefetch_factor=2)))
    next(holder[0])
    go.set()
    deadline = time.monotonic() + 10
    while threads() and time.monotonic() < deadline:
        time.sleep(0.001)
    assert dropped_in[0] is not threading.current_thread() and not holder


def test_a_setting_of_the_reader_holds_in_the_threads():
    weight = TrainableWeight([1.0, 2.0])

    class Scaled:
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return weight.tensor()[index]

    with no_grad():
        assert not any(x.requires_grad for x in DataLoader(Scaled(), num_workers=1))
    assert all(x.requires_grad for x in DataLoader(Scaled(), num_workers=1))


def run(program):
    """What a program printed; it must end by itself, without a word about what went wrong."""
    root = Path(kytorch.__file__).parent.parent
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(program)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def test_a_program_ends_in_the_middle_of_an_iteration():
    assert run("""
        import numpy as np
        from kytorch.data import DataLoader, TensorDataset
        batches = iter(DataLoader(TensorDataset(np.arange(9)), num_workers=2))
        print(next(batches)[0].item())
    """) == ["0"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_reads_on_and_so_does_its_parent():
    printed = run("""
        import os, sys, warnings
        import numpy as np
        from kytorch.data import DataLoader, TensorDataset
        loader = DataLoader(TensorDataset(np.arange(9)), num_workers=2)
        first = [int(x) for (x,) in loader]
        batches = iter(loader)
        begun = [int(next(batches)[0]) for _ in range(2)]
        warnings.simplefilter("ignore", DeprecationWarning)  # Python's, that there are threads
        child = os.fork()
        rest = [int(x) for (x,) in batches]
        again = [int(x) for (x,) in loader]
        assert first == again == begun + rest == list(range(9))
        if not child:
            print("child", flush=True)
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
        print("parent")
    """)
    assert printed == ["child", "parent"]


def test_tensors_made_in_threads_are_constants():
    assert all(type(x) is Tensor and not x.requires_grad for x in DataLoader(range(5), 2, num_workers=2))
