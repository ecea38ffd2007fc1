"""`no_grad` as a decorator, and shared."""

import asyncio
import contextvars
import threading
from collections.abc import Generator, Iterator

import pytest

import kytorch
from kytorch import TrainableWeight, func


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


def held_constant(w: TrainableWeight) -> Generator[bool, None, None]:
    with kytorch.no_grad():
        yield w.tensor().requires_grad


@pytest.mark.parametrize("within", [False, True], ids=["plainly", "within no_grad"])
def test_a_generator_that_holds_it_may_end_in_another_thread(within: bool) -> None:
    w, answers = TrainableWeight([1.0]), []
    held = held_constant(w)
    assert contextvars.copy_context().run(next, held) is False

    def end() -> None:
        if not within:
            held.close()
            answers.append(w.tensor().requires_grad)
            return
        with kytorch.no_grad():
            held.close()
            answers.append(not w.tensor().requires_grad)
        answers.append(w.tensor().requires_grad)

    thread = threading.Thread(target=end)
    thread.start()
    thread.join()
    assert answers == [True] * (1 + within)


def test_it_concerns_the_reading_of_weights_and_not_what_is_live_already() -> None:
    live = TrainableWeight([1.0]).tensor()
    with kytorch.no_grad():
        assert (live * 2.0).requires_grad
        assert func.grad(lambda x: (x * x).sum())(live).tolist() == [2.0]
