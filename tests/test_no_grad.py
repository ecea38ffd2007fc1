"""`no_grad` as a decorator, and shared."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

import kytorch
from kytorch import TrainableWeight


def test_no_grad_holds_within_a_coroutine_function() -> None:
    w = TrainableWeight([1.0])

    @kytorch.no_grad()
    async def live() -> bool:
        await asyncio.sleep(0)
        return w.tensor().requires_grad

    assert asyncio.run(live()) is False
    assert w.tensor().requires_grad


def test_no_grad_refuses_a_generator_function() -> None:
    with pytest.raises(TypeError, match=r"no_grad.*generator.*with"):

        @kytorch.no_grad()
        def values() -> Iterator[int]:
            yield 1


def test_one_no_grad_serves_two_threads_at_once() -> None:
    shared, w, answers = kytorch.no_grad(), TrainableWeight([1.0]), []
    both = threading.Barrier(2)

    def work() -> None:
        with shared:
            both.wait()
            answers.append(w.tensor().requires_grad)
            both.wait()
        answers.append(w.tensor().requires_grad)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False, False, True, True]
