"""Results are the same bit for bit whatever the number of threads, and whoever else computes."""

import ctypes
import gc
import json
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from kytorch.kernels import blas, threads
from kytorch.kernels.blas import one_thread
from kytorch.kernels.threads import each, in_threads

PROGRAM = Path(__file__).with_name("thread_policy_program.py")
openblas = pytest.mark.skipif(not blas.FOUND, reason="NumPy has another BLAS")
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")


def found(how: str, number: int, core_type: str = "") -> list[dict[str, str]]:
    """What the program's runs answered, on so many threads."""
    environment = {name: x for name, x in os.environ.items() if name not in ("OPENBLAS_CORETYPE", "OMP_NUM_THREADS")}
    path = os.pathsep.join([str(PROGRAM.parents[1]), environment.get("PYTHONPATH", "")])
    environment |= {"OPENBLAS_NUM_THREADS": str(number), "PYTHONPATH": path}
    environment |= {"OPENBLAS_CORETYPE": core_type} if core_type else {}
    command = [sys.executable, "-W", "error", str(PROGRAM), how]
    ran = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    answers: list[dict[str, str]] = json.loads(ran.stdout)
    return answers


@openblas
@pytest.mark.parametrize("core_type", ["", "Haswell"])
def test_the_number_of_threads_changes_no_bit(core_type: str) -> None:
    (alone,) = found("once", 1, core_type)
    assert len(alone) > 150
    for number in (2, 3):
        (several,) = found("once", number, core_type)
        assert [name for name in alone if several[name] != alone[name]] == []
    if core_type:
        return
    others = found("threads", 4)
    others += found("fork", 2) if hasattr(os, "fork") else []
    others += found("core", 2) if hasattr(os, "sched_setaffinity") else []
    for answer in others:
        assert len(answer) > 20
        assert [name for name in answer if answer[name] != alone[name]] == []


@pytest.fixture
def two_threads() -> Iterator[blas._Threads]:
    """NumPy's BLAS, with two threads."""
    assert blas._threads is not None
    before = blas._threads.get()
    blas._threads.set(2)
    yield blas._threads
    blas._threads.set(before)


@openblas
def test_blas_has_one_thread_within_the_context_and_as_many_as_before_after_it(two_threads: blas._Threads) -> None:
    with one_thread():
        assert two_threads.get() == 1
        with one_thread():
            assert two_threads.get() == 1
        assert two_threads.get() == 1
    assert two_threads.get() == 2
    with pytest.raises(ArithmeticError), one_thread():
        raise ArithmeticError
    assert two_threads.get() == 2


@openblas
def test_one_thread_that_was_set_for_good_stays(two_threads: blas._Threads) -> None:
    two_threads.set(1)
    with one_thread():
        assert two_threads.get() == 1
    assert two_threads.get() == 1


@openblas
@pytest.mark.parametrize("first", [0, 1])
def test_contexts_of_two_threads_may_end_in_any_order(first: int, two_threads: blas._Threads) -> None:
    contexts = [one_thread(), one_thread()]
    for context in contexts:
        context.__enter__()
    contexts[first].__exit__()
    assert two_threads.get() == 1
    contexts[1 - first].__exit__()
    assert two_threads.get() == 2


@openblas
def test_a_number_of_threads_that_somebody_sets_meanwhile_stays(two_threads: blas._Threads) -> None:
    with one_thread():
        two_threads.set(3)
        with one_thread():
            assert two_threads.get() == 1
        two_threads.set(3)
    assert two_threads.get() == 3


@openblas
def test_blas_is_held_while_any_of_many_threads_holds_it(two_threads: blas._Threads) -> None:
    wrong: list[int] = []

    def work() -> None:
        for _ in range(2000):
            with one_thread():
                if (number := two_threads.get()) != 1:
                    wrong.append(number)

    several = [threading.Thread(target=work) for _ in range(6)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in several:
            thread.start()
        for thread in several:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not wrong
    assert two_threads.get() == 2


def child(work: Callable[[], bool]) -> bool:
    """Whether `work` answers True in a forked child."""
    number = os.fork()
    if not number:
        try:
            os._exit(0 if work() else 1)
        finally:
            os._exit(2)
    return os.waitpid(number, 0)[1] == 0


@openblas
@forks
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_that_was_forked_while_blas_was_held_holds_and_lets_go_anew(two_threads: blas._Threads) -> None:
    def holds_anew() -> bool:
        numbers = [two_threads.get()]
        with one_thread():
            numbers.append(two_threads.get())
        return [*numbers, two_threads.get()] == [2, 1, 2]

    def ends_its_parents(context: one_thread) -> bool:
        context.__exit__()
        return holds_anew()

    with one_thread() as _:
        assert child(holds_anew)
    context = one_thread()
    context.__enter__()
    assert child(lambda: ends_its_parents(context))
    context.__exit__()

    entered, forked = threading.Event(), threading.Event()

    def hold() -> None:
        with one_thread():
            entered.set()
            forked.wait(30)

    other = threading.Thread(target=hold)
    other.start()
    entered.wait(30)
    answers: list[bool] = []
    forking = threading.Thread(target=lambda: answers.append(child(holds_anew)))
    forking.start()
    forking.join()
    forked.set()
    other.join()
    assert answers == [True]
    assert two_threads.get() == 2


def test_another_blas_is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "numpy").mkdir()
    monkeypatch.setattr(np, "__file__", str(tmp_path / "numpy" / "__init__.py"))
    assert blas._found() is None
    (tmp_path / "numpy.libs").mkdir()
    (tmp_path / "numpy.libs" / "libscipy_openblas64_.so").write_bytes(b"no library")
    assert blas._found() is None
    monkeypatch.setattr(blas, "_threads", None)
    with one_thread(), one_thread():
        pass


