"""Work that threads share."""

import os
import threading
from collections import deque

import numpy as np
import pytest

from kytorch.kernels.threads import in_threads, number_of_threads


def shared(tasks, do):
    """What each thread does: tasks, as long as there are some."""

    def work():
        while tasks:
            try:
                task = tasks.popleft()
            except IndexError:
                return
            do(task)

    return work


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_task_is_done_once(threads):
    done = []
    for _ in range(20):
        done.clear()
        in_threads(shared(deque(range(50)), done.append), threads)
        assert sorted(done) == list(range(50))


def test_threads_work_at_the_same_time():
    meeting = threading.Barrier(3, timeout=10)
    names = set()

    def work():
        meeting.wait()
        names.add(threading.current_thread().name)

    in_threads(work, 3)
    assert len(names) == 3 and threading.current_thread().name in names


def test_an_error_in_any_thread_is_raised_when_all_have_ended():
    meeting = threading.Barrier(2, timeout=10)
    ended = []

    def work():
        mine = threading.current_thread() is threading.main_thread()
        meeting.wait()
        if mine == raises_here:
            raise ArithmeticError("no such luck")
        ended.append(mine)

    for raises_here in (True, False):
        ended.clear()
        with pytest.raises(ArithmeticError, match="no such luck"):
            in_threads(work, 2)
        assert ended == [not raises_here]


def test_what_numpy_does_about_errors_holds_in_every_thread():
    meeting = threading.Barrier(2, timeout=10)
    raised = []

    def work():
        meeting.wait()
        try:
            np.float32(1e38) * np.float32(1e38)
        except FloatingPointError:
            raised.append(threading.current_thread().name)

    with np.errstate(over="raise"):
        in_threads(work, 2)
    assert len(set(raised)) == 2


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"OPENBLAS_NUM_THREADS": "3", "OMP_NUM_THREADS": "5"}, 3),
        ({"OMP_NUM_THREADS": "5"}, 5),
        ({"OPENBLAS_NUM_THREADS": "0", "OMP_NUM_THREADS": "5"}, 5),
        ({"OPENBLAS_NUM_THREADS": "many", "OMP_NUM_THREADS": " 2 "}, 2),
    ],
)
def test_the_number_of_threads_is_that_of_matrix_products(variables, expected, monkeypatch):
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert number_of_threads() == expected


def test_unless_it_is_said_there_are_as_many_threads_as_cores_to_use(monkeypatch):
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    assert 1 <= number_of_threads() <= (os.cpu_count() or 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_starts_threads_of_its_own():
    in_threads(lambda: None, 2)
    child = os.fork()
    if not child:
        try:
            done = []
            in_threads(shared(deque(range(9)), done.append), 2)
            meeting = threading.Barrier(2, timeout=10)
            in_threads(meeting.wait, 2)
            os._exit(0 if sorted(done) == list(range(9)) else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