def test_pieces_may_have_pieces() -> None:
    done: list[tuple[int, int]] = []

    def several(i: int) -> None:
        each(lambda j: done.append((i, j)), range(5), 3)

    each(several, range(4), 3)
    assert sorted(done) == [(i, j) for i in range(4) for j in range(5)]


@pytest.mark.parametrize("number", [1, 3])
def test_after_an_error_no_further_piece_is_begun_and_its_error_is_raised(number: int) -> None:
    begun: list[int] = []

    def do(piece: int) -> None:
        begun.append(piece)
        time.sleep(0.001)
        if piece == 3:
            raise ArithmeticError("the third")

    with pytest.raises(ArithmeticError, match="the third"):
        each(do, range(1000), number)
    assert 3 in begun and len(begun) < 20


def test_ten_thousand_threads_are_no_more_than_the_pieces() -> None:
    done: list[int] = []
    before = threads._pool.size
    each(done.append, range(4), 10_000)
    assert sorted(done) == [0, 1, 2, 3] and threads._pool.size <= max(before, 3)


def test_threads_that_cannot_be_started_are_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads, "_pool", threads._Pool())
    monkeypatch.setattr(threading.Thread, "start", start)
    done: list[int] = []
    each(done.append, range(9), 3)
    assert sorted(done) == [*range(9)]


def test_user_threads_share_pieces_at_once() -> None:
    sums: list[int] = []

    def work(i: int) -> None:
        for _ in range(50):
            done: list[int] = []
            each(done.append, range(i, i + 10), 3)
            sums.append(sum(done) - 10 * i)

    several = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in several:
        thread.start()
    for thread in several:
        thread.join()
    assert sums == [45] * 400


class Big:
    """What is to be let go."""


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_that_pieces_read_is_held_after_them(fails: bool) -> None:
    meeting = threading.Barrier(2, timeout=10)

    def run() -> weakref.ref[Big]:
        big = Big()

        def work() -> None:
            assert big
            meeting.wait()
            if fails and threading.current_thread() is not threading.main_thread():
                raise ArithmeticError

        if not fails:
            in_threads(work, 2)
        else:
            with pytest.raises(ArithmeticError):
                in_threads(work, 2)
        return weakref.ref(big)

    gc.disable()
    try:
        reference = run()
        end = time.monotonic() + 10
        while reference() is not None and time.monotonic() < end:
            time.sleep(0.001)  # the other thread is to come back to its wait
        assert reference() is None
    finally:
        gc.enable()


@pytest.mark.skipif(not hasattr(os, "kill") or os.name == "nt", reason="there are no such signals")
@pytest.mark.parametrize("times", [1, 3])
def test_who_is_told_to_stop_first_waits_for_the_threads_that_write_to_his_arrays(times: int) -> None:
    written: list[str] = []
    meeting = threading.Barrier(2, timeout=10)

    def work() -> None:
        meeting.wait()
        if threading.current_thread() is not threading.main_thread():
            for _ in range(times):
                time.sleep(0.05)
                signal_main()
            time.sleep(0.05)
            written.append("all")

    def signal_main() -> None:
        os.kill(os.getpid(), 2)

    with pytest.raises(KeyboardInterrupt):
        in_threads(work, 2)
    assert written == ["all"]


def test_the_interpreter_ends_while_threads_wait_and_while_one_computes() -> None:
    code = """
import atexit, threading, time
import numpy as np
from kytorch.kernels.matmul import dot
from kytorch.kernels.threads import each
a = np.ones((600, 600), np.float32)
atexit.register(lambda: each(lambda i: dot(a, a), range(3), 3))
def compute():
    while True: each(lambda i: dot(a, a), range(3), 3)
threading.Thread(target=compute, daemon=True).start()
time.sleep(0.1)
each(lambda i: dot(a, a), range(3), 3)
"""
    environment = {**os.environ, "PYTHONPATH": str(PROGRAM.parents[1])}
    command = [sys.executable, "-W", "error", "-c", code]
    ran = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_no_library_but_numpys_own_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    own = ctypes.CDLL

    def cdll(name: str) -> ctypes.CDLL:
        opened.append(name)
        return own(name)

    monkeypatch.setattr(ctypes, "CDLL", cdll)
    blas._found()
    assert all(Path(np.__file__).parent.parent in Path(name).parents for name in opened)
